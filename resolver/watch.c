#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/addr_class.h"
#include "base/clock.h"
#include "resolver/announce.h"
#include "resolver/confirm.h"
#include "resolver/epoch.h"
#include "resolver/router.h"

#define SPACING_MS 1000
/*
 * A router whose own address is just being changed answers that it has none,
 * and announces the new one in the next moment.
 */
#define QUICK_MS   15
#define QUICK_MOST 2
#define TIMEOUT_MS 2000
/*
 * It announces the loss of the old address, then the new one, in a moment:
 * one question for both, or the second would keep a real hint waiting.
 */
#define SETTLE_S   0.004

struct resolver_watch {
	struct ev_loop *loop;
	struct resolver_watch_options options;
	struct announce announce;
	struct router router;
	bool asking, pcp, both; /* both: of the two protocols one was tried */
	ev_timer settle;
	struct epoch epoch;
	struct addr last; /* family 0: none, or nothing heard */
	bool heard;	  /* an answer, ever */
	unsigned int quick;
	uint64_t hint_ns; /* that led to the question; 0: none did */
	router_done_fn *answered;
	resolver_watch_fn *news;
	void *user;
};

static void watch_start(struct resolver_watch *w)
{
	struct router_question q = {
		.pcp = w->pcp,
		.gateway = w->options.gateway,
		.egress = w->options.egress,
		.timeout_ms = TIMEOUT_MS,
	};

	w->asking = true;
	router_start(&w->router, w->loop, &q, w->answered, w);
}

/* What the router says of itself, as one address or none. */
static struct addr watch_own(const struct router_reply *reply)
{
	static const struct addr none;

	return addr_class(&reply->addr, NULL) == ADDR_NONE ? none :
							      reply->addr;
}

static void watch_tell(struct resolver_watch *w,
		       const struct router_reply *reply)
{
	struct resolver_router_word word = {
		.addr = watch_own(reply), .heard_ns = w->hint_ns,
	};

	word.lost = epoch_take(&w->epoch, reply->epoch_s,
			       clock_mono_ms() / 1000);
	word.changed = !w->heard || !addr_equal(&w->last, &word.addr);
	w->heard = true;
	w->last = word.addr;
	/* What was announced until now is what it has just told. */
	if (word.changed && word.addr.family != 0)
		announce_forget(&w->announce);
	w->hint_ns = 0;
	w->news(w->user, &word);
}

static void watch_answered(void *user, const struct router_reply *reply)
{
	struct resolver_watch *w = user;
	struct router_reply copy = *reply;

	router_stop(&w->router);
	w->asking = false;
	if (copy.status < 0 && !w->both) {
		/* It may speak the other one. */
		w->pcp = !w->pcp;
		w->both = true;
		watch_start(w);
		return;
	}
	w->both = false;
	if (copy.status < 0)
		return;
	if (watch_own(&copy).family != 0) {
		w->quick = QUICK_MOST;
	} else if (w->quick > 0) {
		w->quick--;
		announce_deafen(&w->announce, QUICK_MS);
	}
	watch_tell(w, &copy);
}

void resolver_watch_ask(struct resolver_watch *w)
{
	announce_deafen(&w->announce, SPACING_MS);
	if (!w->asking)
		watch_start(w);
}

static void watch_settled(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct resolver_watch *w = t->data;

	(void)loop;
	(void)revents;
	announce_forget(&w->announce);
	resolver_watch_ask(w);
}

static void watch_hint(void *user, uint64_t heard_ns)
{
	struct resolver_watch *w = user;

	w->hint_ns = heard_ns;
	announce_deafen(&w->announce, SPACING_MS);
	ev_now_update(w->loop);
	ev_timer_set(&w->settle, SETTLE_S, 0.);
	ev_timer_start(w->loop, &w->settle);
}

int resolver_watch_new(struct ev_loop *loop,
		       const struct resolver_watch_options *o,
		       resolver_watch_fn *news, void *user,
		       struct resolver_watch **ret)
{
	struct resolver_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->loop = loop;
	w->options = *o;
	w->answered = watch_answered;
	w->news = news;
	w->user = user;
	w->quick = QUICK_MOST;
	ev_timer_init(&w->settle, watch_settled, 0., 0.);
	w->settle.data = w;
	r = announce_open(&w->announce, loop, o->ifindex, watch_hint, w);
	if (r < 0) {
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void resolver_watch_free(struct resolver_watch *w)
{
	if (!w)
		return;
	announce_close(&w->announce);
	ev_timer_stop(w->loop, &w->settle);
	router_stop(&w->router);
	free(w);
}

bool resolver_watch_speaks(const struct resolver_watch *w,
			   struct addr *ret_addr)
{
	*ret_addr = w->last;
	return w->heard;
}
