#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/form.h"
#include "net/dns_msg.h"
#include "notify/rfc2136/owner.h"

#define VERSION "v=evddns1"

void owner_marks_done(struct owner_marks *m)
{
	free(m->items);
	*m = (struct owner_marks){ .items = NULL };
}

int owner_mark_name(const char *name, char out[DOMAIN_SIZE])
{
	int n = snprintf(out, DOMAIN_SIZE, OWNER_LABEL ".%s", name);

	return n > 0 && n < DOMAIN_SIZE ? 0 : -EINVAL;
}

/* ---- reading ---- */

static int take_word(struct owner_mark *m, const char *key, const char *value)
{
	char *end;

	if (strcmp(key, "owner") == 0 && !form_name(value)) {
		(void)snprintf(m->owner, sizeof(m->owner), "%s", value);
		return 0;
	}
	if (strcmp(key, "ipv4") == 0 || strcmp(key, "ipv6") == 0)
		return m->addr.family == 0 &&
				       addr_parse(value, &m->addr) == 0 &&
				       (m->addr.family == AF_INET) ==
					       (key[3] == '4')
			       ? 0 : -EINVAL;
	if (strcmp(key, "until") != 0)
		return 0; /* of a later version */
	errno = 0;
	m->until_s = strtoll(value, &end, 10);
	return errno == 0 && *end == '\0' && m->until_s > 0 ? 0 : -EINVAL;
}

/* v=evddns1, then NAME=VALUE, parted by a space each. */
static int take_text(struct owner_mark *m, char *text)
{
	char *save = NULL, *word = strtok_r(text, " ", &save);

	if (!word || strcmp(word, VERSION) != 0)
		return -EINVAL;
	while ((word = strtok_r(NULL, " ", &save))) {
		char *value = strchr(word, '=');

		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (take_word(m, word, value) < 0)
			return -EINVAL;
	}
	return m->owner[0] && m->addr.family ? 0 : -EINVAL;
}

void owner_mark_read(const uint8_t *data, size_t len, struct owner_mark *ret)
{
	struct owner_mark m = { .len = (uint16_t)len };
	char text[OWNER_DATA_MAX];

	memcpy(m.data, data, len);
	*ret = m;
	/* One string, without NUL. */
	if (len < 2 || (size_t)data[0] + 1 != len ||
	    memchr(data + 1, '\0', len - 1))
		return;
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	if (take_text(&m, text) == 0)
		*ret = m;
}

static int read_all(struct dns_answer *a, const char *name,
		    struct owner_marks *m)
{
	struct dns_record r;
	int more;

	while ((more = dns_answer_next(a, &r)) > 0) {
		if (r.section != DNS_ANSWER || r.type != DNS_TXT ||
		    r.class != DNS_IN || !dns_name_equal(r.name, name))
			continue;
		if (r.data_len > OWNER_DATA_MAX || m->n >= OWNER_MARKS_MAX)
			m->strange = true;
		else
			owner_mark_read(r.data, r.data_len,
					&m->items[m->n++]);
	}
	return more;
}

int owner_marks_read(const uint8_t *query, size_t query_len,
		     const uint8_t *data, size_t len, struct owner_marks *ret)
{
	struct owner_marks m = { .n = 0 };
	struct dns_answer a, q;
	struct dns_record r;
	char name[DNS_NAME_SIZE];
	size_t n;
	int e = dns_answer_open(query, query_len, data, len, &a);

	if (e < 0)
		return e;
	if (a.rcode != DNS_NOERROR && a.rcode != DNS_NXDOMAIN)
		return -EACCES;
	n = a.left[DNS_ANSWER] < OWNER_MARKS_MAX ? a.left[DNS_ANSWER]
						 : OWNER_MARKS_MAX;
	/* The owner of the first TXT record is the name, or an alias's end. */
	q = a;
	name[0] = '\0';
	while (dns_answer_next(&q, &r) > 0 && name[0] == '\0')
		if (r.section == DNS_ANSWER && r.type == DNS_TXT)
			memcpy(name, r.name, sizeof(name));
	m.items = calloc(n + 1, sizeof(*m.items));
	if (!m.items)
		return -ENOMEM;
	e = read_all(&a, name, &m);
	if (e < 0)
		owner_marks_done(&m);
	else
		*ret = m;
	return e;
}

/* ---- planning ---- */

static bool is_mine(const struct job *j, const struct owner_mark *m)
{
	return strcmp(m->owner, j->owner) == 0;
}

static const struct job_set *set_of(const struct job *j, int family)
{
	return family == AF_INET ? &j->ipv4 : &j->ipv6;
}

static bool holds(const struct addr *set, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&set[i], a))
			return true;
	return false;
}

