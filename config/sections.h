/*
 * sections - every section and setting of evddns.conf, as one table.
 *
 * Private to config/config.c and its helpers.
 */
#ifndef CONFIG_SECTIONS_H
#define CONFIG_SECTIONS_H

#include "config/setting.h"

enum section_kind {
	SECTION_SOURCE,   /* into struct config_source */
	SECTION_PROVIDER, /* read by evddns-notify */
	SECTION_RECORD,   /* into struct record_draft */
	SECTION_HOOKS,    /* these and the rest into struct config */
	SECTION_CONTROL,
	SECTION_NOTIFY,
	SECTION_LOG,
	SECTION_RESOLVER,
	SECTION_N,
};

struct section {
	const char *type;
	bool titled;
	const struct setting *rows; /* NULL: nothing is known of them */
};

extern const struct section sections[SECTION_N];

/* A record as it was written, with what refers to other sections. */
struct record_draft {
	struct config_record record;
	struct config_strings providers, families;
	char *source;
	char *ipv6_host;
};

/* SECTION_N: no such section. */
enum section_kind section_find(const char *type);
/* The known type that is nearest, or NULL. */
const char *section_nearest(const char *type);

#endif
