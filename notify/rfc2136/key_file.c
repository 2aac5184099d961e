#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "notify/rfc2136/key_file.h"

#define KEYS_MAX 100
#define TOKEN_SIZE KEY_FILE_SECRET_SIZE

/*
 * Words of BIND's and Knot's syntax: punctuation that ends a word is a word
 * by itself where it means something ('{', '}', ';'), quotes are taken off.
 */
struct lexer {
	const char *p, *end;
	char word[TOKEN_SIZE];
	bool quoted;
	bool yaml; /* '/' starts no comment: base64 may begin with it */
};

static void skip_to_eol(struct lexer *x)
{
	while (x->p < x->end && *x->p != '\n')
		x->p++;
}

static void skip_comment(struct lexer *x)
{
	while (x->p < x->end && !(x->p[0] == '*' && x->end - x->p > 1 &&
				  x->p[1] == '/'))
		x->p++;
	x->p += x->end - x->p > 1 ? 2 : x->end - x->p;
}

static void skip_space(struct lexer *x)
{
	while (x->p < x->end) {
		bool two = !x->yaml && x->end - x->p > 1;

		if (strchr(" \t\r\n,-[]", *x->p) && *x->p != '\0')
			x->p++;
		else if (*x->p == '#')
			skip_to_eol(x);
		else if (two && x->p[0] == '/' && x->p[1] == '/')
			skip_to_eol(x);
		else if (two && x->p[0] == '/' && x->p[1] == '*')
			skip_comment(x);
		else
			return;
	}
}

/* After skip_space(): is this where a line begins? */
static bool at_line_start(const struct lexer *x, const char *text)
{
	return x->p == text || x->p[-1] == '\n';
}

static bool word_is(const struct lexer *x, const char *word)
{
	return !x->quoted && str_case_compare(x->word, word) == 0;
}

static bool word_ends(char c)
{
	return c == '\0' || strchr(" \t\r\n{};,\"#]", c) != NULL;
}

/* 1 and a word, 0 at the end, -EINVAL. */
static int next_word(struct lexer *x)
{
	size_t n = 0;
	char quote;

	skip_space(x);
	x->quoted = false;
	if (x->p >= x->end)
		return 0;
	quote = *x->p;
	if (quote == '"' || quote == '\'') {
		x->quoted = true;
		for (x->p++; x->p < x->end && *x->p != quote; x->p++) {
			if (n + 1 >= sizeof(x->word) || *x->p == '\n' ||
			    *x->p == '\0')
				return -EINVAL;
			x->word[n++] = *x->p;
		}
		if (x->p++ >= x->end)
			return -EINVAL;
	} else if (quote == '{' || quote == '}' || quote == ';') {
		x->word[n++] = *x->p++;
	} else {
		for (; x->p < x->end && !word_ends(*x->p); x->p++) {
			if (n + 1 >= sizeof(x->word))
				return -EINVAL;
			x->word[n++] = *x->p;
		}
		if (n == 0)
			return -EINVAL;
	}
	x->word[n] = '\0';
	return 1;
}

static int put(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len >= size)
		return -EINVAL;
	memcpy(out, text, len + 1);
	return 0;
}

static int put_algorithm(struct key_file *k, const char *text)
{
	size_t len;

	if (put(k->algorithm, sizeof(k->algorithm), text) < 0)
		return -EINVAL;
	str_lower(k->algorithm);
	len = strlen(k->algorithm);
	if (k->algorithm[len - 1] == '.')
		k->algorithm[len - 1] = '\0';
	return 0;
}

/* Key names are compared as DNS names: no case, no final dot. */
static bool same_name(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);

	la -= la > 0 && a[la - 1] == '.';
	lb -= lb > 0 && b[lb - 1] == '.';
	if (la != lb)
		return false;
	for (size_t i = 0; i < la; i++) {
		char x[2] = { a[i] }, y[2] = { b[i] };

		if (str_case_compare(x, y) != 0)
			return false;
	}
	return true;
}

/* "algorithm" or "secret" and its value, of either syntax. */
static int take_field(struct lexer *x, struct key_file *k)
{
	bool secret = (x->word[0] | 0x20) == 's';

	if (next_word(x) <= 0)
		return -EINVAL;
	return secret ? put(k->secret, sizeof(k->secret), x->word)
		      : put_algorithm(k, x->word);
}

