#include "config.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "net/dns_msg.h"
#include "notify/core/engine.h"
#include "notify/rfc2136/update_ask.h"
#include "notify/rfc2136/update_batch.h"

/* What is asked, one after the other; the first proves key and zone. */
static const struct look {
	uint16_t type;
	const char *family;
} looks[] = {
	{ DNS_SOA, NULL },
	{ DNS_A, "ipv4" },
	{ DNS_AAAA, "ipv6" },
};

#define N_LOOKS (sizeof(looks) / sizeof(looks[0]))

/* 0, or why it is none: that the server has the zone is its SOA with AA. */
static const char *take_soa(const struct batch *b, struct dns_answer *a)
{
	struct dns_record r;

	if (!a->aa)
		return "does not answer with authority";
	while (dns_answer_next(a, &r) > 0)
		if (r.section == DNS_ANSWER && r.type == DNS_SOA &&
		    dns_name_equal(r.name, b->zone))
			return NULL;
	return "does not hold the zone";
}

static const char *take_addrs(const struct batch *b, struct dns_answer *a,
			      const struct look *look)
{
	json_t *list = json_array();
	struct dns_record r;
	char text[ADDR_STRLEN];

	(void)json_object_set_new(b->values, look->family, list);
	while (dns_answer_next(a, &r) > 0) {
		if (r.section != DNS_ANSWER)
			continue;
		if (r.type == DNS_CNAME)
			return "has a CNAME there";
		if (r.type == look->type &&
		    dns_name_equal(r.name, batch_job(b)->name))
			(void)json_array_append_new(
				list, json_string(addr_print(&r.addr, text)));
	}
	return NULL;
}

static void batch_seen(void *user, const struct outcome *o,
		       const struct update_answer *answer)
{
	struct batch *b = user;
	const struct look *look = &looks[b->looks];
	const char *why = NULL;
	struct dns_answer a;
	struct outcome wrong;
	int r = 0;

	if (answer)
		r = dns_answer_open(answer->query, answer->query_len,
				    answer->data, answer->len, &a);
	if (answer && r == 0)
		why = look->family ? take_addrs(b, &a, look) : take_soa(b, &a);
	update_ask_free(b->question);
	b->question = NULL;
	if (!answer) {
		batch_target_said(b, o);
	} else if (r < 0) {
		batch_target_failed(b, r);
	} else if (why) {
		outcome_set(&wrong, NOTIFY_REFUSED, 0, "%s %s (zone %s, name "
			    "%s)", batch_target(b), why, *b->zone ? b->zone : ".",
			    batch_job(b)->name);
		batch_target_said(b, &wrong);
	} else {
		b->looks++;
		batch_step(b);
	}
}

static bool is_asked(const struct batch *b, size_t i)
{
	const struct job *j = batch_job(b);

	return looks[i].type == DNS_SOA ||
	       (looks[i].type == DNS_A ? j->ipv4.given : j->ipv6.given);
}

static void finish(struct batch *b)
{
	struct work *w = b->works[0];
	json_t *values = b->values;
	struct outcome o;

	outcome_set(&o, NOTIFY_DONE, 0, "zone %s at %s%s",
		    *b->zone ? b->zone : ".", batch_target(b),
		    b->u->has_key ? ", signed" : ", not signed");
	b->values = NULL;
	batch_forget(b, w); /* frees it */
	work_done_look(w, &o, values);
}

void batch_look(struct batch *b)
{
	struct update_question q = {
		.job = batch_job(b), .server = b->addrs[b->addr],
		.port = batch_server(b)->port, .target = batch_target(b),
		.timeout_ms = batch_share_ms(b),
	};
	int r;

	if (!b->values)
		b->values = json_object();
	while (b->looks < N_LOOKS && !is_asked(b, b->looks))
		b->looks++;
	if (b->looks == N_LOOKS) {
		finish(b);
		return;
	}
	q.type = looks[b->looks].type;
	q.name = q.type != DNS_SOA ? batch_job(b)->name
				   : *b->zone ? b->zone : ".";
	r = update_ask_start(b->u, &q, batch_seen, b, &b->question);
	if (r < 0)
		batch_target_failed(b, r);
}

/* ---- what a reverse name says ---- */

/* This name, and no other. */
static bool says(struct dns_answer *a, const struct job *j)
{
	struct dns_record r;
	size_t n = 0, others = 0;

	while (dns_answer_next(a, &r) > 0) {
		if (r.section != DNS_ANSWER || r.type != DNS_PTR)
			continue;
		n++;
		others += !dns_name_equal(r.target, j->ptr_to);
	}
	return a->aa && n > 0 && others == 0;
}

static void batch_ptr_seen(void *user, const struct outcome *o,
			   const struct update_answer *answer)
{
	struct batch *b = user;
	struct dns_answer a;
	struct outcome same;
	bool right = answer &&
		     dns_answer_open(answer->query, answer->query_len,
				     answer->data, answer->len, &a) == 0 &&
		     says(&a, batch_job(b));

	update_ask_free(b->question);
	b->question = NULL;
	b->ptr_asked = true;
	if (right) {
		outcome_set(&same, NOTIFY_UNCHANGED, 0, "it is right at %s",
			    b->target);
		batch_finish(b, &same);
	} else if (answer) {
		batch_step(b);
	} else {
		batch_target_said(b, o);
	}
}

void batch_ask_ptr(struct batch *b)
{
	struct update_question q = {
		.job = batch_job(b), .server = b->addrs[b->addr],
		.port = batch_server(b)->port, .target = b->target,
		.name = batch_job(b)->name, .type = DNS_PTR,
		.timeout_ms = batch_share_ms(b),
	};
	int r = update_ask_start(b->u, &q, batch_ptr_seen, b, &b->question);

	if (r < 0)
		batch_target_failed(b, r);
}
