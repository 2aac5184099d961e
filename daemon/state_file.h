/*
 * state_file - the text of the state file.
 *
 *     evddns-state 1 CRC32\n
 *     {"records":{"NAME FAMILY PROVIDER":{"accepted":[…],"at":SECONDS}}}
 *
 * Pure. The checksum (IEEE 802.3's) is of everything after the first line.
 */
#ifndef DAEMON_STATE_FILE_H
#define DAEMON_STATE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* A larger file is not ours. */
#define STATE_FILE_MAX (8 << 20)

/* The records' object (a new reference), or NULL with *ret_why set. */
json_t *state_file_parse(const char *text, size_t len, const char **ret_why);

/* The text, to be freed with free(), or NULL (no memory). */
char *state_file_print(json_t *records, size_t *ret_len);

#endif
