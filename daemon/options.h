/*
 * options - the command line of evddnsd. Pure, but for getopt's globals.
 */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"

enum options_act {
	OPTIONS_RUN,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_LIST,  /* --list-providers */
	OPTIONS_SHOW,  /* --show-provider, of options.show */
	OPTIONS_USAGE, /* a usage error; it was said */
};

/* Pointers are borrowed from argv; NULL: not given. */
struct options {
	enum options_act act;
	const char *config, *state_dir, *control, *pidfile, *user;
	const char *show;
	bool online; /* with test */
	bool test, once, dry_run, background, syslog;
	bool level_set, format_set;
	enum log_level level;
	enum log_format format;
};

void options_parse(int argc, char **argv, struct options *ret);
void options_help(FILE *out);

struct config;

/* What the command line says stands above the file (NULL: none yet). */
void options_start_log(const struct options *o, const struct config *c);

#endif
