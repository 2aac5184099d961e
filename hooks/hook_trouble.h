/*
 * hook_trouble - which hooks fail at which events, and how often in a row: a
 * failure is told when it begins and when it ends, not a thousand times
 * between.
 *
 * Pure, but for its own memory.
 */
#ifndef HOOKS_HOOK_TROUBLE_H
#define HOOKS_HOOK_TROUBLE_H

struct hook_trouble;

/* All zero: none. */
struct hook_troubles {
	struct hook_trouble *first;
	unsigned int n;
};

/* How often now, in a row. 1 as well where there is no room to remember. */
unsigned int hook_trouble_began(struct hook_troubles *all, const char *name,
				const char *event);
/* It went well: how many failures that ended; 0: none. */
unsigned int hook_trouble_ended(struct hook_troubles *all, const char *name,
				const char *event);
void hook_troubles_done(struct hook_troubles *all);

#endif
