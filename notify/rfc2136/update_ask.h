/*
 * update_ask - one question to a server of an account, signed with its key.
 */
#ifndef NOTIFY_UPDATE_ASK_H
#define NOTIFY_UPDATE_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "notify/core/job.h"
#include "notify/rfc2136/update.h"

struct update_ask;

struct update_question {
	const struct job *job; /* how it leaves */
	struct addr server;
	uint16_t port;
	const char *target; /* the server, for people */
	const char *name;
	uint16_t type;
	uint32_t timeout_ms;
};

/* For dns_answer_open(), and the server's clock. */
struct update_answer {
	const uint8_t *query, *data;
	size_t query_len, len;
	int64_t server_s;
};

/*
 * a is NULL where there is no answer that may be believed: o says why. Both
 * are borrowed. The question may be freed in it.
 */
typedef void update_ask_fn(void *user, const struct outcome *o,
			   const struct update_answer *a);

/* Contract of dns_io_start(). */
int update_ask_start(struct update *u, const struct update_question *q,
		     update_ask_fn *done, void *user, struct update_ask **ret);
/* NULL is fine. No callback follows. */
void update_ask_free(struct update_ask *a);

#endif
