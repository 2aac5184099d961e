/*
 * plan - from one configuration to the next, without disturbing what stays.
 *
 * A plan holds what the new configuration needs: objects of the present
 * setup that go on as they are, and new ones. Making one changes nothing
 * and may fail; carrying it out cannot.
 */
#ifndef DAEMON_PLAN_H
#define DAEMON_PLAN_H

#include <stddef.h>

#include "daemon/setup/setup.h"

struct plan;

/* config and accounts are borrowed. 0, -ENOMEM, or -ESTALE: they differ. */
int plan_new(struct setup *s, struct config *config,
	     const struct notify_account *accounts, size_t n_accounts,
	     struct plan **ret);

/*
 * The setup is now what was planned; it takes the configuration over, and
 * frees the one before with all that is not kept. The plan is freed.
 */
void plan_carry_out(struct plan *p);

/* Frees what was made for it. NULL is fine. */
void plan_free(struct plan *p);

#endif
