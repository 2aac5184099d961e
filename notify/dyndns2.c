#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "notify/dyndns2.h"

#define URL_MAX 16384
#define LINE_SHOWN 120
/* DESIGN: what nobody documents is tried again, but not soon. */
#define UNKNOWN_RETRY_S 900
/* After an answer that makes no sense, as other clients do. */
#define GARBAGE_RETRY_S 300
/* Dyn asks for ten minutes after 911. */
#define DYN_911_RETRY_S 600

static const struct word {
	const char *word;
	enum notify_status status;
	uint32_t retry_s;
	const char *meaning;
} words[] = {
	{ "good", NOTIFY_DONE, 0, NULL },
	{ "nochg", NOTIFY_UNCHANGED, 0, NULL },
	{ "badauth", NOTIFY_REFUSED, 0, "wrong username or password" },
	{ "!donator", NOTIFY_REFUSED, 0, "asks for a feature to be paid for" },
	{ "notfqdn", NOTIFY_REFUSED, 0, "not a full domain name" },
	{ "nohost", NOTIFY_REFUSED, 0, "no such name in this account" },
	{ "!yours", NOTIFY_REFUSED, 0, "the name is somebody else's" },
	{ "!active", NOTIFY_REFUSED, 0, "the name is not active" },
	{ "numhost", NOTIFY_REFUSED, 0, "too many names in one request" },
	{ "badsys", NOTIFY_REFUSED, 0, "wrong system parameter" },
	{ "badagent", NOTIFY_REFUSED, 0, "the provider blocks this client" },
	{ "badip", NOTIFY_REFUSED, 0, "the address is not taken" },
	{ "badrequest", NOTIFY_REFUSED, 0, "the request is not understood" },
	{ "abuse", NOTIFY_REFUSED, 0,
	  "blocked for abuse: ask the provider to unblock it" },
	{ "toomanyrequests", NOTIFY_SLOW, 0, "too many requests" },
	{ "dnserr", NOTIFY_RETRY, 0, "trouble with the provider's DNS" },
	{ "911", NOTIFY_RETRY, DYN_911_RETRY_S, "trouble at the provider" },
	{ "servererror", NOTIFY_RETRY, 0, "trouble at the provider" },
};

static void add_escaped(struct buf *b, const char *text)
{
	/* RFC 3986, section 2.3: unreserved. */
	static const char safe[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789-._~";

	for (; *text; text++)
		if (strchr(safe, *text))
			buf_add(b, text, 1);
		else
			buf_addf(b, "%%%02X", (unsigned char)*text);
}

/* Colons and commas are legal in a query, and some servers split on them. */
static void add_addrs(struct buf *b, const struct job_set *set, bool first)
{
	char text[ADDR_STRLEN];

	for (size_t i = 0; set->given && i < set->n; i++) {
		buf_addf(b, "%s%s", first ? "" : ",",
			 addr_print(&set->addrs[i], text));
		first = false;
	}
}

char *dyndns2_url(const struct dyndns2_request *r)
{
	bool four = r->ipv4->given && r->ipv4->n > 0;
	bool six = r->ipv6->given && r->ipv6->n > 0;
	bool one_list = strcmp(r->ipv6_parameter, "myip") == 0;
	struct buf b = BUF_INIT(URL_MAX);
	char *url;

	buf_add_str(&b, r->endpoint);
	buf_add_str(&b, "?hostname=");
	for (size_t i = 0; i < r->n_names; i++) {
		if (i > 0)
			buf_add_str(&b, ",");
		add_escaped(&b, r->names[i]);
	}
	if (four || (six && one_list)) {
		buf_add_str(&b, "&myip=");
		add_addrs(&b, r->ipv4, true);
		if (one_list)
			add_addrs(&b, r->ipv6, !four);
	}
	if (six && !one_list) {
		buf_add_str(&b, "&");
		add_escaped(&b, r->ipv6_parameter);
		buf_add_str(&b, "=");
		add_addrs(&b, r->ipv6, true);
	}
	url = b.failed ? NULL : str_dup(b.data);
	buf_done(&b);
	return url;
}

static bool same_set(const struct job_set *a, const struct job_set *b)
{
	if (a->given != b->given || a->n != b->n ||
	    !addr_equal(&a->source, &b->source))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!addr_equal(&a->addrs[i], &b->addrs[i]))
			return false;
	return true;
}

bool dyndns2_same(const struct job *a, const struct job *b)
{
	return same_set(&a->ipv4, &b->ipv4) && same_set(&a->ipv6, &b->ipv6) &&
	       strcmp(a->interface, b->interface) == 0 && a->mark == b->mark;
}

