#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/addr_class.h"
#include "base/clock.h"
#include "net/lookup.h"
#include "resolver/inquiry.h"
#include "resolver/op.h"
#include "resolver/resolver.h"

static void inquiry_tell(struct inquiry *i, int status, const struct addr *said,
			 const char *text, uint32_t rtt_us)
{
	char why[REFLECTOR_WHY_SIZE] = "";
	struct inquiry_reply reply = {
		.status = status, .why = text, .rtt_us = rtt_us,
	};

	if (status == 0) {
		reply.addr = *said;
		reply.status = reflector_judge(said, &i->question.candidate,
					       why);
		reply.why = why;
		reply.no_public = reply.status == -EPERM &&
				  reflector_is_router(i->question.reflector);
	}
	i->done(i->user, &reply);
}

static void inquiry_failed(struct inquiry *i, int status, const char *why)
{
	inquiry_tell(i, status, NULL, why,
		     (uint32_t)((clock_mono_ns() - i->begun_ns) / 1000));
}

/* ---- by DNS ---- */

static void inquiry_probed(void *user, const struct probe_reply *reply)
{
	struct inquiry *i = user;
	struct whoami_message m = { reply->query, reply->query_len,
				    reply->data, reply->len };
	char why[REFLECTOR_WHY_SIZE] = "";
	struct addr said;
	int status = reply->status;

	if (status < 0)
		(void)snprintf(why, sizeof(why), "%s", strerror(-status));
	else
		status = whoami_read(&i->whoami, &m, &said, why);
	inquiry_tell(i, status, &said, why, reply->rtt_us);
}

static int inquiry_probe(struct inquiry *i)
{
	struct resolver *r = i->resolver;
	uint32_t left_ms = i->question.timeout_ms;
	struct probe_question q = {
		.name = i->whoami.name,
		.type = i->whoami.type,
		.class = i->whoami.class,
		.server = i->whoami.server,
		.port = i->whoami.port,
		.egress = i->question.egress,
		.timeout_ms = left_ms < r->timeout_ms ? left_ms :
							r->timeout_ms,
		.tries = r->tries,
	};

	return probe_start(&i->probe, r->loop, &q, inquiry_probed, i);
}

/* ---- by STUN ---- */

static void inquiry_bound(void *user, const struct binding_reply *reply)
{
	inquiry_tell(user, reply->status, &reply->addr, reply->why,
		     reply->rtt_us);
}

static int inquiry_bind(struct inquiry *i)
{
	const struct inquiry_question *q = &i->question;
	struct binding_question b = {
		.server = i->server,
		.port = q->reflector->port,
		.egress = q->egress,
		.tcp = q->reflector->kind == REFLECTOR_STUN_TCP,
		.timeout_ms = q->timeout_ms,
	};

	return binding_start(&i->binding, i->resolver->loop, &b,
			     inquiry_bound, i);
}

/* ---- where the server's address must be found first ---- */

static void inquiry_found(void *user, int status, const struct addr *addrs,
			  size_t n, uint32_t ttl_s)
{
	struct inquiry *i = user;

	(void)n;
	(void)ttl_s;
	i->lookup_id = 0;
	if (status == 0) {
		i->server = i->whoami.server = addrs[0];
		status = i->question.reflector->kind == REFLECTOR_DNS ?
				 inquiry_probe(i) : inquiry_bind(i);
	}
	if (status < 0)
		inquiry_failed(i, status, "its server's address is not known");
}

static int inquiry_look_up(struct inquiry *i, const char *host)
{
	int rc = lookup_addrs(i->resolver->lookup, host,
			      i->question.candidate.family, inquiry_found, i);

	i->lookup_id = rc > 0 ? rc : 0;
	return rc < 0 ? rc : 0;
}

static int inquiry_start_dns(struct inquiry *i)
{
	int rc = whoami_ask(i->question.reflector,
			    i->question.candidate.family, clock_random(),
			    &i->whoami);

	if (rc < 0)
		return rc;
	return i->whoami.server.family ? inquiry_probe(i) :
					 inquiry_look_up(i, i->whoami.host);
}

static int inquiry_start_stun(struct inquiry *i)
{
	const struct reflector *r = i->question.reflector;

	if (r->addr.family == 0)
		return inquiry_look_up(i, r->host);
	i->server = r->addr;
	return inquiry_bind(i);
}

/* ---- by HTTPS: somebody else fetches, the answer is read here ---- */

