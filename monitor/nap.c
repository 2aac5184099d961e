#include "config.h"

#include "monitor/nap.h"

/* More than a new address brings along, with all its routes. */
#define NAP_WAKINGS   48U
#define NAP_WITHIN_NS 25000000U

static void nap_begin(struct nap *n)
{
	ev_io_stop(n->loop, n->io);
	ev_timer_set(&n->timer, NAP_MS / 1000., 0.);
	ev_now_update(n->loop);
	ev_timer_start(n->loop, &n->timer);
}

static void nap_over(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct nap *n = w->data;

	(void)revents;
	if (n->read(n->user)) {
		/* It may have begun anew meanwhile, with another socket. */
		if (!ev_is_active(n->io))
			nap_begin(n);
		return;
	}
	n->wakings = 0;
	if (n->io->fd >= 0)
		ev_io_start(loop, n->io);
}

void nap_init(struct nap *n, struct ev_loop *loop, ev_io *io,
	      nap_read_fn *read, void *user)
{
	*n = (struct nap){
		.loop = loop,
		.io = io,
		.read = read,
		.user = user,
	};
	ev_init(&n->timer, nap_over);
	n->timer.data = n;
}

void nap_waking(struct nap *n, uint64_t now_ns)
{
	if (now_ns - n->since_ns > NAP_WITHIN_NS) {
		n->since_ns = now_ns;
		n->wakings = 0;
	}
	if (++n->wakings > NAP_WAKINGS && ev_is_active(n->io))
		nap_begin(n);
}

void nap_end(struct nap *n)
{
	ev_timer_stop(n->loop, &n->timer);
	n->wakings = 0;
}
