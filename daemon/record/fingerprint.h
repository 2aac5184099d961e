/*
 * fingerprint - is a section of the new configuration the same as before?
 *
 * Pure. Two sections with the same fingerprint mean the same, wherever in
 * the file they stand and in whatever order lists of names are kept.
 */
#ifndef DAEMON_FINGERPRINT_H
#define DAEMON_FINGERPRINT_H

#include <stdint.h>

#include "config/config.h"

/* Of everything in a source but its name. shipped: its default reflectors. */
uint64_t fingerprint_source(const struct config_source *s,
			    const struct config_strings *shipped4,
			    const struct config_strings *shipped6);

/* Of what one record says about itself: not its name, providers, source. */
uint64_t fingerprint_record(const struct config_record *r);

/* Of the resolver section. */
uint64_t fingerprint_resolver(const struct config *c);

#endif
