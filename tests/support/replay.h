/*
 * replay - feeds a recorded stream to the real monitor, over a socket that
 * is played (fake_nl_sock).
 */
#ifndef TESTS_SUPPORT_REPLAY_H
#define TESTS_SUPPORT_REPLAY_H

#include <stddef.h>

struct ev_loop;
struct json_t;
struct monitor;
struct stream;
struct stream_frame;

struct replay {
	const struct stream *stream;
	struct ev_loop *loop;
	struct monitor *monitor;
	unsigned int told;
};

/*
 * A monitor that starts with the tables of before. From then on a dump
 * answers what they were after: later than what is being heard.
 */
void replay_start(struct replay *r, const struct stream *s);
void replay_end(struct replay *r);

void replay_hear(const struct stream_frame *f);
/* Until nothing is left to do, nor any dump due. */
void replay_turn(struct replay *r);

/*
 * What the monitor has wrong, compared with the tables of after, as text to
 * free; NULL: nothing. Of lifetimes only whether they end.
 */
char *replay_fault(const struct replay *r);
/* The mirror as text to free. */
char *replay_text(const struct replay *r);

#endif