/* One line of a body. */
struct line {
	const char *text;
	size_t len;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next line that holds anything; false at the end. */
static bool next_line(const char **p, const char *end, struct line *ret)
{
	while (*p < end) {
		const char *eol = memchr(*p, '\n', (size_t)(end - *p));
		const char *stop = eol ? eol : end, *start = *p;

		*p = eol ? eol + 1 : end;
		while (start < stop && is_space(*start))
			start++;
		while (stop > start && is_space(stop[-1]))
			stop--;
		if (start < stop) {
			*ret = (struct line){ start, (size_t)(stop - start) };
			return true;
		}
	}
	return false;
}

static size_t word_len(const struct line *l)
{
	size_t n = 0;

	while (n < l->len && !is_space(l->text[n]))
		n++;
	return n;
}

/* "w30s", "w5m", "w1h", "w60": seconds, or 0. */
static uint32_t wait_word(const char *word, size_t len)
{
	uint32_t n, unit = 1;
	char digits[6];

	if (len < 2 || word[0] != 'w')
		return 0;
	if (word[len - 1] == 'm' || word[len - 1] == 'h')
		unit = word[len - 1] == 'm' ? 60 : 3600;
	len -= unit > 1 || word[len - 1] == 's';
	if (len < 2 || len - 1 >= sizeof(digits))
		return 0;
	memcpy(digits, word + 1, len - 1);
	digits[len - 1] = '\0';
	if (str_to_u32(digits, 86400, &n) < 0)
		return 0;
	return n * unit;
}

/* "good 127.0.0.1", asked for another: the request was ignored. */
static bool is_ignored(const struct line *l, size_t word)
{
	static const char loopback[] = "127.0.0.1";
	const char *p = l->text + word;
	size_t left = l->len - word;

	while (left > 0 && is_space(*p)) {
		p++;
		left--;
	}
	return left == strlen(loopback) && memcmp(p, loopback, left) == 0;
}

/* False where the line's first word is none of the protocol's. */
static bool judge_line(const struct dyndns2_answer *a, const struct line *l,
		       struct outcome *ret)
{
	size_t len = word_len(l);
	char shown[LINE_SHOWN + 8];
	uint32_t wait_s = wait_word(l->text, len);

	(void)str_printable(l->text, l->len, LINE_SHOWN, shown, sizeof(shown));
	if (wait_s > 0) {
		outcome_set(ret, NOTIFY_SLOW, wait_s, "%s: wait", shown);
		return true;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct word *w = &words[i];

		if (strlen(w->word) != len ||
		    memcmp(w->word, l->text, len) != 0)
			continue;
		if (!w->meaning && a->http_status / 100 != 2)
			return false; /* "good" with an error is none */
		if (w->status == NOTIFY_DONE && !a->loopback_asked &&
		    is_ignored(l, len))
			outcome_set(ret, NOTIFY_REFUSED, 0,
				    "%s: the provider ignored the request",
				    shown);
		else
			outcome_set(ret, w->status,
				    a->retry_after_s > w->retry_s
					    ? a->retry_after_s : w->retry_s,
				    w->meaning ? "%s: %s" : "%s", shown,
				    w->meaning);
		return true;
	}
	return false;
}

static uint32_t at_least(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* No word of the protocol: the HTTP status must tell. */
static void judge_status(const struct dyndns2_answer *a, struct outcome *ret)
{
	unsigned int s = a->http_status;
	char shown[LINE_SHOWN + 8] = "an empty body";

	if (a->len > 0)
		(void)str_printable(a->body, a->len, LINE_SHOWN, shown,
				    sizeof(shown));
	if (s == 401) /* RFC 9110, section 15.5.2 */
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "HTTP status 401: wrong username or password");
	else if (s == 429)
		outcome_set(ret, NOTIFY_SLOW, a->retry_after_s,
			    "HTTP status 429: too many requests");
	else if (s / 100 == 3)
		outcome_set(ret, NOTIFY_RETRY, UNKNOWN_RETRY_S,
			    "HTTP status %u: a redirect to %s, which is not "
			    "followed: set the endpoint", s,
			    a->location ? a->location : "nowhere");
	else if (s / 100 == 4 && s != 408 && s != 425)
		outcome_set(ret, NOTIFY_RETRY,
			    at_least(a->retry_after_s, UNKNOWN_RETRY_S),
			    "HTTP status %u: %s", s, shown);
	else if (s / 100 == 2)
		outcome_set(ret, NOTIFY_RETRY,
			    at_least(a->retry_after_s, GARBAGE_RETRY_S),
			    "no answer of this protocol: %s", shown);
	else
		outcome_set(ret, NOTIFY_RETRY, a->retry_after_s,
			    "HTTP status %u: %s", s, shown);
}

void dyndns2_judge(const struct dyndns2_answer *a, size_t n,
		   struct outcome *ret)
{
	const char *p = a->body, *end = a->len ? a->body + a->len : a->body;
	struct outcome last;
	size_t done = 0, lines = 0;
	struct line l;

	while (done < n && next_line(&p, end, &l)) {
		lines++;
		if (!judge_line(a, &l, &last))
			judge_status(a, &last);
		ret[done++] = last;
	}
	if (lines == 0)
		judge_status(a, &last);
	else if (lines > 1)
		outcome_set(&last, NOTIFY_RETRY, GARBAGE_RETRY_S,
			    "the provider said nothing of this name");
	/* Errors of the account come once for all, and some say so of all. */
	while (done < n)
		ret[done++] = last;
}
