#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/lexer.h"

#define NAME_MAX_BYTES 128

/* Of one value, with its ${ENV} expanded. */
#define TEXT_MAX_BYTES (1 << 20)

int lexer_check(const struct lexer *lx)
{
	unsigned int line = 1, told = 0;
	int r = 0;

	for (size_t i = 0; i < lx->len; i++) {
		unsigned char c = (unsigned char)lx->text[i];
		bool good = (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\n';

		if (c == '\r' && i + 1 < lx->len && lx->text[i + 1] == '\n')
			good = true;
		if (!good && told != line) {
			faults_add(lx->faults, lx->file, line,
				   "control character 0x%02x",
				   (unsigned int)c);
			told = line;
			r = -EINVAL;
		}
		if (c == '\n')
			line++;
	}
	return r;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* White space, comments, and a byte order mark at the very beginning. */
static void lexer_skip(struct lexer *lx)
{
	if (lx->at == 0 && lx->len >= 3 &&
	    memcmp(lx->text, "\xef\xbb\xbf", 3) == 0)
		lx->at = 3;
	while (lx->at < lx->len) {
		char c = lx->text[lx->at];

		if (c == '#') {
			while (lx->at < lx->len && lx->text[lx->at] != '\n')
				lx->at++;
			continue;
		}
		if (!is_blank(c))
			return;
		if (c == '\n')
			lx->line++;
		lx->at++;
	}
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What may stand without quotes: enough for addresses, globs, paths, URLs. */
static bool is_word(char c)
{
	return is_alpha(c) || is_digit(c) ||
	       (c != '\0' && strchr("-.:/*?[]@%+~!&<>^|", c));
}

/* At "${". Whatever is wrong is told; the reading of the string goes on. */
static void lexer_variable(struct lexer *lx, bool keep,
			   struct lexer_token *tok)
{
	const char *start = lx->text + lx->at + 2, *value;
	size_t left = lx->len - lx->at - 2, n = 0;
	char name[NAME_MAX_BYTES];

	while (n < left && n < sizeof(name) &&
	       (is_alpha(start[n]) || (n > 0 && is_digit(start[n]))))
		n++;
	lx->at += 2;
	if (n == 0 || n == sizeof(name) || n == left || start[n] != '}') {
		faults_add(lx->faults, lx->file, lx->line,
			   "\"${\" without the name of a variable and \"}\" "
			   "(a plain one is written \\${ or in single quotes)");
		tok->bad = true;
		return;
	}
	lx->at += n + 1;
	if (!keep)
		return;
	memcpy(name, start, n);
	name[n] = '\0';
	value = getenv(name);
	if (!value) {
		faults_add(lx->faults, lx->file, lx->line,
			   "the environment variable %s is not set", name);
		tok->bad = true;
		return;
	}
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			faults_add(lx->faults, lx->file, lx->line,
				   "the environment variable %s holds a "
				   "control character", name);
			tok->bad = true;
			return;
		}
	buf_add_str(&tok->text, value);
}

/* At a backslash in double quotes. */
static void lexer_escape(struct lexer *lx, bool keep, struct lexer_token *tok)
{
	char c = lx->at + 1 < lx->len ? lx->text[lx->at + 1] : '\n';

	if (c != '\\' && c != '"' && c != '$') {
		/* Not quoted: it may be a part of a secret. */
		faults_add(lx->faults, lx->file, lx->line,
			   "in double quotes a backslash stands only before "
			   "\\, \" or $ (single quotes take it as it is)");
		tok->bad = true;
		lx->at++;
		return;
	}
	if (keep)
		buf_add(&tok->text, &c, 1);
	lx->at += 2;
}

static int lexer_string(struct lexer *lx, bool keep, struct lexer_token *tok)
{
	char quote = lx->text[lx->at++];

	tok->type = LEXER_STRING;
	while (lx->at < lx->len) {
		char c = lx->text[lx->at];

		if (c == '\n' || c == '\r')
			break;
		if (c == quote) {
			lx->at++;
			return 0;
		}
		if (quote == '"' && c == '\\') {
			lexer_escape(lx, keep, tok);
		} else if (quote == '"' && c == '$' &&
			   lx->at + 1 < lx->len &&
			   lx->text[lx->at + 1] == '{') {
			lexer_variable(lx, keep, tok);
		} else {
			if (keep)
				buf_add(&tok->text, &c, 1);
			lx->at++;
		}
	}
	faults_add(lx->faults, lx->file, tok->line,
		   "the closing %c is missing on this line", quote);
	return -EINVAL;
}

static int lexer_word(struct lexer *lx, bool keep, struct lexer_token *tok)
{
	size_t start = lx->at;

	tok->type = LEXER_WORD;
	while (lx->at < lx->len && is_word(lx->text[lx->at]))
		lx->at++;
	if (keep)
		buf_add(&tok->text, lx->text + start, lx->at - start);
	return 0;
}

static int lexer_sign(struct lexer *lx, struct lexer_token *tok)
{
	static const struct sign {
		char c;
		enum lexer_type type;
	} signs[] = {
		{ '{', LEXER_BRACE_OPEN }, { '}', LEXER_BRACE_CLOSE },
		{ '(', LEXER_PAREN_OPEN }, { ')', LEXER_PAREN_CLOSE },
		{ '=', LEXER_EQUALS },	   { ',', LEXER_COMMA },
	};
	char c = lx->text[lx->at];

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (signs[i].c == c) {
			tok->type = signs[i].type;
			lx->at++;
			return 0;
		}
	if ((unsigned char)c >= 0x80)
		faults_add(lx->faults, lx->file, lx->line,
			   "what is not ASCII stands in quotes");
	else
		faults_add(lx->faults, lx->file, lx->line,
			   "a value with %c in it stands in quotes", c);
	return -EINVAL;
}

int lexer_next(struct lexer *lx, bool keep, struct lexer_token *tok)
{
	int r = 0;
	char c;

	buf_wipe(&tok->text);
	tok->text = (struct buf)BUF_INIT(TEXT_MAX_BYTES);
	tok->bad = false;
	lexer_skip(lx);
	/* A habit from other languages: told each time, and gone on. */
	while (lx->at < lx->len && lx->text[lx->at] == ';') {
		faults_add(lx->faults, lx->file, lx->line,
			   "\";\" ends nothing here: leave it out, or put the "
			   "value in quotes");
		lx->at++;
		lexer_skip(lx);
	}
	tok->line = lx->line;
	tok->type = LEXER_END;
	if (lx->at >= lx->len)
		return 0;

	c = lx->text[lx->at];
	if (c == '"' || c == '\'')
		r = lexer_string(lx, keep, tok);
	else if (is_word(c))
		r = lexer_word(lx, keep, tok);
	else
		r = lexer_sign(lx, tok);
	if (r < 0)
		return r;
	/* An empty string has a text, too. */
	if (keep)
		buf_add(&tok->text, "", 0);
	if (tok->text.no_memory) {
		faults_add_no_memory(lx->faults, lx->file, tok->line);
		return -ENOMEM;
	}
	if (tok->text.failed) {
		faults_add(lx->faults, lx->file, tok->line, "a value of more "
			   "than 1 MiB");
		return -EINVAL;
	}
	return 0;
}
