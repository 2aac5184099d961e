/*
 * ptype_row - settings of provider types as rows of a table.
 */
#ifndef NOTIFY_PTYPE_ROW_H
#define NOTIFY_PTYPE_ROW_H

#include "config/faults.h"
#include "config/tree.h"
#include "notify/types/ptype.h"

enum row_kind {
	ROW_TEXT,       /* char * */
	ROW_LINES,      /* char *, a list joined by newlines */
	ROW_POINTER,    /* char *, a JSON pointer */
	ROW_TEXTS,      /* struct ptype_texts */
	ROW_TEMPLATES,  /* struct ptype_templates */
	ROW_TEMPLATE,   /* struct template; set_at: bool */
	ROW_QUERY,      /* struct ptype_pairs, "name=template" */
	ROW_HEADERS,    /* struct ptype_pairs, "Name: template" */
	ROW_CONDITIONS, /* struct ptype_conditions */
	ROW_REGEX,      /* struct ptype_regex */
	ROW_FLAG,       /* bool */
	ROW_NUMBER,     /* uint32_t */
	ROW_SECONDS,    /* uint32_t, a duration */
	ROW_MS,         /* uint32_t, a duration */
	ROW_CHOICE,     /* an enum: which of words */
};

struct ptype_row {
	const char *name; /* NULL ends a table */
	enum row_kind kind;
	size_t at;
	size_t set_at; /* of a bool "it was set"; 0: none */
	const char *const *words; /* CHOICE */
	uint32_t min, max;        /* NUMBER; max 0: any */
};

/* What a reading of one file shares. */
struct ptype_reading {
	struct ptype *type;
	struct faults *faults;
	bool no_memory;
};

/*
 * Puts what s sets into target; what no row names is a fault, but for `also`
 * (NULL-ended, may be NULL).
 */
void ptype_row_read(struct ptype_reading *r, const struct config_section *s,
		    const struct ptype_row *rows, const char *const *also,
		    void *target);
/* Frees what the rows have put there. */
void ptype_row_done(const struct ptype_row *rows, void *target);

void ptype_fault(struct ptype_reading *r, const struct config_setting *s,
		 const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Single conditions and words, for those inside JSON templates. */
int ptype_condition_parse(const char *text, struct ptype_condition *ret);
void ptype_condition_done(struct ptype_condition *c);
/* n: no such word. */
size_t ptype_word(const char *const *words, const char *text);

#endif
