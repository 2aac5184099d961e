/*
 * silence - whom nobody could be asked about: told once for all names of a
 * zone when it begins, and when it ends with its count.
 */
#ifndef DAEMON_SILENCE_H
#define DAEMON_SILENCE_H

#include <stdbool.h>

struct silence; /* of one zone's servers, while it lasts */

struct silences {
	struct silence *first;
};

/*
 * One more try of a name came to nothing. was is what came of its last one
 * (NULL: it was answered), and what comes back is for the next. zone is NULL
 * where it could not even be found out. NULL: no memory, nothing is told.
 */
struct silence *silence_note(struct silences *all, struct silence *was,
			     const char *zone, const char *name,
			     const char *why);
/* It was answered; or it does not ask any more. NULL is fine. */
void silence_leave(struct silences *all, struct silence *s, bool answered);

#endif
