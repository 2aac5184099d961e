/*
 * candidate - one address of a source: does the world see it?
 */
#ifndef DAEMON_CANDIDATE_H
#define DAEMON_CANDIDATE_H

#include "daemon/source/source.h"

/*
 * Asks the reflectors, or settles at once where there is nobody to ask; the
 * source concludes later or, where it settled at once, by its caller.
 */
void candidate_begin(struct source_candidate *c);

/*
 * It may be seen as another address than before: asks once more, while it
 * stands as it does. heard_ns: of the message that said so; 0: none did.
 */
void candidate_again(struct source_candidate *c, uint64_t heard_ns);

/* Nothing is asked of it, or kept, any more. */
void candidate_drop(struct source_candidate *c);

/*
 * Nobody who counts answered, for this reason: goes out all the same if it
 * may and confirm-timeout is over; else arms the source's timer for that.
 */
void candidate_alone(struct source_candidate *c, const char *why);

#endif
