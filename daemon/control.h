/*
 * control - the control socket: one JSON object per line, each way.
 *
 * Who may ask, and who may act, is told by the peer's credentials. A client
 * that reads slowly or sends without end is dropped, and holds nobody up.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <stdbool.h>

#include <jansson.h>

struct control;
struct ev_loop;

/*
 * Answers one request: a new reference, or NULL (no memory). may_act tells
 * whether the peer may change anything.
 */
typedef json_t *control_answer_fn(void *user, const json_t *request,
				  bool may_act);

struct control_options {
	const char *path;
	const char *group, *admin_group; /* NULL: none */
};

/*
 * Listens at path, making its folder; takes the place of a socket that
 * nobody listens at any more. 0 or -errno, -EADDRINUSE where another daemon
 * does, -ENOENT for a group that does not exist.
 */
int control_open(struct ev_loop *loop, const struct control_options *o,
		 control_answer_fn *answer, void *user, struct control **ret);
/* NULL is fine. Removes the socket. */
void control_close(struct control *c);

/* {"error": text}. */
json_t *control_error(const char *text);

#endif
