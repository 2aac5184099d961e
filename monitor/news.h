/*
 * news - what has changed since it was last told, and since when.
 *
 * Of addresses it remembers which, so that whoever is told need not look at
 * all of them. What does not fit is told less exactly, never left out. Pure.
 */
#ifndef MONITOR_NEWS_H
#define MONITOR_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "monitor/monitor.h"

#define NEWS_LINKS 64
#define NEWS_ADDRS 512

struct news_link {
	int ifindex;
	uint64_t heard_ns;
	bool whole; /* more than addresses, or more than were noted */
};

/* All zero: none. */
struct news {
	struct news_link links[NEWS_LINKS];
	struct monitor_touch addrs[NEWS_ADDRS];
	size_t n_links, n_addrs;
	bool all; /* stands for all links, and more */
	uint64_t all_ns;
};

void news_clear(struct news *n);
void news_all(struct news *n, uint64_t heard_ns);
/* Something about this interface; 0: about all of them. */
void news_link(struct news *n, int ifindex, uint64_t heard_ns);
/* This address of it, and nothing else. */
void news_addr(struct news *n, int ifindex, const struct addr *a,
	       uint64_t heard_ns);

/* Since when something is to be told; UINT64_MAX: nothing is. */
uint64_t news_since_ns(const struct news *n);
/* As monitor_touched(). */
const struct monitor_touch *news_touched(const struct news *n, int ifindex,
					 size_t *ret_n);

#endif
