#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/control/control.h"
#include "daemon/control/listening.h"
#include "daemon/control/peer.h"

#define CLIENTS_MAX 16
#define REQUEST_MAX 4096
#define ANSWER_MAX (16 << 20)
/* Of lines that somebody who watches has not read yet. */
#define UNREAD_MAX (256 << 10)
/* Who has not read anything for so long is let go. */
#define SLOW_S 10.0
/* There were no descriptors left: after this it is tried again. */
#define FULL_S 1.0

struct client {
	struct control *control;
	struct client *next;
	ev_io in, out;
	ev_timer slow; /* runs while something is unread */
	struct buf request, answer;
	bool may_act;
	bool watching; /* {"command":"events"} was said */
	bool waits;    /* for control_settle() */
	bool ended;    /* it says no more, and may still listen */
};

struct control {
	struct ev_loop *loop;
	control_answer_fn *answer;
	void *user;
	char *path;
	struct peer_groups groups;
	ev_io listen;
	ev_timer full;
	struct client *clients;
	unsigned int n_clients;
};

json_t *control_error(const char *text)
{
	return json_pack("{s:s}", "error", text);
}

/* ---- one client ---- */

static void client_free(struct client *cl)
{
	struct client **at = &cl->control->clients;

	while (*at != cl)
		at = &(*at)->next;
	*at = cl->next;
	cl->control->n_clients--;
	ev_io_stop(cl->control->loop, &cl->in);
	ev_io_stop(cl->control->loop, &cl->out);
	ev_timer_stop(cl->control->loop, &cl->slow);
	(void)close(cl->in.fd);
	buf_done(&cl->request);
	buf_done(&cl->answer);
	free(cl);
}

static void client_too_slow(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	client_free(w->data);
}

static void client_be_patient(struct client *cl)
{
	ev_now_update(cl->control->loop);
	ev_timer_set(&cl->slow, SLOW_S, 0.0);
	ev_timer_start(cl->control->loop, &cl->slow);
}

/* Sends what the socket takes. false: the client is gone. */
static bool client_flush(struct client *cl)
{
	while (cl->answer.len > 0) {
		ssize_t n = send(cl->in.fd, cl->answer.data, cl->answer.len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			ev_io_start(cl->control->loop, &cl->out);
			if (!ev_is_active(&cl->slow))
				client_be_patient(cl);
			return true;
		}
		if (n <= 0) {
			client_free(cl);
			return false;
		}
		buf_drop(&cl->answer, (size_t)n);
		ev_timer_stop(cl->control->loop, &cl->slow);
	}
	ev_io_stop(cl->control->loop, &cl->out);
	/* A large one is not kept for the next small one. */
	buf_done(&cl->answer);
	return true;
}

static bool is_watch(const json_t *request)
{
	const char *name = json_string_value(json_object_get(request,
							     "command"));

	return name && strcmp(name, "events") == 0;
}

/* NULL: what is there already, or that there is no memory. */
static void client_say(struct client *cl, const json_t *answer)
{
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;

	if (text || cl->answer.len == 0)
		buf_add_str(&cl->answer,
			    text ? text : "{\"error\":\"no memory\"}");
	buf_add_str(&cl->answer, "\n");
	free(text);
}

static void client_answer(struct client *cl, const char *line, size_t len)
{
	const struct control *c = cl->control;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *answer = NULL;

	cl->watching |= is_watch(request);
	if (is_watch(request)) {
		json_decref(request);
		return;
	}
	answer = json_is_object(request)
			 ? c->answer(c->user, request, cl->may_act,
				     &cl->answer)
			 : control_error("this is not a JSON object");
	json_decref(request);
	cl->waits = json_is_null(answer);
	if (!cl->waits)
		client_say(cl, answer);
	json_decref(answer);
}

static char *client_line_end(const struct client *cl)
{
	return cl->request.len > 0 ? memchr(cl->request.data, '\n',
					    cl->request.len)
				   : NULL;
}

