/*
 * plan - from what a provider holds to what is to be changed (pure).
 */
#ifndef NOTIFY_PLAN_H
#define NOTIFY_PLAN_H

#include "notify/types/thing.h"

enum plan_verdict {
	PLAN_CHANGE,
	PLAN_SAME,      /* nothing to do */
	PLAN_FORBIDDEN, /* it is not there and must not be made */
};

/*
 * family->records is an array of objects with "value" and maybe "id", "ttl"
 * and others. Its things for update, create and delete and its variables are
 * made anew. *ret is written at 0. 0 or -ENOMEM.
 */
int plan_make(const struct ptype *p, struct thing *family,
	      enum plan_verdict *ret);

#endif
