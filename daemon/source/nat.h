/*
 * nat - a source behind a NAT router: what tells that the world may see it
 * as another address now.
 *
 * The router's announcements, each of which leads to a question to it; and
 * nat-recheck, which asks the router where it speaks, else everybody. A
 * source that is not behind NAT costs nothing.
 */
#ifndef DAEMON_NAT_H
#define DAEMON_NAT_H

struct source;

/* To be called when the candidates, or how they stand, have changed. */
void nat_look(struct source *s);
void nat_done(struct source *s);

#endif