/* Another owner that renews its part has not done so for too long. */
static bool is_over(const struct job *j, const struct owner_mark *m,
		    int64_t now_s)
{
	return m->owner[0] && !is_mine(j, m) && j->owner_expire_s > 0 &&
	       m->until_s > 0 && m->until_s < now_s;
}

/* Does somebody else, who is alive, have this value too? */
static bool is_others(const struct job *j, const struct owner_marks *m,
		      int64_t now_s, const struct addr *a)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].owner[0] && !is_mine(j, &m->items[i]) &&
		    addr_equal(&m->items[i].addr, a) &&
		    !is_over(j, &m->items[i], now_s))
			return true;
	return false;
}

/* ... or do we, in what this job leaves alone or makes? */
static bool is_ours(const struct job *j, const struct owner_marks *m,
		    const struct addr *a)
{
	const struct job_set *set = set_of(j, a->family);

	if (set->given)
		return holds(set->addrs, set->n, a);
	for (size_t i = 0; i < m->n; i++)
		if (is_mine(j, &m->items[i]) &&
		    addr_equal(&m->items[i].addr, a))
			return true;
	return false;
}

struct planning {
	const struct job *job;
	const struct owner_marks *marks;
	int64_t now_s;
	bool alone;
	struct owner_plan *plan;
};

static void add_record(struct planning *p, enum rfc2136_act act,
		       const struct owner_mark *m)
{
	struct owner_plan *plan = p->plan;
	struct owner_mark *copy = &plan->marks[plan->change.n_records];

	*copy = *m;
	plan->records[plan->change.n_records++] = (struct rfc2136_record){
		.act = act, .name = plan->mark_name, .type = DNS_TXT,
		.data = copy->data, .len = copy->len,
	};
}

/* A value of ours that is to go. */
static void take_away(struct planning *p, struct job_set *set,
		      const struct addr *a)
{
	if (holds(set->addrs, set->n, a) || holds(set->was, set->n_was, a))
		return;
	if (is_others(p->job, p->marks, p->now_s, a)) {
		p->plan->equals |= !p->alone;
		return;
	}
	set->was[set->n_was++] = *a;
}

static void mark_write(const struct planning *p, const struct addr *a,
		       struct owner_mark *ret)
{
	const struct job *j = p->job;
	char text[OWNER_DATA_MAX], addr[ADDR_STRLEN];
	int n = snprintf(text, sizeof(text), VERSION " owner=%s %s=%s",
			 j->owner, a->family == AF_INET ? "ipv4" : "ipv6",
			 addr_print(a, addr));

	if (j->owner_expire_s > 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      " until=%" PRId64, p->now_s + j->owner_expire_s);
	ret->len = (uint16_t)(n + 1);
	ret->data[0] = (uint8_t)n;
	memcpy(ret->data + 1, text, (size_t)n);
}

/* New marks for what is to stand; those as they should be are kept. */
static void put_marks(struct planning *p, const struct job_set *set,
		      bool *kept)
{
	for (size_t i = 0; set->given && i < set->n; i++) {
		struct owner_mark mark = { .owner = "" };
		bool there = false;

		mark_write(p, &set->addrs[i], &mark);
		for (size_t k = 0; k < p->marks->n && !there; k++) {
			const struct owner_mark *old = &p->marks->items[k];

			there = old->len == mark.len &&
				memcmp(old->data, mark.data, mark.len) == 0;
			kept[k] |= there;
		}
		if (!there)
			add_record(p, RFC2136_ADD, &mark);
	}
}

static void plan_own(struct planning *p, struct job_set *set,
		     const struct job_set *from, int family, bool *kept)
{
	if (!from->given)
		return;
	for (size_t i = 0; i < from->n_was; i++)
		take_away(p, set, &from->was[i]);
	for (size_t i = 0; i < p->marks->n; i++)
		if (is_mine(p->job, &p->marks->items[i]) &&
		    p->marks->items[i].addr.family == family)
			take_away(p, set, &p->marks->items[i].addr);
	/*
	 * Who withdraws may have lost the address to another gateway, whose
	 * mark may be on its way.
	 */
	if (from->n == 0 && set->n_was > 0 && p->marks->n > 0)
		p->plan->equals |= !p->alone;
	put_marks(p, set, kept);
	for (size_t i = 0; i < p->marks->n; i++)
		if (is_mine(p->job, &p->marks->items[i]) && !kept[i] &&
		    p->marks->items[i].addr.family == family)
			add_record(p, RFC2136_DELETE, &p->marks->items[i]);
}

