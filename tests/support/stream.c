#include "config.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/stream.h"

#define STREAM_MOST_BYTES 65536U

void stream_write(FILE *f, enum stream_kind kind, const void *data,
		  uint32_t len)
{
	const uint8_t head[5] = {
		(uint8_t)kind,	    (uint8_t)len,	  (uint8_t)(len >> 8),
		(uint8_t)(len >> 16), (uint8_t)(len >> 24),
	};

	if (fwrite(head, sizeof(head), 1, f) != 1 ||
	    (len > 0 && fwrite(data, len, 1, f) != 1))
		err(1, "stream");
}

static int stream_frame(FILE *f, struct stream_frame *ret)
{
	uint8_t head[5];
	uint32_t len;

	if (fread(head, 1, sizeof(head), f) != sizeof(head))
		return -EBADMSG;
	len = head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16 |
	      (uint32_t)head[4] << 24;
	if (len > STREAM_MOST_BYTES)
		return -EBADMSG;
	ret->kind = head[0];
	ret->len = len;
	ret->data = malloc(len + 1);
	if (!ret->data)
		return -ENOMEM;
	ret->data[len] = '\0';
	if (fread(ret->data, 1, len, f) == len)
		return 0;
	free(ret->data);
	return -EBADMSG;
}

int stream_read(const char *path, struct stream *ret)
{
	struct stream s = { 0 };
	FILE *f = fopen(path, "re");
	int r = 0, c;

	if (!f)
		return -errno;
	while (r == 0 && (c = getc(f)) != EOF) {
		struct stream_frame *p =
			reallocarray(s.frames, s.n + 1, sizeof(*p));

		r = -ENOMEM;
		if (!p)
			break;
		s.frames = p;
		(void)ungetc(c, f);
		r = stream_frame(f, &s.frames[s.n]);
		s.n += r == 0;
	}
	(void)fclose(f);
	if (r < 0)
		stream_free(&s);
	else
		*ret = s;
	return r;
}

void stream_free(struct stream *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->frames[i].data);
	free(s->frames);
	*s = (struct stream){ 0 };
}
