/*
 * evddnsd - publishes the addresses of this gateway in the DNS.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <ares.h>
#include <ev.h>
#include <jansson.h>

#include "base/file.h"
#include "base/log.h"
#include "base/loop_memory.h"
#include "base/slice.h"
#include "daemon/app.h"
#include "daemon/background.h"
#include "daemon/options.h"
#include "daemon/paths.h"
#include "daemon/privilege.h"

static int say_version(const struct paths *paths)
{
	(void)printf("evddnsd %s\n"
		     "libmnl %s, libev %d.%d, c-ares %s, jansson %s, idn %s\n",
		     PACKAGE_VERSION, LIBMNL_VERSION, ev_version_major(),
		     ev_version_minor(), ares_version(NULL),
		     jansson_version_str(),
#ifdef HAVE_IDN
		     "yes"
#else
		     "no"
#endif
	);
	(void)fflush(stdout);
	/* The other half says its own, and that of its libraries. */
	(void)execl(paths->notify, "evddns-notify", "-V", (char *)NULL);
	(void)printf("%s: %s\n", paths->notify, strerror(errno));
	return EX_UNAVAILABLE;
}

/* The other half knows the types. */
static int ask_notify(const struct options *o, const struct paths *paths)
{
	if (o->act == OPTIONS_LIST)
		(void)execl(paths->notify, "evddns-notify", "-c",
			    paths->config, "--list-providers", (char *)NULL);
	else
		(void)execl(paths->notify, "evddns-notify", "-c",
			    paths->config, "--show-provider", o->show, (char *)NULL);
	(void)fprintf(stderr, "%s: %s\n", paths->notify, strerror(errno));
	return EX_UNAVAILABLE;
}

/* What the command line says stands above what was found. */
static int find_paths(const struct options *o, struct paths *ret)
{
	int r = paths_find(ret);

	if (r < 0)
		return r;
	r = paths_replace(&ret->config, o->config);
	if (r == 0)
		r = paths_replace(&ret->state_dir, o->state_dir);
	if (r == 0)
		r = paths_replace(&ret->control, o->control);
	if (r < 0)
		paths_done(ret);
	return r;
}

static int run(const struct options *options, const struct paths *paths)
{
	struct background *b = NULL;
	int status;

	/* A reader that is gone, a file that may not grow: an error of theirs. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	loop_memory_guard("evddnsd");
	options_start_log(options, NULL);
	status = background_start(options->background, options->pidfile, &b);
	if (status < 0)
		log_error("cannot start: %s", strerror(-status));
	if (status != 0)
		return status > 0 ? status : EX_OSERR;
	if (background_is_parent(b)) {
		status = background_wait(b);
	} else {
		(void)slice_ask_short();
		status = app_run(ev_default_loop(EVFLAG_AUTO), options, paths,
				 background_ready, b);
	}
	background_end(b);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct paths paths;
	int status;

	if (file_open_standard() < 0)
		return EX_OSERR;
	options_parse(argc, argv, &options);
	if (options.background)
		options.syslog = true; /* nobody reads its standard error */
	if (options.act == OPTIONS_USAGE) {
		options_help(stderr);
		return EX_USAGE;
	}
	if (options.act == OPTIONS_HELP) {
		options_help(stdout);
		return EX_OK;
	}
	if (options.user && privilege_check(options.user) == -ENOENT) {
		(void)fprintf(stderr, "evddnsd: %s: no such user or group\n",
			      options.user);
		return EX_USAGE;
	}
	if (find_paths(&options, &paths) < 0) {
		(void)fputs("evddnsd: no memory\n", stderr);
		return EX_OSERR;
	}
	if (options.act == OPTIONS_VERSION)
		status = say_version(&paths);
	else if (options.act == OPTIONS_LIST || options.act == OPTIONS_SHOW)
		status = ask_notify(&options, &paths);
	else
		status = run(&options, &paths);
	paths_done(&paths);
	return status;
}
