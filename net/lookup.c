#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "net/channel.h"
#include "net/dns_msg.h"
#include "net/favourite.h"
#include "net/gate.h"
#include "net/lookup.h"
#include "net/resolv.h"
#include "net/server_list.h"

#define ADDRS_MOST     32
#define LITERAL_TTL_S  86400
#define TRY_MS	       2000 /* where the options say nothing */
#define TRIES	       3
#define ASKED_MOST     32 /* at once */
/*
 * The next server is asked after a quarter of a try, so that a dead one holds
 * little up.
 */
#define TRY_PART       4
#define TRIES_MORE     2

/*
 * How it is asked. First with letters drawn by lot (0x20), which a forger
 * has to guess too. A forwarder that does not keep them is asked by TCP;
 * one that has no TCP, as it likes.
 */
enum how { HOW_MIXED, HOW_TCP, HOW_PLAIN };

/* One question: a channel of its own, made when its turn comes. */
struct question {
	struct gate_slot slot; /* first */
	struct question *next;
	struct lookup *lookup;
	int id;
	struct channel channel;
	bool running; /* the channel lives */
	enum how how;
	uint64_t deadline_ns; /* once its turn has come; 0: it has not */
	ev_timer soon; /* the answer is known already */
	char *host; /* of addrs_done */
	uint16_t type; /* of raw_done, as name */
	char *name;
	int family;
	lookup_addrs_fn *addrs_done; /* or raw_done */
	lookup_raw_fn *raw_done;
	void *user;
	bool answered;
	int status;
	struct addr *addrs;
	size_t n_addrs;
	uint32_t ttl_s;
	uint8_t query[DNS_QUERY_SIZE];
	size_t query_len;
	uint8_t *data;
	size_t len;
};

struct lookup {
	struct ev_loop *loop;
	char *servers; /* as c-ares wants them; NULL: resolv.conf */
	uint32_t try_ms;
	unsigned int tries;
	struct question *questions;
	struct gate gate;
	int last_id;
	struct resolv *resolv; /* NULL: its changes are not seen */
	struct favourite favourite; /* of the servers */
	lookup_changed_fn *changed;
	void *user;
};

static void question_stop(struct question *q)
{
	if (q->running)
		channel_done(&q->channel);
	q->running = false;
	ev_timer_stop(q->lookup->loop, &q->soon);
	gate_leave(&q->slot);
}

static void question_free(struct question *q)
{
	if (!q)
		return;
	question_stop(q);
	free(q->host);
	free(q->name);
	free(q->addrs);
	free(q->data);
	free(q);
}

static void question_unlink(struct question *q)
{
	struct question **at = &q->lookup->questions;

	while (*at && *at != q)
		at = &(*at)->next;
	if (*at)
		*at = q->next;
}

static void question_deliver(struct question *q)
{
	if (q->running && q->answered)
		favourite_note(&q->lookup->favourite, &q->channel.from,
			       q->channel.from_port, clock_mono_ns());
	question_unlink(q);
	question_stop(q);
	if (q->addrs_done)
		q->addrs_done(q->user, q->status, q->addrs, q->n_addrs,
			      q->ttl_s);
	else
		q->raw_done(q->user, q->status, q->query, q->query_len,
			    q->data, q->len);
	question_free(q);
}

static void question_soon(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	question_deliver(w->data);
}

static struct question *question_new(struct lookup *l, void *user)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->lookup = l;
	q->user = user;
	ev_timer_init(&q->soon, question_soon, 0., 0.);
	q->soon.data = q;
	return q;
}

/* Takes the question into the list; its id. */
static int question_enter(struct question *q)
{
	struct lookup *l = q->lookup;

	l->last_id = l->last_id == INT_MAX ? 1 : l->last_id + 1;
	q->id = l->last_id;
	q->next = l->questions;
	l->questions = q;
	return q->id;
}

/* What is known at once is still told in another turn of the loop. */
static void question_known(struct question *q, int status)
{
	q->answered = true;
	q->status = status;
	if (q->running)
		channel_done(&q->channel);
	q->running = false;
	ev_timer_start(q->lookup->loop, &q->soon);
}