/* The parts of owners that are gone. */
static void plan_silent(struct planning *p)
{
	for (size_t i = 0; i < p->marks->n; i++) {
		const struct owner_mark *m = &p->marks->items[i];
		struct job_set *set = m->addr.family == AF_INET
					      ? &p->plan->ipv4 : &p->plan->ipv6;

		if (!is_over(p->job, m, p->now_s))
			continue;
		p->plan->equals = true;
		add_record(p, RFC2136_DELETE, m);
		if (is_others(p->job, p->marks, p->now_s, &m->addr) ||
		    is_ours(p->job, p->marks, &m->addr) ||
		    holds(set->was, set->n_was, &m->addr))
			continue;
		set->given = true; /* with nothing to add, maybe */
		set->was[set->n_was++] = m->addr;
	}
}

static int make_room(struct planning *p)
{
	const struct job *j = p->job;
	struct owner_plan *plan = p->plan;
	size_t n = p->marks->n;
	/* A mark is compared, and one of ours or a silent one's goes. */
	size_t records = 2 * n + j->ipv4.n + j->ipv6.n + 1;

	plan->records = calloc(records, sizeof(*plan->records));
	plan->marks = calloc(records, sizeof(*plan->marks));
	plan->ipv4 = (struct job_set){
		.given = j->ipv4.given, .addrs = j->ipv4.addrs,
		.n = j->ipv4.n, .was_given = true,
		.was = calloc(j->ipv4.n_was + n + 1, sizeof(struct addr)),
	};
	plan->ipv6 = (struct job_set){
		.given = j->ipv6.given, .addrs = j->ipv6.addrs,
		.n = j->ipv6.n, .was_given = true,
		.was = calloc(j->ipv6.n_was + n + 1, sizeof(struct addr)),
	};
	plan->change = (struct rfc2136_change){
		.name = j->name, .ipv4 = &plan->ipv4, .ipv6 = &plan->ipv6,
		.ttl_s = j->ttl_s, .no_create = j->no_create,
		.records = plan->records,
	};
	return plan->records && plan->marks && plan->ipv4.was &&
			       plan->ipv6.was ? 0 : -ENOMEM;
}

int owner_plan_new(const struct job *j, const struct owner_marks *m,
		   int64_t now_s, bool alone, struct owner_plan **ret)
{
	struct planning p = { j, m, now_s, alone || m->strange,
			      calloc(1, sizeof(struct owner_plan)) };
	bool *kept = calloc(m->n + 1, sizeof(*kept));
	int r = -ENOMEM;

	if (p.plan && kept)
		r = make_room(&p);
	if (r == 0)
		r = owner_mark_name(j->name, p.plan->mark_name);
	if (r == 0) {
		plan_own(&p, &p.plan->ipv4, &j->ipv4, AF_INET, kept);
		plan_own(&p, &p.plan->ipv6, &j->ipv6, AF_INET6, kept);
		if (!p.alone)
			plan_silent(&p);
		for (size_t i = 0; i < m->n && p.plan->equals; i++)
			add_record(&p, RFC2136_EQUALS, &m->items[i]);
		*ret = p.plan;
	} else {
		owner_plan_free(p.plan);
	}
	free(kept);
	return r;
}

static void put_back(struct job_set *set, const struct addr *a)
{
	if (holds(set->addrs, set->n, a))
		return;
	set->given = true;
	set->addrs[set->n++] = *a;
}

int owner_plan_repair(const struct job *j, const struct owner_marks *m,
		      int64_t now_s, const struct addr *gone, size_t n_gone,
		      struct owner_plan **ret)
{
	struct planning p = { j, m, now_s, false,
			      calloc(1, sizeof(struct owner_plan)) };
	size_t n = 0;

	if (!p.plan || make_room(&p) < 0 ||
	    owner_mark_name(j->name, p.plan->mark_name) < 0)
		goto fail;
	p.plan->back = calloc(2 * n_gone + 1, sizeof(struct addr));
	if (!p.plan->back)
		goto fail;
	p.plan->ipv4.given = p.plan->ipv6.given = false;
	p.plan->ipv4.n = p.plan->ipv6.n = 0;
	p.plan->ipv4.addrs = p.plan->back;
	p.plan->ipv6.addrs = p.plan->back + n_gone;
	p.plan->change.no_create = false;
	for (size_t i = 0; i < n_gone; i++)
		if (is_others(j, m, now_s, &gone[i])) {
			put_back(gone[i].family == AF_INET ? &p.plan->ipv4
							   : &p.plan->ipv6,
				 &gone[i]);
			n++;
		}
	for (size_t i = 0; i < m->n && n > 0; i++)
		add_record(&p, RFC2136_EQUALS, &m->items[i]);
	p.plan->equals = true;
	*ret = n > 0 ? p.plan : NULL;
	if (n == 0)
		owner_plan_free(p.plan);
	return 0;
fail:
	owner_plan_free(p.plan);
	return -ENOMEM;
}

void owner_plan_free(struct owner_plan *p)
{
	if (!p)
		return;
	free(p->records);
	free(p->marks);
	free(p->back);
	free(p->ipv4.was);
	free(p->ipv6.was);
	free(p);
}
