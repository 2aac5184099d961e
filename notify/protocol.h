/*
 * protocol - the lines between the daemon and evddns-notify, from the
 * daemon's side (pure).
 */
#ifndef NOTIFY_PROTOCOL_H
#define NOTIFY_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "notify/notify.h"

/* Longest reply line that is taken, with its newline. */
#define PROTOCOL_LINE_MAX 65536
#define PROTOCOL_TEXT_SIZE 512
/* Most addresses of one family that a look tells. */
#define PROTOCOL_VALUES_MAX 64

const char *protocol_status_name(enum notify_status s);
/* 0 or -EINVAL. */
int protocol_status_parse(const char *text, enum notify_status *ret);

/* Appends a line; out->failed where there was no room. 0 or -ENOMEM. */
int protocol_put_job(struct buf *out, int id, const struct notify_job *j);
int protocol_put_fetch(struct buf *out, int id, const struct notify_fetch *f);
int protocol_put_prepare(struct buf *out, const char *const *accounts,
			 size_t n);
void protocol_put_cancel(struct buf *out, int id);
/* How far the limits of these accounts are used up; nothing where none has. */
void protocol_put_limits(struct buf *out, const struct notify_account *as,
			 size_t n);

/* A reply; its text lies in text[]. */
struct protocol_reply {
	int id; /* 0: to a line that was no job */
	struct notify_reply reply;
	char text[PROTOCOL_TEXT_SIZE];
	struct addr values[2][PROTOCOL_VALUES_MAX]; /* IPv4, IPv6 */
};

/* 0 or -EBADMSG. ret->reply points into ret: do not copy it. */
int protocol_parse_reply(const char *line, size_t len,
			 struct protocol_reply *ret);

/*
 * A line that says a request was spent: 0 and the account's name; -ENOENT:
 * another line; -EBADMSG.
 */
int protocol_parse_spent(const char *line, size_t len, char *ret_account,
			 size_t size);

/* A member that may be left out: *ret then stays. 0 or -EBADMSG. */
int protocol_take_u32(json_t *o, const char *name, uint32_t *ret);

/* What --load said. */
struct protocol_accounts {
	struct notify_account *items; /* their texts belong to them */
	size_t n;
};

/*
 * 0 and the accounts; -EINVAL and the loader's faults added; -EBADMSG for
 * what makes no sense; -ENOMEM.
 */
int protocol_parse_load(const char *text, size_t len,
			struct protocol_accounts *ret, struct faults *faults);
void protocol_accounts_done(struct protocol_accounts *as);

#endif