struct found {
	struct key_file key;
	unsigned int n;
};

static void found_one(struct found *found, struct key_file *k,
		      const char *name)
{
	if (name && !same_name(k->name, name))
		return;
	found->n++;
	found->key = *k;
}

/* After `key`: "NAME" { ... }; */
static int take_bind_key(struct lexer *x, struct key_file *k)
{
	*k = (struct key_file){ .name = "" };
	if (next_word(x) <= 0 || put(k->name, sizeof(k->name), x->word) < 0 ||
	    next_word(x) <= 0 || !word_is(x, "{"))
		return -EINVAL;
	for (;;) {
		if (next_word(x) <= 0)
			return -EINVAL;
		if (word_is(x, "}"))
			return 0;
		if (word_is(x, ";"))
			continue;
		if (!word_is(x, "algorithm") && !word_is(x, "secret"))
			return -EINVAL;
		if (take_field(x, k) < 0)
			return -EINVAL;
	}
}

/* Of a whole configuration: to the end of what is no key. */
static int skip_statement(struct lexer *x)
{
	unsigned int depth = 0;
	int r = 1;

	while (r > 0 && !(depth == 0 && word_is(x, ";"))) {
		if (word_is(x, "{"))
			depth++;
		else if (word_is(x, "}") && depth-- == 0)
			return -EINVAL;
		r = next_word(x);
	}
	return r > 0 ? 0 : -EINVAL;
}

static int parse_bind(const char *text, size_t len, const char *name,
		      struct found *found)
{
	struct lexer x = { .p = text, .end = text + len };
	struct key_file k = { .name = "" };
	int r, n = 0;

	while ((r = next_word(&x)) > 0) {
		if (word_is(&x, ";"))
			continue;
		if (!word_is(&x, "key")) {
			r = skip_statement(&x);
			if (r < 0)
				break;
			continue;
		}
		r = n++ < KEYS_MAX ? take_bind_key(&x, &k) : -EINVAL;
		if (r < 0)
			break;
		found_one(found, &k, name);
	}
	explicit_bzero(&k, sizeof(k));
	explicit_bzero(&x, sizeof(x));
	return r;
}

/* One word of a key's: each id: begins a new one. */
static int take_knot_word(struct lexer *x, struct key_file *k, int *n,
			  const char *name, struct found *found)
{
	if (word_is(x, "id:")) {
		if (k->secret[0])
			found_one(found, k, name);
		*k = (struct key_file){ .name = "" };
		return ++*n <= KEYS_MAX && next_word(x) > 0
			       ? put(k->name, sizeof(k->name), x->word)
			       : -EINVAL;
	}
	if (word_is(x, "algorithm:") || word_is(x, "secret:"))
		return take_field(x, k);
	if (!word_is(x, "comment:"))
		return -EINVAL;
	skip_to_eol(x);
	return 0;
}

/* Sections begin where lines do; in key: there is a list of keys. */
static int parse_knot(const char *text, size_t len, const char *name,
		      struct found *found)
{
	struct lexer x = { .p = text, .end = text + len, .yaml = true };
	struct key_file k = { .name = "" };
	bool in_key = false;
	int r, n = 0;

	for (;;) {
		bool section;

		skip_space(&x);
		section = at_line_start(&x, text);
		if (!section && !in_key && x.p < x.end) {
			skip_to_eol(&x);
			continue;
		}
		r = next_word(&x);
		if (r <= 0)
			break;
		if (section)
			in_key = word_is(&x, "key:");
		else
			r = take_knot_word(&x, &k, &n, name, found);
		if (section && !in_key)
			skip_to_eol(&x);
		if (r < 0)
			break;
	}
	if (r == 0 && k.secret[0])
		found_one(found, &k, name);
	explicit_bzero(&k, sizeof(k));
	explicit_bzero(&x, sizeof(x));
	return r;
}

