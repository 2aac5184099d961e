#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config/domain.h"
#include "notify/core/job.h"
#include "notify/core/job_scan.h"

/* Larger sets are rare: those are job_read()'s too. */
#define ADDRS_MOST 16

struct scan {
	const char *at, *end;
};

struct text {
	const char *at;
	size_t len;
};

static bool take(struct scan *s, const char *literal)
{
	size_t len = strlen(literal);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, literal, len) != 0)
		return false;
	s->at += len;
	return true;
}

/* After its opening quote; printable ASCII that nothing stands before. */
static bool take_text(struct scan *s, struct text *ret)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at != '"') {
		if (*s->at < ' ' || *s->at > '~' || *s->at == '\\')
			return false;
		s->at++;
	}
	*ret = (struct text){ from, (size_t)(s->at - from) };
	return take(s, "\"");
}

static bool take_copy(struct scan *s, char *out, size_t size)
{
	struct text t;

	if (!take_text(s, &t) || t.len >= size)
		return false;
	memcpy(out, t.at, t.len);
	out[t.len] = '\0';
	return true;
}

static bool take_number(struct scan *s, uint32_t most, uint32_t *ret)
{
	const char *from = s->at;
	uint64_t n = 0;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9' && n <= most)
		n = 10 * n + (uint64_t)(*s->at++ - '0');
	if (s->at == from || n > most || (*from == '0' && s->at > from + 1))
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool take_name(struct scan *s, char out[DOMAIN_SIZE])
{
	char text[DOMAIN_SIZE];
	const char *why;

	return take_copy(s, text, sizeof(text)) &&
	       domain_normalize(text, out, &why) == 0;
}

static bool take_addr(struct scan *s, int family, struct addr *ret)
{
	char text[ADDR_STRLEN];

	return take_copy(s, text, sizeof(text)) &&
	       addr_parse(text, ret) == 0 && ret->family == family;
}

/* After "[": the addresses and "]". 0, -EAGAIN or -ENOMEM. */
static int take_set(struct scan *s, int family, struct job_set *set)
{
	struct addr addrs[ADDRS_MOST];
	size_t n = 0;

	set->given = true;
	while (take(s, n > 0 ? ",\"" : "\""))
		if (n == ADDRS_MOST || !take_addr(s, family, &addrs[n++]))
			return -EAGAIN;
	if (!take(s, "]"))
		return -EAGAIN;
	set->addrs = calloc(n + 1, sizeof(addrs[0]));
	if (!set->addrs)
		return -ENOMEM;
	memcpy(set->addrs, addrs, n * sizeof(addrs[0]));
	set->n = n;
	return 0;
}

static bool take_sources(struct scan *s, struct job *j)
{
	bool four = take(s, "\"ipv4\":\"");

	if (four && !take_addr(s, AF_INET, &j->ipv4.source))
		return false;
	if (take(s, four ? ",\"ipv6\":\"" : "\"ipv6\":\""))
		four = take_addr(s, AF_INET6, &j->ipv6.source);
	return four && take(s, "}");
}

static int take_head(struct scan *s, struct job *j)
{
	struct text account;
	uint32_t id;

	if (!take(s, "{\"id\":") || !take_number(s, INT_MAX, &id) ||
	    !take(s, ",\"account\":\"") || !take_text(s, &account) ||
	    !take(s, ",\"name\":\"") || !take_name(s, j->name))
		return -EAGAIN;
	j->kind = JOB_UPDATE;
	j->id = id;
	j->account = strndup(account.at, account.len);
	if (!j->account)
		return -ENOMEM;
	if (!take(s, ",\"zone\":\""))
		return 0;
	j->zone_given = true;
	if (take(s, ".\""))
		return 0;
	return take_name(s, j->zone) && domain_is_within(j->name, j->zone)
		       ? 0 : -EAGAIN;
}

static int take_line(struct scan *s, struct job *j)
{
	int r = take_head(s, j);

	if (r == 0 && take(s, ",\"ipv4\":["))
		r = take_set(s, AF_INET, &j->ipv4);
	if (r == 0 && take(s, ",\"ipv6\":["))
		r = take_set(s, AF_INET6, &j->ipv6);
	if (r < 0)
		return r;
	if (!j->ipv4.given && !j->ipv6.given)
		return -EAGAIN;
	if ((take(s, ",\"ttl\":") && !take_number(s, INT_MAX, &j->ttl_s)) ||
	    (take(s, ",\"source\":{") && !take_sources(s, j)) ||
	    (take(s, ",\"interface\":\"") &&
	     !take_copy(s, j->interface, sizeof(j->interface))) ||
	    (take(s, ",\"mark\":") && !take_number(s, UINT32_MAX, &j->mark)))
		return -EAGAIN;
	j->more = take(s, ",\"more\":true");
	return take(s, "}") && s->at == s->end ? 0 : -EAGAIN;
}

int job_scan(const char *line, size_t len, struct job **ret)
{
	struct scan s = { line, line + len };
	struct job *j = calloc(1, sizeof(*j));
	int r = j ? take_line(&s, j) : -ENOMEM;

	if (r < 0)
		job_free(j);
	else
		*ret = j;
	return r;
}
