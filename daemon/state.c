#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ev.h>
#include <jansson.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/state.h"
#include "daemon/state_file.h"

struct state {
	struct ev_loop *loop;
	char *path, *new_path, *bad_path;
	json_t *records; /* object, by state_key() */
	bool silenced;   /* a failure to write was said */
	ev_timer write;
};

/* "home.example.org ipv4 ns": no name holds a space. */
static char *state_key(const char *name, int family, const char *provider)
{
	return str_dupf("%s %s %s", name, family == AF_INET ? "ipv4" : "ipv6",
			provider);
}

int64_t state_find(const struct state *s, const char *name, int family,
		   const char *provider, struct addr_set *ret)
{
	char *key = state_key(name, family, provider);
	json_t *r = key ? json_object_get(s->records, key) : NULL;
	json_t *accepted = json_object_get(r, "accepted"), *text;
	struct addr addrs[ADDR_SET_MAX];
	size_t i, n = 0;

	free(key);
	json_array_foreach(accepted, i, text) {
		if (n == ADDR_SET_MAX || !json_is_string(text) ||
		    addr_parse(json_string_value(text), &addrs[n]) < 0 ||
		    addrs[n].family != family)
			return 0; /* not what we wrote: no hint */
		n++;
	}
	if (!json_is_array(accepted) || addr_set_assign(ret, addrs, n) < 0)
		return 0;
	return json_integer_value(json_object_get(r, "at"));
}

/* After what is under way in this turn: an event comes first. */
static void state_write_soon(struct state *s)
{
	if (!ev_is_active(&s->write))
		ev_timer_start(s->loop, &s->write);
}

void state_accepted(struct state *s, const char *name, int family,
		    const char *provider, const struct addr_set *accepted,
		    int64_t at_s)
{
	char *key = state_key(name, family, provider), text[ADDR_STRLEN];
	json_t *list = json_array();

	for (size_t i = 0; i < accepted->n; i++)
		(void)json_array_append_new(
			list,
			json_string(addr_print(&accepted->items[i], text)));
	/* jansson refuses NULL, and frees what it was given all the same. */
	(void)json_object_set_new(s->records, key,
				  json_pack("{s:o, s:I}", "accepted", list,
					    "at", (json_int_t)at_s));
	free(key);
	state_write_soon(s);
}

static const char *mark_name(enum state_mark mark)
{
	return mark == STATE_RESENT ? "resent" : "shown-differently";
}

bool state_marked(const struct state *s, const char *name, int family,
		  const char *provider, enum state_mark mark)
{
	char *key = state_key(name, family, provider);
	json_t *r = key ? json_object_get(s->records, key) : NULL;

	free(key);
	return json_is_true(json_object_get(r, mark_name(mark)));
}

void state_set_mark(struct state *s, const char *name, int family,
		    const char *provider, enum state_mark mark, bool on)
{
	char *key = state_key(name, family, provider);
	json_t *r = key ? json_object_get(s->records, key) : NULL;

	free(key);
	if (!r || on == json_is_true(json_object_get(r, mark_name(mark))))
		return;
	if (on)
		(void)json_object_set_new(r, mark_name(mark), json_true());
	else
		(void)json_object_del(r, mark_name(mark));
	state_write_soon(s);
}

/* ---- the file ---- */

static int state_save(const struct state *s)
{
	size_t len = 0;
	char *text = state_file_print(s->records, &len);
	int fd, r;

	if (!text)
		return -ENOMEM;
	fd = open(s->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
				       O_NOFOLLOW, 0600);
	r = fd < 0 ? -errno : file_write_all(fd, text, len);
	free(text);
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(s->new_path, s->path) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		(void)unlink(s->new_path);
	return r;
}

static void state_write(struct state *s)
{
	int r = state_save(s);

	if (r < 0 && !s->silenced)
		log_warning("state: %s cannot be written (%s), going on in "
			    "memory; a restart asks DNS",
			    s->path, strerror(-r));
	if (r == 0 && s->silenced)
		log_info("state: %s is written again", s->path);
	s->silenced = r < 0;
}

static void state_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	state_write(w->data);
}

/* The file's text, or NULL with *ret_error 0 (there is none) or -errno. */
static char *state_read(const char *path, size_t *ret_len, int *ret_error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;

	*ret_error = fd < 0 && errno != ENOENT ? -errno : 0;
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > STATE_FILE_MAX)
		*ret_error = -EINVAL;
	else
		text = malloc((size_t)st.st_size + 1);
	if (text)
		n = read(fd, text, (size_t)st.st_size);
	if (text && n < 0) {
		*ret_error = -errno;
		free(text);
		text = NULL;
	}
	(void)close(fd);
	*ret_len = n < 0 ? 0 : (size_t)n;
	return text;
}

static void state_load(struct state *s)
{
	const char *why = NULL;
	json_t *records;
	size_t len = 0;
	int error;
	char *text = state_read(s->path, &len, &error);

	if (error < 0)
		why = strerror(-error);
	if (text) {
		records = state_file_parse(text, len, &why);
		free(text);
		if (records) {
			json_decref(s->records);
			s->records = records;
			return;
		}
	}
	if (!why)
		return;
	log_warning("state: %s is put aside (%s), DNS decides", s->path, why);
	(void)rename(s->path, s->bad_path);
}

/* Makes each missing folder of the path, the last one for us alone. */
static int make_directory(const char *directory)
{
	char *path = str_dup(directory);
	int r = path ? 0 : -ENOMEM;

	for (char *p = path ? path + 1 : NULL; p && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(path, 0755);
		*p = '/';
	}
	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = -errno;
	free(path);
	return r;
}

int state_open(struct ev_loop *loop, const char *directory, struct state **ret)
{
	struct state *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->path = str_dupf("%s/state.json", directory);
	s->new_path = str_dupf("%s/state.json.new", directory);
	s->bad_path = str_dupf("%s/state.json.bad", directory);
	s->records = json_object();
	ev_timer_init(&s->write, state_due, 0.0, 0.0);
	s->write.data = s;
	if (!s->path || !s->new_path || !s->bad_path || !s->records) {
		state_close(s);
		return -ENOMEM;
	}
	r = make_directory(directory);
	if (r < 0) {
		log_warning("state: %s cannot be made (%s), going on in "
			    "memory; a restart asks DNS",
			    directory, strerror(-r));
		s->silenced = true;
	} else {
		state_load(s);
	}
	*ret = s;
	return 0;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	if (s->path && ev_is_active(&s->write)) {
		ev_timer_stop(s->loop, &s->write);
		state_write(s);
	}
	free(s->path);
	free(s->new_path);
	free(s->bad_path);
	json_decref(s->records);
	free(s);
}