static int addrs_take(struct question *q, const struct ares_addrinfo *info)
{
	q->ttl_s = UINT32_MAX;
	q->addrs = calloc(ADDRS_MOST, sizeof(*q->addrs));
	if (!q->addrs)
		return -ENOMEM;
	for (const struct ares_addrinfo_node *n = info->nodes;
	     n && q->n_addrs < ADDRS_MOST; n = n->ai_next) {
		struct addr *a = &q->addrs[q->n_addrs];
		bool seen = false;

		if (!n->ai_addr || addr_from_sockaddr(n->ai_addr, a, NULL) < 0)
			continue;
		for (size_t i = 0; i < q->n_addrs; i++)
			seen = seen || addr_equal(&q->addrs[i], a);
		if (seen)
			continue;
		q->n_addrs++;
		if (n->ai_ttl >= 0 && (uint32_t)n->ai_ttl < q->ttl_s)
			q->ttl_s = (uint32_t)n->ai_ttl;
	}
	return q->n_addrs > 0 ? 0 : -ENOENT;
}

static void addrs_answered(void *user, int status, int timeouts,
			   struct ares_addrinfo *info)
{
	struct question *q = user;

	(void)timeouts;
	if (status != ARES_EDESTRUCTION && status != ARES_ECANCELLED) {
		q->answered = true;
		q->status = channel_errno(&q->channel, status);
		if (q->status == 0)
			q->status = info ? addrs_take(q, info) : -ENOENT;
	}
	if (info)
		ares_freeaddrinfo(info);
}

static int addrs_literal(struct question *q, const struct addr *a)
{
	if (q->family != AF_UNSPEC && q->family != a->family)
		return -ENOENT;
	q->addrs = malloc(sizeof(*a));
	if (!q->addrs)
		return -ENOMEM;
	q->addrs[0] = *a;
	q->n_addrs = 1;
	q->ttl_s = LITERAL_TTL_S;
	return 0;
}

static void raw_answered(void *user, int status, int timeouts,
			 unsigned char *data, int len)
{
	struct question *q = user;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return;
	q->answered = true;
	q->status = channel_errno(&q->channel, status);
	/* c-ares tells NXDOMAIN as a status of its own, with the answer. */
	if (q->status == -ENOENT && data)
		q->status = 0;
	if (q->status < 0)
		return;
	if (len < 2) {
		q->status = -EBADMSG;
		return;
	}
	q->data = malloc((size_t)len);
	if (!q->data) {
		q->status = -ENOMEM;
		return;
	}
	memcpy(q->data, data, (size_t)len);
	memcpy(q->data, q->query, 2); /* newer c-ares draws its own id */
	q->len = (size_t)len;
}

/* ---- on its way ---- */

static void question_ask(struct question *q)
{
	struct ares_addrinfo_hints hints = {
		.ai_family = q->family,
		.ai_flags = ARES_AI_NOSORT,
	};
	uint32_t random = clock_random();
	int r;

	if (q->addrs_done) {
		dns_name_mix(q->host, q->how == HOW_PLAIN ? 0 : random);
		ares_getaddrinfo(q->channel.ares, q->host, NULL, &hints,
				 addrs_answered, q);
		return;
	}
	r = dns_query_build(q->name, q->type, DNS_IN, (uint16_t)clock_random(),
			    true, q->how != HOW_PLAIN, random, q->query);
	q->query_len = r > 0 ? (size_t)r : 0;
	ares_send(q->channel.ares, q->query, (int)q->query_len, raw_answered,
		  q);
}

/* c-ares reads resolv.conf anew for each channel. */
static void question_begin(struct question *q, channel_step_fn *step)
{
	struct lookup *l = q->lookup;
	uint64_t now_ns = clock_mono_ns();
	struct channel_options o = {
		.servers = l->servers,
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			 ARES_FLAG_EDNS,
		.try_ms = l->try_ms / TRY_PART,
		.tries = l->tries + TRIES_MORE,
		.verify = true,
	};
	int r;

	if (q->deadline_ns == 0)
		q->deadline_ns = now_ns +
				 2000000ULL * l->try_ms * l->tries;
	if (q->deadline_ns > now_ns)
		o.total_ms = (uint32_t)((q->deadline_ns - now_ns) / 1000000);
	if (q->how == HOW_TCP)
		o.flags |= ARES_FLAG_USEVC;
	r = channel_init(&q->channel, l->loop, &o, step, q);
	if (r < 0) {
		question_known(q, r);
		return;
	}
	q->running = true;
	if (favourite_has(&l->favourite, now_ns))
		channel_prefer(&q->channel, &l->favourite.addr,
			       l->favourite.port);
	question_ask(q);
	if (q->answered && q->status < 0 && q->how == HOW_TCP) {
		channel_done(&q->channel);
		q->running = false;
		q->answered = false;
		q->how = HOW_PLAIN;
		question_begin(q, step);
	} else if (q->answered) {
		question_known(q, q->status);
	} else {
		channel_arm(&q->channel);
	}
}

