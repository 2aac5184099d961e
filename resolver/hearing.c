#include "config.h"

#include <errno.h>
#include <string.h>

#include "net/dns_msg.h"
#include "resolver/hearing.h"
#include "resolver/zone_read.h"

/* How long we wait for a server to tell its program's name. */
#define IDENT_TIMEOUT_MS 250

static void hearing_end(struct hearing *h)
{
	hearing_stop(h);
	h->done(h->user);
}

static void hearing_read(const struct hearing *h,
			 const struct probe_reply *reply, struct said *ret)
{
	struct said_question q = {
		.name = h->question.probe.name,
		.family = h->question.family,
		.need_aa = true,
		.query = reply->query,
		.query_len = reply->query_len,
	};

	said_read(&q, reply->data, reply->len, ret);
}

static void hearing_settle(struct hearing *h)
{
	switch (doubt_settle(h->doubt, &h->proofs)) {
	case DOUBT_OPEN:
		return;
	case DOUBT_BELIEVED:
		h->out->outcome = h->first;
		break;
	case DOUBT_BELIEVED_TCP:
		h->out->by_tcp = true;
		break;
	case DOUBT_CONFIRMED:
		h->out->outcome = RESOLVER_INTERCEPTED;
		break;
	}
	h->out->doubt = h->doubt;
	hearing_end(h);
}

/* ---- the proofs ---- */

static void tcp_answered(void *user, const struct probe_reply *reply)
{
	struct hearing *h = user;
	struct said s;

	h->proofs.tcp = PROOF_FAILED;
	if (reply->status == 0) {
		hearing_read(h, reply, &s);
		if ((s.outcome == RESOLVER_ANSWERED ||
		     s.outcome == RESOLVER_CNAME) &&
		    doubt_of(&s, &h->question.probe.server,
			     h->question.global) == RESOLVER_SURE) {
			h->proofs.tcp = PROOF_GIVEN;
			said_copy(&s, h->out);
		}
	}
	hearing_settle(h);
}

static void ask_tcp(struct hearing *h)
{
	struct probe_question q = h->question.probe;

	if (h->tcp.loop)
		return; /* it is asked already */
	q.tcp = true;
	if (probe_start(&h->tcp, h->loop, &q, tcp_answered, h) < 0)
		h->proofs.tcp = PROOF_FAILED;
}

/* A proof is in. One that has failed leaves TCP to be tried. */
static void proof_came(struct hearing *h, enum doubt_proof proof)
{
	if (!h->answered)
		return;
	if (proof == PROOF_FAILED)
		ask_tcp(h);
	hearing_settle(h);
}

static void soa_answered(void *user, const struct probe_reply *reply)
{
	struct hearing *h = user;
	struct zone_message m = { reply->query, reply->query_len, reply->data,
				  reply->len };
	const char *zone = h->question.zone;
	char found[DNS_NAME_SIZE];
	uint32_t ttl_s;

	h->proofs.soa = PROOF_FAILED;
	if (reply->status == 0 &&
	    zone_read_soa(&m, zone, true, found, &ttl_s) == 0 &&
	    dns_name_equal(found, zone))
		h->proofs.soa = PROOF_GIVEN;
	proof_came(h, h->proofs.soa);
}

static bool says_resolver(const struct probe_reply *reply)
{
	struct dns_record rec;
	struct dns_answer a;

	if (reply->status < 0 ||
	    dns_answer_open(reply->query, reply->query_len, reply->data,
			    reply->len, &a) < 0)
		return false;
	while (dns_answer_next(&a, &rec) == 1)
		if (rec.section == DNS_ANSWER && rec.type == DNS_TXT &&
		    doubt_is_resolver(rec.text))
			return true;
	return false;
}

static void ident_answered(void *user, const struct probe_reply *reply)
{
	struct hearing *h = user;

	h->proofs.ident = says_resolver(reply) ? PROOF_FAILED : PROOF_GIVEN;
	proof_came(h, h->proofs.ident);
}

static void ask_soa_and_ident(struct hearing *h)
{
	struct probe_question q = h->question.probe;

	q.name = h->question.zone;
	q.type = DNS_SOA;
	if (!q.name ||
	    probe_start(&h->soa, h->loop, &q, soa_answered, h) < 0)
		h->proofs.soa = PROOF_FAILED;
	q.name = "version.bind";
	q.type = DNS_TXT;
	q.class = DNS_CH;
	/* Many do not answer that: they are not resolvers that we know. */
	if (q.timeout_ms > IDENT_TIMEOUT_MS)
		q.timeout_ms = IDENT_TIMEOUT_MS;
	q.tries = 1;
	if (probe_start(&h->ident, h->loop, &q, ident_answered, h) < 0)
		h->proofs.ident = PROOF_GIVEN;
}

/*
 * All proofs at once; but of a server that has given them before, TCP is
 * not troubled unless it fails to.
 */
static void ask_proofs(struct hearing *h)
{
	if (h->doubt == RESOLVER_INSIDE)
		return;
	if (h->doubt != RESOLVER_NO_AA && !h->early)
		ask_soa_and_ident(h);
	if (h->doubt == RESOLVER_NO_AA || !h->early ||
	    h->proofs.soa == PROOF_FAILED || h->proofs.ident == PROOF_FAILED)
		ask_tcp(h);
}

static void udp_answered(void *user, const struct probe_reply *reply)
{
	struct hearing *h = user;
	struct said s;

	h->answered = true;
	h->out->rtt_us = reply->rtt_us;
	h->out->outcome = RESOLVER_SILENT;
	h->out->error = reply->status;
	if (reply->status < 0) {
		hearing_end(h);
		return;
	}
	hearing_read(h, reply, &s);
	h->doubt = doubt_of(&s, &h->question.probe.server,
			    h->question.global);
	said_copy(&s, h->out);
	h->first = h->out->outcome;
	if (h->doubt != RESOLVER_SURE) {
		/* Should nobody wait for the proofs, it counts as this. */
		h->out->doubt = h->doubt;
		h->out->outcome = RESOLVER_INTERCEPTED;
		ask_proofs(h);
	}
	hearing_settle(h);
}

int hearing_start(struct hearing *h, struct ev_loop *loop,
		  const struct hearing_question *q,
		  struct resolver_server *out, hearing_done_fn *done,
		  void *user)
{
	int r;

	memset(h, 0, sizeof(*h));
	h->loop = loop;
	h->question = *q;
	h->out = out;
	h->done = done;
	h->user = user;
	r = probe_start(&h->udp, loop, &q->probe, udp_answered, h);
	h->early = q->doubted;
	if (r == 0 && q->doubted)
		ask_soa_and_ident(h);
	return r;
}

bool hearing_has_begun(const struct hearing *h)
{
	return h->udp.begun_ns != 0;
}

void hearing_stop(struct hearing *h)
{
	probe_stop(&h->udp);
	probe_stop(&h->soa);
	probe_stop(&h->ident);
	probe_stop(&h->tcp);
}
