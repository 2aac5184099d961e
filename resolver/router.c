#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "resolver/natpmp.h"
#include "resolver/router.h"

static void router_tell(struct router *r, struct router_reply *reply)
{
	reply->rtt_us = talk_rtt_us(&r->talk);
	r->done(r->user, reply);
}

static void router_failed(void *user, int status)
{
	struct router_reply reply = { .status = status,
				      .why = strerror(-status) };

	router_tell(user, &reply);
}

/* ---- NAT-PMP ---- */

static size_t natpmp_build(void *user, uint16_t port,
			   uint8_t out[TALK_REQUEST_MAX])
{
	(void)user;
	(void)port;
	memcpy(out, natpmp_request, NATPMP_REQUEST_SIZE);
	return NATPMP_REQUEST_SIZE;
}

static bool natpmp_take(void *user, const uint8_t *data, size_t len)
{
	struct router_reply reply = { .status = 0 };
	struct natpmp_answer a;

	if (natpmp_read(data, len, &a) < 0)
		return false;
	reply.addr = a.addr;
	reply.epoch_s = a.epoch_s;
	reply.why = natpmp_result_text(a.result);
	if (a.result != 0 && a.result != NATPMP_NETWORK_FAILURE)
		reply.status = -EOPNOTSUPP;
	router_tell(user, &reply);
	return true;
}

/* ---- PCP ---- */

static size_t pcp_build(void *user, uint16_t port,
			uint8_t out[TALK_REQUEST_MAX])
{
	struct router *r = user;

	r->pcp.port = port;
	pcp_request_build(&r->pcp, out);
	return PCP_REQUEST_SIZE;
}

/* Not waited for: the mapping ends by itself soon, and leads nowhere. */
static void pcp_take_back(struct router *r)
{
	uint8_t request[PCP_REQUEST_SIZE];

	r->pcp.lifetime_s = 0;
	pcp_request_build(&r->pcp, request);
	talk_say(&r->talk, request, sizeof(request));
}

static bool pcp_take(void *user, const uint8_t *data, size_t len)
{
	struct router_reply reply = { .status = 0 };
	struct router *r = user;
	struct pcp_answer a;

	if (pcp_read(&r->pcp, data, len, &a) < 0)
		return false;
	reply.addr = a.addr;
	reply.epoch_s = a.epoch_s;
	reply.why = pcp_result_text(a.result);
	if (a.result == 0)
		pcp_take_back(r);
	else if (a.result != PCP_NETWORK_FAILURE)
		reply.status = -EOPNOTSUPP;
	router_tell(r, &reply);
	return true;
}

static const struct talk_about by_natpmp = {
	.build = natpmp_build, .take = natpmp_take, .failed = router_failed,
};

static const struct talk_about by_pcp = {
	.build = pcp_build, .take = pcp_take, .failed = router_failed,
};

void router_start(struct router *r, struct ev_loop *loop,
		  const struct router_question *q, router_done_fn *done,
		  void *user)
{
	struct talk_question tq = {
		.server = q->gateway, .port = NATPMP_PORT,
		.egress = q->egress, .timeout_ms = q->timeout_ms,
		.first_ms = q->pcp ? PCP_FIRST_MS : NATPMP_FIRST_MS,
	};

	memset(r, 0, sizeof(*r));
	r->question = *q;
	r->done = done;
	r->user = user;
	r->pcp.client = q->egress.source;
	r->pcp.lifetime_s = PCP_LIFETIME_S;
	for (size_t i = 0; i < PCP_NONCE_SIZE; i += 4) {
		uint32_t random = clock_random();

		memcpy(r->pcp.nonce + i, &random, 4);
	}
	talk_start(&r->talk, loop, &tq, q->pcp ? &by_pcp : &by_natpmp, r);
}

void router_stop(struct router *r)
{
	talk_stop(&r->talk);
}
