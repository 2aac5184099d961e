/*
 * own - the addresses that are ours, and those that were: a name server at
 * one of these is this very gateway, whatever DNS still says of it.
 *
 * Pure. Only the latest few are remembered.
 */
#ifndef DAEMON_OWN_H
#define DAEMON_OWN_H

#include <stddef.h>

#include "base/addr.h"

#define OWN_MOST 16

struct own {
	struct addr now4, now6; /* family 0: none known */
	struct addr were[OWN_MOST];
	size_t n_were;
	size_t oldest; /* the place that is given away next, once full */
};

/* It is ours. An address without family is nothing. */
void own_is(struct own *o, const struct addr *a);
/* It was ours, and is not any more. */
void own_was(struct own *o, const struct addr *a);

#endif
