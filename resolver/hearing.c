#include "config.h"

#include <errno.h>
#include <string.h>

#include "net/dns_msg.h"
#include "resolver/hearing.h"
#include "resolver/zone_read.h"

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
	switch (doubt_settle(h->doubt, h->soa_proof, h->tcp_proof)) {
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

	h->tcp_proof = PROOF_FAILED;
	if (reply->status == 0) {
		hearing_read(h, reply, &s);
		if ((s.outcome == RESOLVER_ANSWERED ||
		     s.outcome == RESOLVER_CNAME) &&
		    doubt_of(&s, &h->question.probe.server,
			     h->question.global) == RESOLVER_SURE) {
			h->tcp_proof = PROOF_GIVEN;
			said_copy(&s, h->out);
		}
	}
	hearing_settle(h);
}

static void ask_tcp(struct hearing *h)
{
	struct probe_question q = h->question.probe;

	if (h->tcp_asked || h->tcp_proof != PROOF_OPEN)
		return;
	h->tcp_asked = true;
	q.tcp = true;
	if (probe_start(&h->tcp, h->loop, &q, tcp_answered, h) < 0)
		h->tcp_proof = PROOF_FAILED;
}

static void soa_answered(void *user, const struct probe_reply *reply)
{
	struct hearing *h = user;
	struct zone_message m = { reply->query, reply->query_len, reply->data,
				  reply->len };
	const char *zone = h->question.zone;
	char found[DNS_NAME_SIZE];
	uint32_t ttl_s;

	h->soa_proof = PROOF_FAILED;
	if (reply->status == 0 &&
	    zone_read_soa(&m, zone, true, found, &ttl_s) == 0 &&
	    dns_name_equal(found, zone))
		h->soa_proof = PROOF_GIVEN;
	if (!h->answered)
		return;
	if (h->soa_proof == PROOF_FAILED)
		ask_tcp(h);
	hearing_settle(h);
}

static void ask_soa(struct hearing *h)
{
	struct probe_question q = h->question.probe;

	if (h->soa_asked)
		return;
	h->soa_asked = true;
	q.name = h->question.zone;
	q.type = DNS_SOA;
	if (!q.name ||
	    probe_start(&h->soa, h->loop, &q, soa_answered, h) < 0)
		h->soa_proof = PROOF_FAILED;
}

/*
 * Both proofs at once; but of a server that has given its SOA before, TCP
 * is not troubled unless it fails to.
 */
static void ask_proofs(struct hearing *h)
{
	bool early = h->soa_asked;

	if (h->doubt == RESOLVER_INSIDE)
		return;
	if (h->doubt != RESOLVER_NO_AA)
		ask_soa(h);
	if (h->doubt == RESOLVER_NO_AA || !early ||
	    h->soa_proof == PROOF_FAILED)
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
	if (r == 0 && q->doubted)
		ask_soa(h);
	return r;
}

void hearing_stop(struct hearing *h)
{
	probe_stop(&h->udp);
	probe_stop(&h->soa);
	probe_stop(&h->tcp);
}