/* What is to be done after an answer: the next line, in the next turn. */
static void client_next(struct client *cl)
{
	if (cl->answer.len > 0 || cl->waits)
		return;
	if (client_line_end(cl))
		ev_io_start(cl->control->loop, &cl->out);
	else if (cl->ended)
		client_free(cl);
}

static void client_go_on(struct client *cl)
{
	if (cl->answer.failed)
		client_free(cl);
	else if (client_flush(cl))
		client_next(cl);
}

/*
 * Answers one whole line, if the answer before has gone out. Further ones
 * wait for the next loop turn, so that nobody holds up the others.
 */
static void client_serve(struct client *cl)
{
	char *end = client_line_end(cl);
	size_t len;

	if (!end || cl->answer.len > 0 || cl->waits) {
		client_next(cl);
		return;
	}
	len = (size_t)(end - cl->request.data);
	client_answer(cl, cl->request.data, len);
	buf_drop(&cl->request, len + 1);
	if (!cl->ended)
		ev_io_start(cl->control->loop, &cl->in); /* there is room */
	client_go_on(cl);
}

/* As `printf … | nc -N` has it: what was asked until now is answered. */
static void client_end(struct client *cl)
{
	ev_io_stop(cl->control->loop, &cl->in);
	cl->ended = true;
	if (cl->watching)
		client_free(cl);
	else
		client_serve(cl);
}

static void client_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	static const char too_long[] =
		"{\"error\":\"a request is 4096 bytes long at most\"}\n";
	struct client *cl = w->data;
	char data[REQUEST_MAX];
	ssize_t n = recv(w->fd, data, REQUEST_MAX - cl->request.len,
			 MSG_DONTWAIT);
	bool full;

	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_add(&cl->request, data, (size_t)n);
	full = cl->request.len == REQUEST_MAX;
	if (full && !client_line_end(cl))
		(void)send(w->fd, too_long, sizeof(too_long) - 1,
			   MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 || cl->request.failed || (full && !client_line_end(cl))) {
		client_free(cl); /* gone, or a line without end */
		return;
	}
	if (full)
		ev_io_stop(loop, &cl->in);
	if (n == 0)
		client_end(cl);
	else
		client_serve(cl);
}

static void client_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *cl = w->data;

	(void)loop;
	(void)revents;
	if (client_flush(cl))
		client_serve(cl);
}

/*
 * Room for one more: whoever only holds a place gives it up. Those who watch
 * have something of theirs, and so has who does not read his answer; but to
 * one who may act they yield, or the others could keep him out.
 */
static bool control_make_room(struct control *c, bool may_act)
{
	struct client *idle = NULL, *other = NULL, *slow = NULL, *peer = NULL,
		      *gone;

	if (c->n_clients < CLIENTS_MAX)
		return true;
	/* The oldest of each: new ones were put in at the front. */
	for (struct client *cl = c->clients; cl; cl = cl->next)
		if (!cl->watching && !cl->waits && cl->answer.len == 0)
			idle = cl;
		else if (!cl->may_act)
			other = cl;
		else if (cl->answer.len > 0)
			slow = cl;
		else if (cl->watching)
			peer = cl;
	gone = idle || !may_act ? idle : other ? other : slow ? slow : peer;
	if (gone)
		client_free(gone);
	return gone != NULL;
}

static void control_listen_again(struct ev_loop *loop, ev_timer *w,
				 int revents)
{
	struct control *c = w->data;

	(void)revents;
	ev_io_start(loop, &c->listen);
}

static void control_rest(struct control *c)
{
	ev_io_stop(c->loop, &c->listen);
	ev_now_update(c->loop);
	ev_timer_set(&c->full, FULL_S, 0.0);
	ev_timer_start(c->loop, &c->full);
}

