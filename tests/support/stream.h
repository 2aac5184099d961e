/*
 * stream - what an rtnetlink socket heard, in a file.
 *
 * Frames: a byte that says what it is, its length (32 bits, the least
 * significant byte first), its bytes.
 */
#ifndef TESTS_SUPPORT_STREAM_H
#define TESTS_SUPPORT_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum stream_kind {
	STREAM_BEFORE = 'B', /* a message of the dump made before */
	STREAM_HEARD = 'H',  /* a datagram */
	STREAM_AFTER = 'A',  /* a message of the dump made after */
	STREAM_SAID = '#',   /* words of whoever recorded it */
};

struct stream_frame {
	enum stream_kind kind;
	uint32_t len;
	uint8_t *data; /* aligned for netlink */
};

struct stream {
	struct stream_frame *frames;
	size_t n;
};

/* Ends the program where that fails. */
void stream_write(FILE *f, enum stream_kind kind, const void *data,
		  uint32_t len);

/* 0; -errno; -EBADMSG: it is no stream. */
int stream_read(const char *path, struct stream *ret);
void stream_free(struct stream *s);

#endif
