#include "config.h"

#include "monitor/herald.h"

/* By far more than the kernel takes from the message to its routing. */
#define HERALD_AGAIN_S 0.02

static void herald_tell(struct herald *h)
{
	const struct news *n = h->told;

	if (n->all)
		h->changed(h->user, 0, n->all_ns);
	for (size_t i = 0; i < n->n_links; i++)
		h->changed(h->user, n->links[i].ifindex, n->links[i].heard_ns);
}

/* What is to be told again, with what already was. */
static void herald_keep(struct herald *h)
{
	const struct news *n = h->told;

	if (n->all)
		news_all(h->later, n->all_ns);
	for (size_t i = 0; i < n->n_links; i++)
		if (n->links[i].whole)
			news_link(h->later, n->links[i].ifindex,
				  n->links[i].heard_ns);
	for (size_t i = 0; i < n->n_addrs; i++)
		news_addr(h->later, n->addrs[i].ifindex, &n->addrs[i].addr,
			  news_since_ns(n));
	/* From the last of them on; meanwhile others are told of anyway. */
	ev_timer_stop(h->loop, &h->again);
	ev_timer_set(&h->again, HERALD_AGAIN_S, 0.);
	ev_now_update(h->loop);
	ev_timer_start(h->loop, &h->again);
}

static void herald_now(struct ev_loop *loop, ev_watcher *w, int revents)
{
	struct herald *h = w->data;
	struct news *n = h->told;

	(void)loop;
	(void)revents;
	h->told = h->news;
	h->news = n;
	h->repeat = false;
	herald_tell(h);
	if (h->early && h->repeat)
		herald_keep(h);
	h->early = false;
	news_clear(h->told);
}

static void herald_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct herald *h = w->data;
	struct news *n = h->told;

	(void)loop;
	(void)revents;
	h->told = h->later;
	h->later = n;
	herald_tell(h);
	news_clear(h->told);
}

void herald_init(struct herald *h, struct ev_loop *loop,
		 monitor_changed_fn *changed, void *user)
{
	h->loop = loop;
	h->changed = changed;
	h->user = user;
	h->news = &h->rooms[0];
	h->told = &h->rooms[1];
	h->later = &h->rooms[2];
	ev_init(&h->now, herald_now);
	ev_set_priority(&h->now, EV_MAXPRI);
	ev_init(&h->again, herald_again);
	h->now.data = h->again.data = h;
}

void herald_start(struct herald *h)
{
	ev_feed_event(h->loop, &h->now, EV_CUSTOM);
}

void herald_repeat(struct herald *h)
{
	h->repeat = true;
}

void herald_stop(struct herald *h)
{
	(void)ev_clear_pending(h->loop, &h->now);
	ev_timer_stop(h->loop, &h->again);
}
