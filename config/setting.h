/*
 * setting - what a section may hold, as rows, and values into structs.
 *
 * A row says everything about one setting: its name, what kind of value it
 * takes, in which range, its default, and where in the section's struct it
 * goes. Private to config/config.c and its helpers.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/tree.h"

enum setting_kind {
	SETTING_TEXT,   /* char * */
	SETTING_TEXTS,  /* struct config_strings */
	SETTING_NUMBER, /* uint32_t or unsigned int */
	SETTING_MARK,   /* the same, also as 0x… */
	SETTING_TIME,   /* uint64_t, in ms */
	SETTING_TIME32, /* uint32_t, in ms */
	SETTING_CHOICE, /* an enum: which of words */
	SETTING_FLAG,   /* bool: the second of words? */
};

/* What text should have been ("an interface name"), or NULL where it is. */
typedef const char *setting_form_fn(const char *text);

struct setting {
	const char *name; /* NULL ends a table */
	enum setting_kind kind;
	size_t at;            /* offset in the section's struct */
	size_t set_at;        /* of a bool "it was set"; 0: none */
	const char *fallback; /* the default as one would write it; NULL: 0 */
	uint64_t min, max; /* of numbers and times; 0 is no time too short */
	const char *zero;  /* TIME: why 0 is refused; NULL: it is taken */
	const char *also;  /* TIME: a word for UINT64_MAX */
	bool empty;        /* TEXTS: {} is taken */
	const char *const *words; /* CHOICE, FLAG; NULL ends them */
	setting_form_fn *form;    /* TEXT, each of TEXTS */
};

/* target is the section's struct. 0 or -ENOMEM. */
int setting_set_defaults(const struct setting *rows, void *target);

/*
 * Puts what s sets into target. Whatever is wrong is added to faults and
 * leaves its default. 0 or -ENOMEM.
 */
int setting_read(const struct config_section *s, const struct setting *rows,
		 void *target, struct faults *faults);

/* Frees the texts in target. */
void setting_done(const struct setting *rows, void *target);

/* Frees the items and leaves none. */
void setting_strings_done(struct config_strings *strings);

#endif