/* Its letters were not kept, or TCP was not to be had: the next way. */
static bool question_goes_on(struct question *q, bool expired)
{
	if (expired)
		return false;
	if (q->how == HOW_MIXED)
		return q->channel.case_lost;
	return q->how == HOW_TCP && q->answered && q->status < 0 &&
	       q->status != -ENOENT;
}

static void question_step(void *user, bool expired)
{
	struct question *q = user;

	if (question_goes_on(q, expired)) {
		channel_done(&q->channel);
		q->running = false;
		q->answered = false;
		q->how = q->how == HOW_MIXED ? HOW_TCP : HOW_PLAIN;
		question_begin(q, question_step);
		return;
	}
	if (!q->answered && !expired)
		return;
	if (!q->answered)
		q->status = -ETIMEDOUT;
	question_deliver(q);
}

/* Its turn has come. */
static void question_go(struct gate_slot *s)
{
	question_begin((struct question *)s, question_step);
}

int lookup_addrs(struct lookup *l, const char *host, int family,
		 lookup_addrs_fn *done, void *user)
{
	struct question *q = question_new(l, user);
	struct addr literal;
	int id;

	if (!q)
		return -ENOMEM;
	q->addrs_done = done;
	q->family = family;
	if (addr_parse(host, &literal) == 0) {
		question_known(q, addrs_literal(q, &literal));
		return question_enter(q);
	}
	q->host = str_dup(host);
	if (!q->host) {
		question_free(q);
		return -ENOMEM;
	}
	id = question_enter(q);
	gate_enter(&l->gate, 0, &q->slot, question_go);
	return id;
}

int lookup_raw(struct lookup *l, const char *name, uint16_t type,
	       lookup_raw_fn *done, void *user)
{
	struct question *q = question_new(l, user);
	int r, id;

	if (!q)
		return -ENOMEM;
	q->raw_done = done;
	q->type = type;
	r = dns_query_build(name, type, DNS_IN, 0, true, false, 0, q->query);
	q->name = r < 0 ? NULL : str_dup(name);
	if (!q->name) {
		question_free(q);
		return r < 0 ? r : -ENOMEM;
	}
	id = question_enter(q);
	gate_enter(&l->gate, 0, &q->slot, question_go);
	return id;
}

void lookup_cancel(struct lookup *l, int id)
{
	struct question *q = l->questions;

	while (q && q->id != id)
		q = q->next;
	if (!q)
		return;
	question_unlink(q);
	question_free(q);
}

/*
 * What was asked of the old servers is asked again of the new ones. Those
 * that wait for their turn will be anyway.
 */
static void lookup_resolv_changed(void *user)
{
	struct lookup *l = user;

	l->favourite = (struct favourite){ 0 };
	for (struct question *q = l->questions; q; q = q->next) {
		if (!q->running)
			continue;
		if (q->answered)
			continue;
		channel_done(&q->channel);
		q->running = false;
		q->deadline_ns = 0;
		q->how = HOW_MIXED;
		question_begin(q, question_step);
	}
	if (l->changed)
		l->changed(l->user);
}

int lookup_new(struct ev_loop *loop, const struct lookup_options *o,
	       struct lookup **ret)
{
	struct lookup *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->loop = loop;
	gate_init(&l->gate, ASKED_MOST);
	l->try_ms = o->timeout_ms ? o->timeout_ms : TRY_MS;
	l->tries = o->tries ? o->tries : TRIES;
	l->changed = o->changed;
	l->user = o->user;
	r = server_list_join(o->servers, o->n_servers, &l->servers);
	/* Without inotify, changes are seen by the next question. */
	if (r == 0 && !l->servers)
		(void)resolv_new(loop, RESOLV_CONF, lookup_resolv_changed, l,
				 &l->resolv);
	if (r < 0) {
		lookup_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void lookup_free(struct lookup *l)
{
	if (!l)
		return;
	l->gate.most = 0; /* nobody's turn comes any more */
	while (l->questions) {
		struct question *q = l->questions;

		l->questions = q->next;
		question_free(q);
	}
	gate_done(&l->gate);
	resolv_free(l->resolv);
	free(l->servers);
	free(l);
}
