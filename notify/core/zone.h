/*
 * zone - in which zone a name is, and who its primary server is (pure).
 */
#ifndef NOTIFY_ZONE_H
#define NOTIFY_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "config/domain.h"

struct zone {
	char name[DOMAIN_SIZE];    /* "" is the root */
	char primary[DOMAIN_SIZE]; /* the SOA's MNAME */
};

/*
 * What the answer to an SOA question about name says: the SOA of the answer
 * or authority section whose owner is at or above name (the one of a CNAME's
 * target is not). 0, -ENOENT where there is none, -EBADMSG, or -EACCES where
 * the server refuses to tell.
 */
int zone_from_answer(const char *name, const uint8_t *query, size_t query_len,
		     const uint8_t *data, size_t len, struct zone *ret);

#endif
