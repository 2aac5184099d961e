/*
 * buf - reading bytes without ever leaving them, and appending to a text.
 *
 * Pure readers: each function either takes its bytes or fails and leaves
 * the reader as it was.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A cursor over borrowed bytes. */
struct buf_reader {
	const uint8_t *data;
	size_t len;
	size_t at; /* <= len */
};

static inline struct buf_reader buf_reader(const void *data, size_t len)
{
	struct buf_reader r = { .data = data, .len = len };

	return r;
}

static inline size_t buf_left(const struct buf_reader *r)
{
	return r->len - r->at;
}

/* All of these: 0, or -EBADMSG where fewer bytes are left. Big endian. */
int buf_read_u8(struct buf_reader *r, uint8_t *ret);
int buf_read_u16(struct buf_reader *r, uint16_t *ret);
int buf_read_u32(struct buf_reader *r, uint32_t *ret);
int buf_skip(struct buf_reader *r, size_t n);
/* *ret points into the borrowed bytes. */
int buf_read_bytes(struct buf_reader *r, size_t n, const uint8_t **ret);

/*
 * A growing text or byte string on the heap, never longer than max. After
 * a failure (no memory, too long) it stays failed until buf_done().
 */
struct buf {
	char *data; /* NUL after len, once anything was added */
	size_t len;
	size_t size;
	size_t max;
	bool failed;
	bool no_memory; /* ... for that reason */
};

#define BUF_INIT(max_bytes) { .max = (max_bytes) }

void buf_add(struct buf *b, const void *data, size_t len);
void buf_add_str(struct buf *b, const char *text);
void buf_addf(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* In decimal; on the way of an update printf() would be felt. */
void buf_add_u32(struct buf *b, uint32_t n);
/* text as a JSON string, quotes and all (RFC 8259, section 7). */
void buf_add_json(struct buf *b, const char *text);
/* Drops the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);
/* Empties it, keeps its memory. */
void buf_clear(struct buf *b);
/* Frees it; buf_wipe() overwrites it first. Both leave it usable. */
void buf_done(struct buf *b);
void buf_wipe(struct buf *b);

#endif
