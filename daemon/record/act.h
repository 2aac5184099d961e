/*
 * act - what an entry does on entering a state: the actions of record.h.
 *
 * why is the event that led there. Each may lead to further events.
 */
#ifndef DAEMON_ACT_H
#define DAEMON_ACT_H

#include "daemon/record/entry.h"

/* Sends e->wanted, unless the account must rest. */
void act_update(struct entry *e, enum record_event why);
/* Asks the servers again, after an update. */
void act_watch(struct entry *e, enum record_event why);
/* Arms the next look at them; from is the state left. */
void act_rewatch(struct entry *e, enum record_state from);
void act_settle(struct entry *e, enum record_event why);
void act_back_off(struct entry *e, enum record_event why);
void act_rest(struct entry *e, enum record_event why);

/* Arms the timer of the state. */
void act_arm(struct entry *e, uint64_t delay_ms);

/* It failed, and its timer runs. */
void act_tell_failed(struct entry *e, const char *text);

/* Replaces a text of the entry; NULL clears it. */
void act_set_text(char **at, const char *text);

#endif
