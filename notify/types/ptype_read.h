/*
 * ptype_read - steps and their sections. Private to ptype.c.
 */
#ifndef NOTIFY_PTYPE_READ_H
#define NOTIFY_PTYPE_READ_H

#include "notify/types/ptype_row.h"

extern const struct ptype_row ptype_step_rows[], ptype_read_rows[],
	ptype_records_rows[], ptype_answer_rows[], ptype_let_rows[],
	ptype_part_rows[];

void ptype_section_fault(struct ptype_reading *r,
			 const struct config_section *s, const char *text);
/* Room for one more, zeroed; NULL and r->no_memory. */
void *ptype_grow(struct ptype_reading *r, void *items, size_t n, size_t size);
void ptype_take_step(struct ptype_reading *r, const struct config_section *s);
void ptype_take_answer(struct ptype_reading *r,
		       const struct config_section *s,
		       struct ptype_answers *to);
void ptype_take_let(struct ptype_reading *r, const struct config_section *s,
		    struct ptype_let **lets, size_t *n);

#endif
