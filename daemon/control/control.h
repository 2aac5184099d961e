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

struct buf;
struct control;
struct ev_loop;

/*
 * Answers one request: a new reference, or NULL and text added to out (none:
 * no memory), or JSON's null: the answer comes by control_settle(). may_act
 * tells whether the peer may change anything. {"command":"events"} is not
 * asked about: it is answered by what control_publish() brings.
 */
typedef json_t *control_answer_fn(void *user, const json_t *request,
				  bool may_act, struct buf *out);

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

/*
 * Other groups, as a reload may bring them. Who is connected and may not
 * ask any more is let go. 0 or -errno, and then the old ones stand.
 */
int control_use_groups(struct control *c, const char *group,
		       const char *admin_group);

/* The answer for all that still wait for one. */
void control_settle(struct control *c, const json_t *answer);

/*
 * A line, with its newline, for all that watch. One who does not read is
 * let go.
 */
void control_publish(struct control *c, const char *line, size_t len);
bool control_is_watched(const struct control *c);

/* {"error": text}. */
json_t *control_error(const char *text);

#endif
