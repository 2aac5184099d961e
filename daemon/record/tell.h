/*
 * tell - what happened to an entry, for the log and the operator's hooks.
 */
#ifndef DAEMON_TELL_H
#define DAEMON_TELL_H

#include "daemon/record/entry.h"
#include "notify/notify.h"

/* Debug: from state to state. */
void tell_moved(const struct entry *e, enum record_state from,
		enum record_event event);
/* Debug: a line per name server. */
void tell_checked(const struct entry *e, const struct resolver_answer *a);
/* Somebody answers in this server's place. */
void tell_intercepted(const struct entry *e, const struct resolver_server *s);
/* ... and that is over. */
void tell_believed(const struct entry *e);
/* reply_sent_ns: when the request went out; 0: it did not. */
void tell_accepted(const struct entry *e, const struct notify_reply *reply);
/* delay_ms: until the next try; news: not one of those told already. */
void tell_failed(const struct entry *e, const char *text, uint64_t delay_ms,
		 bool news);
void tell_refused(const struct entry *e, const char *text);
void tell_recovered(const struct entry *e);
/* All servers agree on what we sent. */
void tell_published(const struct entry *e);
/* What we had published is taken away, or was not there any more. */
void tell_withdrawn(const struct entry *e);
/* DNS, or the provider, had it so already. */
void tell_unchanged(const struct entry *e);
/* What became of its reverse names; a failure when it begins. */
void tell_ptr(const struct entry *e, const struct notify_reply *reply);
void tell_renewed(const struct entry *e, const struct notify_reply *reply);
/* Not agreed within TTL and grace: once more, or left alone from now on. */
void tell_overdue(const struct entry *e);
void tell_overruled(const struct entry *e);
/* ... or nobody could say whether they agree. */
void tell_unseen(const struct entry *e);
/* Nothing happened: the hooks are shown such an event, nobody else is. */
void tell_rehearsed(const struct entry *e, const char *event);

#endif
