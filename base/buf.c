#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int buf_read_bytes(struct buf_reader *r, size_t n, const uint8_t **ret)
{
	if (n > buf_left(r))
		return -EBADMSG;
	*ret = r->data + r->at;
	r->at += n;
	return 0;
}

int buf_skip(struct buf_reader *r, size_t n)
{
	const uint8_t *p;

	return buf_read_bytes(r, n, &p);
}

int buf_read_u8(struct buf_reader *r, uint8_t *ret)
{
	const uint8_t *p;

	if (buf_read_bytes(r, 1, &p) < 0)
		return -EBADMSG;
	*ret = p[0];
	return 0;
}

int buf_read_u16(struct buf_reader *r, uint16_t *ret)
{
	const uint8_t *p;

	if (buf_read_bytes(r, 2, &p) < 0)
		return -EBADMSG;
	*ret = (uint16_t)(p[0] << 8 | p[1]);
	return 0;
}

int buf_read_u32(struct buf_reader *r, uint32_t *ret)
{
	const uint8_t *p;

	if (buf_read_bytes(r, 4, &p) < 0)
		return -EBADMSG;
	*ret = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
	return 0;
}

/* Makes room for n bytes more and a NUL. */
static bool buf_reserve(struct buf *b, size_t n)
{
	size_t need, size = b->size ? b->size : 64;
	char *data;

	if (b->failed || n > b->max - b->len) {
		b->failed = true;
		return false;
	}
	need = b->len + n + 1;
	if (need <= b->size)
		return true;
	while (size < need)
		size *= 2;
	data = malloc(size);
	if (!data) {
		b->failed = true;
		b->no_memory = true;
		return false;
	}
	/* Not realloc(): the old bytes may be a secret. */
	if (b->data) {
		memcpy(data, b->data, b->len);
		explicit_bzero(b->data, b->size);
		free(b->data);
	}
	b->data = data;
	b->size = size;
	return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (!buf_reserve(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_add_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	size_t room;
	int n;

	/* Most texts fit into what is there: once will do. */
	if (!buf_reserve(b, 0))
		return;
	room = b->size - b->len;
	va_start(args, format);
	n = vsnprintf(b->data + b->len, room, format, args);
	va_end(args);
	if (n < 0 || !buf_reserve(b, (size_t)n)) {
		b->data[b->len] = '\0';
		b->failed = true;
		return;
	}
	if ((size_t)n >= room) {
		va_start(args, format);
		(void)vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
		va_end(args);
	}
	b->len += (size_t)n;
}

void buf_add_u32(struct buf *b, uint32_t n)
{
	char digits[10];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}

void buf_add_json(struct buf *b, const char *text)
{
	buf_add(b, "\"", 1);
	while (*text) {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= 0x20 &&
		       text[plain] != '"' && text[plain] != '\\')
			plain++;
		buf_add(b, text, plain);
		text += plain;
		if (*text)
			buf_addf(b, "\\u%04x",
				 (unsigned int)(unsigned char)*text++);
	}
	buf_add(b, "\"", 1);
}

void buf_drop(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->len -= n;
	memmove(b->data, b->data + n, b->len + 1);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT(b->max);
}

void buf_wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->size);
	buf_done(b);
}