static void inquiry_fetched(void *user, int status, const char *text)
{
	struct inquiry *i = user;
	struct addr said;

	i->fetch_id = 0;
	if (status == 0 && addr_parse(text, &said) < 0) {
		status = -EBADMSG;
		text = "not an address";
	}
	inquiry_tell(i, status, &said, text,
		     (uint32_t)((clock_mono_ns() - i->begun_ns) / 1000));
}

static int inquiry_start_fetch(struct inquiry *i)
{
	const struct inquiry_question *q = &i->question;
	const struct resolver_fetcher *f = i->resolver->fetcher;
	struct resolver_fetch what = {
		.url = q->text,
		.url_len = q->reflector->url_len,
		.pointer = q->text[q->reflector->url_len] == '#' ?
				   q->text + q->reflector->url_len + 1 : NULL,
		.family = q->candidate.family,
		.egress = q->egress,
		.ca_file = q->ca_file,
		.timeout_ms = q->timeout_ms,
	};
	int rc;

	if (!f)
		return -EOPNOTSUPP;
	rc = f->start(f->owner, &what, inquiry_fetched, i);
	i->fetch_id = rc > 0 ? rc : 0;
	return rc < 0 ? rc : 0;
}

/* ---- by the router ---- */

static void inquiry_routed(void *user, const struct router_reply *reply)
{
	struct inquiry *i = user;
	struct inquiry_reply none = {
		.status = -EPERM,
		.why = reply->why,
		.rtt_us = reply->rtt_us,
		.no_public = true,
	};

	/* RFC 6886, 3.2.1: nothing, or an address of nobody. */
	if (reply->status == 0 &&
	    (reply->addr.family == 0 ||
	     addr_class(&reply->addr, NULL) == ADDR_NONE))
		i->done(i->user, &none);
	else
		inquiry_tell(i, reply->status, &reply->addr, reply->why,
			     reply->rtt_us);
}

static int inquiry_start_router(struct inquiry *i)
{
	const struct inquiry_question *q = &i->question;
	struct router_question r = {
		.pcp = q->reflector->kind == REFLECTOR_PCP,
		.gateway = q->gateway,
		.egress = q->egress,
		.timeout_ms = q->timeout_ms,
	};

	if (q->candidate.family != AF_INET)
		return -EAFNOSUPPORT;
	if (q->gateway.family != AF_INET)
		return -EHOSTUNREACH;
	router_start(&i->router, i->resolver->loop, &r, inquiry_routed, i);
	return 0;
}

static int inquiry_begin(struct inquiry *i)
{
	const struct reflector *r = i->question.reflector;

	if (r->addr.family != 0 &&
	    r->addr.family != i->question.candidate.family)
		return -EAFNOSUPPORT;
	switch (r->kind) {
	case REFLECTOR_DNS:
		return inquiry_start_dns(i);
	case REFLECTOR_STUN:
	case REFLECTOR_STUN_TCP:
		return inquiry_start_stun(i);
	case REFLECTOR_HTTPS:
		return inquiry_start_fetch(i);
	case REFLECTOR_PCP:
	case REFLECTOR_NAT_PMP:
		return inquiry_start_router(i);
	}
	return -EINVAL;
}

static const char *refusal_text(int status)
{
	switch (-status) {
	case EAFNOSUPPORT:
		return "not for this family";
	case EHOSTUNREACH:
		return "there is no router";
	case EOPNOTSUPP:
		return "nobody here can fetch it";
	default:
		return strerror(-status);
	}
}

int inquiry_start(struct inquiry *i, struct resolver *r,
		  const struct inquiry_question *q, inquiry_done_fn *done,
		  void *user, char why[REFLECTOR_WHY_SIZE])
{
	int rc;

	memset(i, 0, sizeof(*i));
	i->resolver = r;
	i->question = *q;
	i->begun_ns = clock_mono_ns();
	i->done = done;
	i->user = user;
	rc = inquiry_begin(i);
	return rc < 0 ? reflector_refuse(why, rc, "%s", refusal_text(rc)) : 0;
}

void inquiry_stop(struct inquiry *i)
{
	struct resolver *r = i->resolver;

	if (!r)
		return;
	probe_stop(&i->probe);
	binding_stop(&i->binding);
	router_stop(&i->router);
	if (i->lookup_id)
		lookup_cancel(r->lookup, i->lookup_id);
	if (i->fetch_id)
		r->fetcher->cancel(r->fetcher->owner, i->fetch_id);
	i->lookup_id = i->fetch_id = 0;
	i->resolver = NULL;
}
