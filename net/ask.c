#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/ask.h"
#include "net/channel.h"
#include "net/dns_msg.h"

struct ask {
	struct channel channel;
	bool running; /* the channel lives */
	struct ev_loop *loop;
	struct ask_question question; /* but for the query */
	uint64_t deadline_ns;
	ask_done_fn *done;
	void *user;
	bool answered;
	int status;
	uint8_t *data;
	size_t len;
	size_t query_len;
	uint8_t query[DNS_QUERY_SIZE];
};

static void ask_stop(struct ask *a)
{
	if (a->running)
		channel_done(&a->channel);
	a->running = false;
}

/* Newer c-ares draws an id of its own; ours is put back before we look. */
static int ask_take(struct ask *a, const uint8_t *data, size_t len)
{
	struct dns_answer answer;
	uint8_t *copy;

	if (len < 2)
		return -EBADMSG;
	copy = malloc(len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	memcpy(copy, a->query, 2);
	if (dns_answer_open(a->query, a->query_len, copy, len, &answer) < 0) {
		free(copy);
		return -EBADMSG;
	}
	a->data = copy;
	a->len = len;
	return 0;
}

/* c-ares: only kept here, so that done never comes from inside c-ares. */
static void ask_answered(void *user, int status, int timeouts,
			 unsigned char *data, int len)
{
	struct ask *a = user;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
		return;
	a->answered = true;
	a->status = channel_errno(&a->channel, status);
	if (a->status == 0)
		a->status = ask_take(a, data, len > 0 ? (size_t)len : 0);
}

/* For what is left of its time. */
static int ask_begin(struct ask *a, channel_step_fn *step)
{
	const struct ask_question *q = &a->question;
	char server[ADDR_STRLEN + sizeof("[]:65535")], text[ADDR_STRLEN];
	uint64_t now_ns = clock_mono_ns();
	uint32_t left_ms = a->deadline_ns > now_ns ?
				   (uint32_t)((a->deadline_ns - now_ns + 999999) /
					      1000000) : 1;
	struct channel_options o = {
		.servers = server,
		.egress = q->egress,
		.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
			 ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
		.try_ms = channel_first_try_ms(left_ms, q->tries),
		.tries = q->tries,
		.total_ms = left_ms,
		.verify = true,
	};
	int r;

	if (q->tcp)
		o.flags |= ARES_FLAG_USEVC;
	(void)snprintf(server, sizeof(server),
		       q->server.family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		       addr_print(&q->server, text), q->port);
	r = channel_init(&a->channel, a->loop, &o, step, a);
	if (r < 0)
		return r;
	a->running = true;
	ares_send(a->channel.ares, a->query, (int)a->query_len, ask_answered,
		  a);
	if (a->answered) /* it could not even be sent */
		return a->status < 0 ? a->status : -EIO;
	channel_arm(&a->channel);
	return 0;
}

static void ask_step(void *user, bool expired)
{
	struct ask *a = user;

	if (!a->answered && !expired) {
		if (!a->channel.case_lost || a->question.tcp)
			return;
		/* Forged, or the server's way: by TCP it does not matter. */
		ask_stop(a);
		a->question.tcp = true;
		a->status = ask_begin(a, ask_step);
		if (a->status == 0)
			return;
	} else if (!a->answered) {
		a->status = -ETIMEDOUT;
	}
	ask_stop(a);
	a->done(a->user, a->status, a->data, a->len);
}

int ask_start(struct ev_loop *loop, const struct ask_question *q,
	      ask_done_fn *done, void *user, struct ask **ret)
{
	struct ask *a;
	int r;

	if (q->query_len > sizeof(a->query) || q->query_len < 12 ||
	    addr_len(q->server.family) == 0 || q->port == 0)
		return -EINVAL;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->done = done;
	a->user = user;
	memcpy(a->query, q->query, q->query_len);
	a->query_len = q->query_len;
	a->loop = loop;
	a->question = *q;
	a->question.query = NULL;
	a->deadline_ns = clock_mono_ns() + (uint64_t)q->timeout_ms * 1000000;
	r = ask_begin(a, ask_step);
	if (r < 0) {
		ask_free(a);
		return r;
	}
	*ret = a;
	return 0;
}

void ask_free(struct ask *a)
{
	if (!a)
		return;
	ask_stop(a);
	free(a->data);
	free(a);
}