/* ALGORITHM:NAME:SECRET, NAME:SECRET or SECRET; base64 has no colon. */
static int parse_line(const char *text, size_t len, struct key_file *k)
{
	char line[sizeof(k->name) + sizeof(k->algorithm) + sizeof(k->secret)];
	char *a = line, *b, *c;
	int r = -EINVAL;

	if (len >= sizeof(line))
		return -EINVAL;
	memcpy(line, text, len);
	line[len] = '\0';
	b = strchr(a, ':');
	c = b ? strchr(b + 1, ':') : NULL;
	*k = (struct key_file){ .name = "" };
	if (b)
		*b++ = '\0';
	if (c)
		*c++ = '\0';
	if (strlen(line) + (b ? strlen(b) + 1 : 0) +
		    (c ? strlen(c) + 1 : 0) != len)
		goto out; /* a NUL within */
	if (c)
		r = put_algorithm(k, a) < 0 ||
		    put(k->name, sizeof(k->name), b) < 0 ||
		    put(k->secret, sizeof(k->secret), c) < 0;
	else if (b)
		r = put(k->name, sizeof(k->name), a) < 0 ||
		    put(k->secret, sizeof(k->secret), b) < 0;
	else
		r = put(k->secret, sizeof(k->secret), a);
	r = r ? -EINVAL : 0;
out:
	explicit_bzero(line, sizeof(line));
	return r;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648, section 4, with its padding. */
int key_file_secret_check(const char *secret)
{
	size_t len = strlen(secret), pad = 0;

	while (pad < 2 && pad < len && secret[len - 1 - pad] == '=')
		pad++;
	if (len == 0 || len % 4 != 0 || len == pad)
		return -EINVAL;
	for (size_t i = 0; i < len - pad; i++)
		if (base64_value(secret[i]) < 0)
			return -EINVAL;
	return 0;
}

static int check(const struct found *found, const char **ret_why)
{
	const char *why = NULL;

	if (found->n == 0)
		why = "no key of that name in it";
	else if (found->n > 1)
		why = "several keys in it: key-name must choose one";
	else if (found->key.secret[0] == '\0')
		why = "a key without secret";
	else if (key_file_secret_check(found->key.secret) < 0)
		why = "the secret is not base64";
	if (!why)
		return 0;
	*ret_why = why;
	return -EINVAL;
}

/* Each line that is no comment, of which only one may be a bare secret. */
static int parse_lines(const char *text, size_t len, const char *name,
		       struct found *found)
{
	const char *end = text + len;
	struct key_file k = { .name = "" };
	int r = 0, n = 0;

	while (r == 0 && text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *last = stop ? stop : end;

		while (text < last && is_space(*text))
			text++;
		while (last > text && is_space(last[-1]))
			last--;
		if (text < last && *text != '#') {
			r = n++ < KEYS_MAX ? parse_line(text,
							(size_t)(last - text),
							&k) : -EINVAL;
			if (r == 0)
				found_one(found, &k, k.name[0] ? name : NULL);
		}
		text = stop ? stop + 1 : end;
	}
	explicit_bzero(&k, sizeof(k));
	return n > 0 ? r : -EINVAL;
}

/* A line that says key: and nothing more. */
static bool is_knot(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *last = stop ? stop : end, *p = text + 4;

		if (last - text >= 4 && memcmp(text, "key:", 4) == 0) {
			while (p < last && is_space(*p))
				p++;
			if (p == last || *p == '#')
				return true;
		}
		text = stop ? stop + 1 : end;
	}
	return false;
}

int key_file_parse(const char *text, size_t len, const char *name,
		   struct key_file *ret, const char **ret_why)
{
	static const char mark[] = "\xef\xbb\xbf"; /* UTF-8's */
	struct found found = { .n = 0 };
	int r;

	if (len >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (is_knot(text, len))
		r = parse_knot(text, len, name, &found);
	else if (memchr(text, '{', len))
		r = parse_bind(text, len, name, &found);
	else
		r = parse_lines(text, len, name, &found);
	if (r < 0)
		*ret_why = "not in a form that is known: key \"NAME\" { "
			   "algorithm A; secret \"S\"; };, A:NAME:SECRET, or "
			   "the secret alone";
	else
		r = check(&found, ret_why);
	if (r == 0)
		*ret = found.key;
	explicit_bzero(&found, sizeof(found));
	return r;
}
