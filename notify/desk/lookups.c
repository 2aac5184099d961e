#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/tree.h"
#include "notify/desk/lookups.h"

#define TIMEOUT_MOST_MS (3600 * 1000)
#define TRIES_MOST 10

void lookups_done(struct lookups *l)
{
	for (size_t i = 0; i < l->n_servers; i++)
		free(l->servers[i]);
	free(l->servers);
	*l = (struct lookups){ .n_servers = 0 };
}

static int add_server(struct lookups *l, const char *text)
{
	char **more = realloc(l->servers, (l->n_servers + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	l->servers = more;
	more[l->n_servers] = str_dup(text);
	if (!more[l->n_servers])
		return -ENOMEM;
	l->n_servers++;
	return 0;
}

static int take_setting(struct lookups *l, const struct config_setting *s)
{
	uint64_t ms;
	int r = 0;

	if (s->n_values == 0)
		return 0;
	if (strcmp(s->name, "servers") == 0)
		for (size_t i = 0; i < s->n_values && r == 0; i++)
			r = add_server(l, s->values[i].text);
	else if (strcmp(s->name, "timeout") == 0 &&
		 str_to_duration_ms(s->values[0].text, &ms) == 0 &&
		 ms <= TIMEOUT_MOST_MS)
		l->timeout_ms = (uint32_t)ms;
	else if (strcmp(s->name, "tries") == 0)
		(void)str_to_u32(s->values[0].text, TRIES_MOST, &l->tries);
	return r;
}

int lookups_read(const struct config_tree *t, struct lookups *ret)
{
	struct lookups l = { .n_servers = 0 };
	int r = 0;

	for (size_t i = 0; i < t->n_sections; i++) {
		const struct config_section *s = &t->sections[i];

		if (strcmp(s->type, "resolver") != 0)
			continue;
		for (size_t k = 0; k < s->n_settings && r == 0; k++)
			r = take_setting(&l, &s->settings[k]);
	}
	if (r < 0)
		lookups_done(&l);
	else
		*ret = l;
	return r;
}

json_t *lookups_pack(const struct lookups *l)
{
	json_t *servers = json_array();

	for (size_t i = 0; i < l->n_servers; i++)
		(void)json_array_append_new(servers,
					    json_string(l->servers[i]));
	return json_pack("{so sI sI}", "servers", servers, "timeout_ms",
			 (json_int_t)l->timeout_ms, "tries",
			 (json_int_t)l->tries);
}

int lookups_unpack(json_t *o, struct lookups *ret)
{
	struct lookups l = { .n_servers = 0 };
	json_int_t timeout, tries;
	json_t *servers, *one;
	size_t i;
	int r = 0;

	if (json_unpack(o, "{so sI sI}", "servers", &servers, "timeout_ms",
			&timeout, "tries", &tries) < 0)
		return -EBADMSG;
	json_array_foreach(servers, i, one)
		if (r == 0)
			r = json_is_string(one)
				    ? add_server(&l, json_string_value(one))
				    : -EBADMSG;
	l.timeout_ms = (uint32_t)timeout;
	l.tries = (uint32_t)tries;
	if (r < 0)
		lookups_done(&l);
	else
		*ret = l;
	return r;
}