static void control_accept(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *c = w->data;
	struct client *cl;
	bool act = false;
	int fd;

	(void)revents;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	/* It would be told of the same one for ever. */
	if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
		       errno == ENOBUFS || errno == ENOMEM))
		control_rest(c);
	if (fd < 0)
		return;
	cl = peer_may_ask(&c->groups, fd, &act) && control_make_room(c, act)
		     ? calloc(1, sizeof(*cl))
		     : NULL;
	if (!cl) {
		(void)close(fd);
		return;
	}
	cl->control = c;
	cl->may_act = act;
	cl->request = (struct buf)BUF_INIT(REQUEST_MAX);
	cl->answer = (struct buf)BUF_INIT(ANSWER_MAX);
	cl->next = c->clients;
	c->clients = cl;
	c->n_clients++;
	ev_io_init(&cl->in, client_readable, fd, EV_READ);
	ev_io_init(&cl->out, client_writable, fd, EV_WRITE);
	cl->in.data = cl;
	cl->out.data = cl;
	ev_timer_init(&cl->slow, client_too_slow, 0.0, 0.0);
	cl->slow.data = cl;
	ev_io_start(loop, &cl->in);
}

/* ---- the socket ---- */

static int control_listen(struct control *c)
{
	int fd = listening_open(c->path, &c->groups);

	if (fd < 0)
		return fd;
	ev_io_init(&c->listen, control_accept, fd, EV_READ);
	c->listen.data = c;
	ev_io_start(c->loop, &c->listen);
	return 0;
}

int control_use_groups(struct control *c, const char *group,
		       const char *admin_group)
{
	int r = peer_groups_find(group, admin_group, &c->groups);

	if (r == 0)
		r = peer_open_up(c->path, &c->groups);
	for (struct client *cl = c->clients, *next; cl; cl = next) {
		next = cl->next;
		if (!peer_may_ask(&c->groups, cl->in.fd, &cl->may_act))
			client_free(cl);
	}
	return r;
}

void control_settle(struct control *c, const json_t *answer)
{
	for (struct client *cl = c->clients, *next; cl; cl = next) {
		next = cl->next;
		if (!cl->waits)
			continue;
		cl->waits = false;
		client_say(cl, answer);
		client_go_on(cl);
	}
}

void control_publish(struct control *c, const char *line, size_t len)
{
	for (struct client *cl = c->clients, *next; cl; cl = next) {
		next = cl->next;
		if (!cl->watching)
			continue;
		if (cl->answer.len + len > UNREAD_MAX) {
			client_free(cl);
			continue;
		}
		buf_add(&cl->answer, line, len);
		if (cl->answer.failed)
			client_free(cl);
		else
			(void)client_flush(cl);
	}
}

bool control_is_watched(const struct control *c)
{
	for (const struct client *cl = c->clients; cl; cl = cl->next)
		if (cl->watching)
			return true;
	return false;
}

int control_open(struct ev_loop *loop, const struct control_options *o,
		 control_answer_fn *answer, void *user, struct control **ret)
{
	struct control *c = calloc(1, sizeof(*c));
	int r = 0;

	if (!c)
		return -ENOMEM;
	c->loop = loop;
	c->answer = answer;
	c->user = user;
	c->listen.fd = -1;
	c->path = str_dup(o->path);
	ev_timer_init(&c->full, control_listen_again, 0.0, 0.0);
	c->full.data = c;
	if (!c->path)
		r = -ENOMEM;
	if (r == 0)
		r = peer_groups_find(o->group, o->admin_group, &c->groups);
	if (r == 0)
		r = control_listen(c);
	if (r < 0) {
		free(c->path);
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	while (c->clients)
		client_free(c->clients);
	ev_io_stop(c->loop, &c->listen);
	ev_timer_stop(c->loop, &c->full);
	(void)close(c->listen.fd);
	(void)unlink(c->path);
	free(c->path);
	free(c);
}
