/*
 * evddnsctl - asks the daemon, by its control socket.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/str.h"
#include "ctl/print.h"

#define ANSWER_MAX (64 << 20)
#define ANSWER_TIMEOUT_S 10

static const struct command {
	const char *name;
	const char *argument; /* its member in the request, or NULL */
	bool needs_argument;
	void (*print)(const json_t *answer, FILE *out);
} commands[] = {
	{ "status", "record", false, print_status },
	{ "why", "record", true, print_why },
	{ "refresh", "record", false, NULL },
	{ "retry", "record", false, NULL },
	{ "reload", NULL, false, NULL },
	{ "metrics", NULL, false, print_metrics },
	{ "events", NULL, false, NULL },
	{ "log-level", "level", true, NULL },
	{ "test-hook", "event", true, NULL },
};

static void help(FILE *out)
{
	(void)fputs("usage: evddnsctl [-S FILE] status [--json] [RECORD]\n"
		    "       evddnsctl [-S FILE] why [--json] RECORD\n"
		    "       evddnsctl [-S FILE] refresh | retry [RECORD]\n"
		    "       evddnsctl [-S FILE] events [--json]\n"
		    "       evddnsctl [-S FILE] metrics\n"
		    "       evddnsctl [-S FILE] reload\n"
		    "       evddnsctl [-S FILE] log-level LEVEL\n"
		    "       evddnsctl [-S FILE] test-hook EVENT\n"
		    "See evddnsctl(1).\n",
		    out);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int dial(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = ANSWER_TIMEOUT_S };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	return fd;
}

static int send_line(int fd, const char *line)
{
	size_t len = strlen(line), sent = 0;

	while (sent < len) {
		ssize_t n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		sent += (size_t)n;
	}
	return 0;
}

/* One event, as a line for people. */
static void show_event(const char *line, size_t len, bool json)
{
	json_t *event = json ? NULL : json_loadb(line, len, 0, NULL);

	if (event)
		print_event(event, stdout);
	else
		(void)printf("%.*s\n", (int)len, line);
	(void)fflush(stdout);
	json_decref(event);
}

/* Until either side ends it. 0 or -errno. */
static int follow(int fd, bool json)
{
	const struct timeval for_ever = { 0 };
	struct buf lines = BUF_INIT(ANSWER_MAX);
	char data[65536], *end;
	ssize_t n;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &for_ever,
			 sizeof(for_ever));
	while ((n = recv(fd, data, sizeof(data), 0)) > 0) {
		buf_add(&lines, data, (size_t)n);
		while (lines.len > 0 &&
		       (end = memchr(lines.data, '\n', lines.len))) {
			size_t len = (size_t)(end - lines.data);

			show_event(lines.data, len, json);
			buf_drop(&lines, len + 1);
		}
	}
	buf_done(&lines);
	return n < 0 ? -errno : 0;
}

/* Sends one line and reads one. 0 or -errno. */
static int converse(int fd, const char *line, struct buf *answer)
{
	char data[65536];
	int r = send_line(fd, line);

	if (r < 0)
		return r;
	for (;;) {
		ssize_t n = recv(fd, data, sizeof(data), 0);

		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n == 0)
			return -ECONNRESET;
		buf_add(answer, data, (size_t)n);
		if (answer->failed)
			return -EMSGSIZE;
		if (data[n - 1] == '\n')
			return 0;
	}
}

static int show(const struct command *c, const struct buf *answer, bool json)
{
	json_t *object = json_loadb(answer->data, answer->len, 0, NULL);
	const char *error = json_string_value(json_object_get(object,
							      "error"));
	int status = EX_OK;

	if (!object || error) {
		(void)fprintf(stderr, "evddnsctl: %s\n",
			      error ? error : "the answer is not JSON");
		print_faults(object, stderr);
		status = object ? EX_UNAVAILABLE : EX_PROTOCOL;
	} else if (json) {
		(void)json_dumpf(object, stdout, JSON_INDENT(2));
		(void)putchar('\n');
	} else if (c->print) {
		c->print(object, stdout);
	}
	json_decref(object);
	return status;
}

static int ask(const struct command *c, const char *argument,
	       const char *path, bool json)
{
	json_t *request = json_pack("{s:s}", "command", c->name);
	struct buf answer = BUF_INIT(ANSWER_MAX);
	char *line = NULL, *text = NULL;
	int fd, r, status;
	bool watch;

	if (argument)
		(void)json_object_set_new(request, c->argument,
					  json_string(argument));
	text = json_dumps(request, JSON_COMPACT);
	line = text ? str_dupf("%s\n", text) : NULL;
	free(text);
	json_decref(request);
	fd = line ? dial(path) : -ENOMEM;
	watch = strcmp(c->name, "events") == 0;
	r = fd;
	if (fd >= 0 && watch)
		r = send_line(fd, line) < 0 ? -EIO : follow(fd, json);
	else if (fd >= 0)
		r = converse(fd, line, &answer);
	if (fd >= 0)
		(void)close(fd);
	free(line);
	if (r < 0) {
		(void)fprintf(stderr, "evddnsctl: %s: %s%s\n", path,
			      strerror(-r),
			      r == -ENOENT || r == -ECONNREFUSED
				      ? " (is evddnsd running?)"
				      : "");
		status = EX_UNAVAILABLE;
	} else if (watch) {
		status = EX_OK;
	} else {
		status = show(c, &answer, json);
	}
	buf_done(&answer);
	return status;
}

static char *default_path(void)
{
	const char *run = getenv("RUNTIME_DIRECTORY");

	return run ? str_dupf("%s/control", run)
		   : str_dup(EVDDNS_RUNDIR "/control");
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "control", required_argument, NULL, 'S' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct command *c;
	char *path = NULL;
	bool json = false;
	int option, status, given;

	while ((option = getopt_long(argc, argv, "S:jVh", longs, NULL)) != -1)
		switch (option) {
		case 'S':
			free(path);
			path = str_dup(optarg);
			break;
		case 'j':
			json = true;
			break;
		case 'V':
			(void)printf("evddnsctl %s\n", PACKAGE_VERSION);
			free(path);
			return EX_OK;
		case 'h':
			help(stdout);
			free(path);
			return EX_OK;
		default:
			help(stderr);
			free(path);
			return EX_USAGE;
		}
	given = argc - optind;
	c = given > 0 ? find_command(argv[optind]) : NULL;
	if (!c || given > 1 + (c->argument != NULL) ||
	    given < 1 + c->needs_argument) {
		help(stderr);
		free(path);
		return EX_USAGE;
	}
	if (!path)
		path = default_path();
	status = path ? ask(c, given > 1 ? argv[optind + 1] : NULL, path, json)
		      : EX_OSERR;
	free(path);
	return status;
}
