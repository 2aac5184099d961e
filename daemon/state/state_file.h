/*
 * state_file - the text of the state file.
 *
 *     evddns-state 1 CRC32\n
 *     {"records":{"NAME FAMILY PROVIDER":{"accepted":[…],"at":SECONDS,
 *       "resent":true,"shown-differently":true,"gone":SECONDS,
 *       "refused":{"for":[…],"at":SECONDS,"settings":"HEX","boot":SECONDS,
 *         "text":"…"}}},
 *      "accounts":{"NAME":{"bucket":MS,"rest":MS}}}
 *
 * "gone": since then, to the day, it is not configured any more.
 *
 * Pure. The checksum (IEEE 802.3's) is of everything after the first line.
 */
#ifndef DAEMON_STATE_FILE_H
#define DAEMON_STATE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "daemon/state/state_book.h"

/* A larger file is not ours. */
#define STATE_FILE_MAX (32 << 20)

/*
 * Into an empty book. 0, or -EBADMSG with *ret_why set; what is well formed
 * but not as we write it is left out. -ENOMEM: it may be right.
 */
int state_file_parse(const char *text, size_t len, struct state_book *ret,
		     const char **ret_why);

/* Appends the text. Check out->failed. */
void state_file_print(const struct state_book *b, struct buf *out);

#endif
