/*
 * notify_limits - the limits that providers document, over the ends of the
 * processes that keep to them: part of notify.h.
 */
#ifndef NOTIFY_NOTIFY_LIMITS_H
#define NOTIFY_NOTIFY_LIMITS_H

#include <stdint.h>

struct notify;
struct notify_account;

#define NOTIFY_LIMITS_MAX 4

/* So many requests in so long. */
struct notify_limit {
	uint32_t n;
	uint32_t per_ms;
};

/* One more request of the account is about to leave that they count. */
typedef void notify_spent_fn(void *user, const struct notify_account *a);
void notify_on_spent(struct notify *n, notify_spent_fn *spent, void *user);

/*
 * When (milliseconds since 1970) each limit of the account in use allows all
 * of its requests again: what runs now, and what is started, goes by it.
 */
void notify_set_limits(struct notify *n, const char *account,
		       const int64_t full_ms[NOTIFY_LIMITS_MAX]);

/*
 * So long after an account's own timeout the process has lost the job: it is
 * killed, and the job is to be tried again.
 */
#define NOTIFY_GRACE_S 30

#endif
