#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "notify/core/job_fetch.h"

#define TIMEOUT_MOST_MS 600000
#define TIMEOUT_MS 10000 /* where the job says nothing */

static int take_text(json_t *v, char **ret)
{
	const char *text = json_string_value(v);

	if (!text || *text == '\0')
		return -EINVAL;
	*ret = str_dup(text);
	return *ret ? 0 : -ENOMEM;
}

int job_fetch_take(const char *key, json_t *v, struct job_fetch *f)
{
	const char *text = json_string_value(v);
	json_int_t n = json_integer_value(v);

	if (strcmp(key, "fetch") == 0)
		return text && strncmp(text, "https://", 8) == 0 ?
			       take_text(v, &f->url) : -EINVAL;
	if (strcmp(key, "pointer") == 0)
		return text && *text == '/' ? take_text(v, &f->pointer)
					    : -EINVAL;
	if (strcmp(key, "ca_file") == 0)
		return take_text(v, &f->ca_file);
	if (strcmp(key, "family") == 0) {
		if (!text || (strcmp(text, "ipv4") && strcmp(text, "ipv6")))
			return -EINVAL;
		f->family = text[3] == '4' ? AF_INET : AF_INET6;
		return 0;
	}
	if (strcmp(key, "timeout_ms") == 0) {
		if (!json_is_integer(v) || n < 1 || n > TIMEOUT_MOST_MS)
			return -EINVAL;
		f->timeout_ms = (uint32_t)n;
		return 0;
	}
	return -ENOENT;
}

void job_fetch_complete(struct job_fetch *f)
{
	if (f->family == 0)
		f->family = AF_INET;
	if (f->timeout_ms == 0)
		f->timeout_ms = TIMEOUT_MS;
}

void job_fetch_done(struct job_fetch *f)
{
	free(f->url);
	free(f->pointer);
	free(f->ca_file);
}
