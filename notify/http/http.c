#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/clock.h"
#include "notify/http/http.h"
#include "notify/http/http_exchange.h"
#include "notify/http/http_sockets.h"

/* A socket that libcurl wants watched. */
struct http_socket {
	struct http *http;
	struct http_socket *next;
	ev_io io;
};

struct http {
	struct ev_loop *loop;
	CURLM *multi;
	CURLSH *share; /* of TLS sessions */
	struct http_sockets *all;
	ev_timer timer;
	struct http_exchange *exchanges;
	struct http_socket *sockets;
};

static struct http_exchange **place_of(struct http *h,
				       const struct http_exchange *x)
{
	struct http_exchange **p = &h->exchanges;

	while (*p && *p != x)
		p = &(*p)->next;
	return p;
}

void http_exchange_free(struct http_exchange *x)
{
	struct http_exchange **p;

	if (!x)
		return;
	p = place_of(x->http, x);
	if (*p)
		*p = x->next;
	if (x->easy) {
		(void)curl_multi_remove_handle(x->http->multi, x->easy);
		curl_easy_cleanup(x->easy);
	}
	curl_slist_free_all(x->resolve);
	curl_slist_free_all(x->lines);
	if (x->sent_body)
		explicit_bzero(x->sent_body, x->sent_len);
	free(x->sent_body);
	buf_done(&x->body);
	free(x);
}

/* A callback may free other exchanges: their messages are then gone too. */
static void tell_ended(struct http *h)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct http_exchange *x = NULL;
		CURLcode result = m->data.result;
		char *private = NULL;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
				      &private) != CURLE_OK)
			continue;
		x = (struct http_exchange *)(void *)private;
		http_exchange_end(x, result);
	}
}

static void act(struct http *h, curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(h->multi, fd, events, &running);
	tell_ended(h);
}

static void http_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct http_socket *s = w->data;

	(void)loop;
	act(s->http, w->fd, ((revents & EV_READ) ? CURL_CSELECT_IN : 0) |
			    ((revents & EV_WRITE) ? CURL_CSELECT_OUT : 0));
}

static void http_timed(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	act(w->data, CURL_SOCKET_TIMEOUT, 0);
}

static int http_set_timer(CURLM *multi, long ms, void *user)
{
	struct http *h = user;

	(void)multi;
	ev_timer_stop(h->loop, &h->timer);
	if (ms < 0)
		return 0;
	ev_now_update(h->loop);
	ev_timer_set(&h->timer, (double)ms / 1000., 0.);
	ev_timer_start(h->loop, &h->timer);
	return 0;
}

static void socket_drop(struct http *h, struct http_socket *s)
{
	struct http_socket **p = &h->sockets;

	while (*p != s)
		p = &(*p)->next;
	*p = s->next;
	ev_io_stop(h->loop, &s->io);
	free(s);
}

static int http_set_socket(CURL *easy, curl_socket_t fd, int what, void *user,
			   void *assigned)
{
	struct http *h = user;
	struct http_socket *s = assigned;
	int events = ((what & CURL_POLL_IN) ? EV_READ : 0) |
		     ((what & CURL_POLL_OUT) ? EV_WRITE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s)
			socket_drop(h, s);
		return 0;
	}
	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return -1;
		s->http = h;
		s->next = h->sockets;
		h->sockets = s;
		ev_init(&s->io, http_ready);
		s->io.data = s;
		(void)curl_multi_assign(h->multi, fd, s);
	}
	ev_io_stop(h->loop, &s->io);
	ev_io_set(&s->io, fd, events);
	ev_io_start(h->loop, &s->io);
	return 0;
}

static int http_new(struct ev_loop *loop, struct http **ret)
{
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->loop = loop;
	ev_timer_init(&h->timer, http_timed, 0., 0.);
	h->timer.data = h;
	h->multi = curl_multi_init();
	h->share = curl_share_init();
	if (!h->multi || !h->share || http_sockets_new(loop, &h->all) < 0 ||
	    curl_share_setopt(h->share, CURLSHOPT_SHARE,
			      CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK ||
	    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION,
			      http_set_socket) != CURLM_OK ||
	    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h) != CURLM_OK ||
	    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION,
			      http_set_timer) != CURLM_OK ||
	    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h) != CURLM_OK) {
		http_free(h);
		return -ENOMEM;
	}
	*ret = h;
	return 0;
}

int http_need(struct ev_loop *loop, struct http **h)
{
	if (*h)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	return http_new(loop, h);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	while (h->exchanges)
		http_exchange_free(h->exchanges);
	if (h->multi)
		(void)curl_multi_cleanup(h->multi);
	if (h->share)
		(void)curl_share_cleanup(h->share);
	http_sockets_free(h->all);
	while (h->sockets)
		socket_drop(h, h->sockets);
	ev_timer_stop(h->loop, &h->timer);
	free(h);
}

/* What exchanges have in common outlives each of them. */
static int set_shared(struct http *h, CURL *c)
{
	CURLcode r = curl_easy_setopt(c, CURLOPT_SHARE, h->share);

	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION,
				     http_sockets_open);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, h->all);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION,
				     http_sockets_close);
	if (r == CURLE_OK)
		r = curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, h->all);
	return r == CURLE_OK ? 0 : -ENOMEM;
}

int http_start(struct http *h, const struct http_request *q,
	       http_done_fn *done, void *user, struct http_exchange **ret)
{
	struct http_exchange *x = calloc(1, sizeof(*x));
	int r = -ENOMEM;

	if (!x)
		return -ENOMEM;
	x->http = h;
	x->done = done;
	x->user = user;
	x->start_ns = clock_mono_ns();
	x->easy = curl_easy_init();
	if (x->easy)
		r = http_exchange_set(x, q);
	if (r == 0)
		r = set_shared(h, x->easy);
	/* Nothing is sent before the loop turns: no callback from inside. */
	if (r == 0 && curl_multi_add_handle(h->multi, x->easy) != CURLM_OK)
		r = -ENOMEM;
	if (r < 0) {
		http_exchange_free(x);
		return r;
	}
	x->next = h->exchanges;
	h->exchanges = x;
	*ret = x;
	return 0;
}
