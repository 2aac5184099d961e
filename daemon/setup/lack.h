/*
 * lack - what a source without any address waits for, in people's words.
 *
 * Reads the mirror; keeps nothing.
 */
#ifndef DAEMON_LACK_H
#define DAEMON_LACK_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct monitor;

enum lack {
	LACK_NOTHING,
	LACK_LINK,    /* no interface, or none that could carry a packet */
	LACK_ADDRESS, /* none that is fit to be published */
	LACK_ROUTE,   /* addresses, but no way out that says which counts */
	LACK_TOLD,    /* whatever it is: its loss was told */
};

#define LACK_STRLEN 128

struct lack_question {
	const struct monitor *monitor;
	const struct config_source *config;
	bool ipv4, ipv6; /* the families that records ask for */
};

/* "a link (wan0 has no carrier)"; what is waited for, and why, in out. */
enum lack lack_find(const struct lack_question *q, char out[LACK_STRLEN]);

#endif
