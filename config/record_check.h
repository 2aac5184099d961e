/*
 * record_check - the part of a record's checks that looks at other settings.
 *
 * Private to config/config.c.
 */
#ifndef CONFIG_RECORD_CHECK_H
#define CONFIG_RECORD_CHECK_H

#include "config/sections.h"

/*
 * Makes draft->record whole: name, providers, source, families, ipv6_host,
 * checked against c's providers and sources (all of them are there). What is
 * wrong is added to faults. 0 or -ENOMEM.
 */
int record_check_finish(const struct config *c,
			const struct config_section *s,
			struct record_draft *draft, struct faults *faults);

void record_check_draft_done(struct record_draft *draft);
void record_check_done(struct config_record *record);

#endif
