/*
 * refusal - what a provider refused for good is not sent again: not by a
 * look, a reload or a restart.
 *
 * One for abuse stands until a setting changes or the operator says so. Any
 * other is over when the address is another one, when a setting or secret of
 * the record or its account is, after the account's retry-refused, or when
 * the operator says so.
 */
#ifndef DAEMON_REFUSAL_H
#define DAEMON_REFUSAL_H

#include <stdbool.h>

#include "daemon/record/entry.h"

/* Of record and account, as they are set now. */
uint64_t refusal_settings(const struct entry *e);

/*
 * What was sent last has been refused, in these words; ban: for abuse; clock:
 * it may be for a clock that is wrong.
 */
void refusal_note(struct entry *e, const char *text, bool ban, bool clock);
/* Is the refusal that stands one for abuse? */
bool refusal_is_ban(struct entry *e);
void refusal_forget(struct entry *e);
/*
 * Has e->wanted been refused, and is nothing else now, not even the clock
 * where that counts? Its words are then the entry's error.
 */
bool refusal_stands(struct entry *e);

/*
 * An error that no rule of the type knows is no refusal, but neither does it
 * pass by itself in seconds: the same is sent again after a quarter of an
 * hour or more, then after twice that and so on, up to a day. Returns for how
 * long what was sent last is postponed.
 */
uint32_t refusal_postpone(struct entry *e, const char *text);
/*
 * For how long e->wanted still is, over a restart too; 0: it is not. The
 * words are then the entry's error.
 */
uint32_t refusal_postponed_s(struct entry *e);

#endif
