/*
 * monitor - which links, addresses and default routes this machine has.
 *
 * A mirror of the kernel's tables, kept by RTNETLINK. It tells you that an
 * interface changed, never how: look at the mirror for that. One call may
 * stand for many messages, and a lost message costs a resync, not a wrong
 * answer.
 *
 * Knows nothing of records, names or servers.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct ev_loop;
struct monitor;

#define MONITOR_FOR_EVER UINT64_MAX

struct monitor_link {
	int ifindex;
	int master; /* ifindex of its bridge or bond; 0: none */
	char name[IFNAMSIZ];
	char kind[16]; /* IFLA_INFO_KIND: "veth", "bridge", "tun", … or "" */
	uint32_t flags; /* IFF_* */
	uint8_t operstate; /* IF_OPER_* */
	uint16_t type;     /* ARPHRD_* */
	/* Alternative names, each with its final NUL; an empty one ends them. */
	const char *altnames;
};

struct monitor_addr {
	struct addr addr; /* ours: IFA_LOCAL where there is one */
	/*
	 * IFA_ADDRESS: with point-to-point links the other end's, else ours.
	 * IPv4 may hold one address for several peers.
	 */
	struct addr peer;
	int ifindex;
	uint32_t flags; /* IFA_F_*, all 32 bits */
	uint8_t prefix_len;
	uint8_t scope;    /* RT_SCOPE_* */
	uint8_t protocol; /* IFAPROT_*; 0: unknown */
	uint64_t preferred_until_ms; /* monotonic, or MONITOR_FOR_EVER */
	uint64_t valid_until_ms;
};

/*
 * A default route (0/0 or what stands in for one). Where it has several next
 * hops, one of those that live: they follow one another, the heaviest first.
 */
struct monitor_route {
	int family;
	int ifindex;
	uint32_t table;
	uint32_t metric;
	struct addr gateway, prefsrc; /* family 0: none */
	/* 0, or that of what stands in for it: 0/1, 128/1, 2000::/3. */
	uint8_t dst_len;
	uint16_t weight; /* among several next hops, from 1; 0: the only one */
};

/* Of this address something was heard: it came, went, or is another now. */
struct monitor_touch {
	int ifindex;
	struct addr addr;
};

/*
 * Once per interface and loop turn, from the event loop, never from inside a
 * monitor_*() call. ifindex 0: look at all of them (first dump, resync,
 * another rule of policy routing).
 * heard_ns is the monotonic time at which the first of the messages was
 * read. Any monitor_*() function but monitor_free() may be called in it.
 */
typedef void monitor_changed_fn(void *user, int ifindex, uint64_t heard_ns);

/*
 * Opens the sockets, joins the groups, then dumps; the dump is done when
 * this returns, and changed() follows with ifindex 0. One that is interrupted
 * again and again is finished from the loop. 0 or -errno.
 */
int monitor_new(struct ev_loop *loop, monitor_changed_fn *changed, void *user,
		struct monitor **ret);
void monitor_free(struct monitor *m);

/*
 * In changed(): the kernel was asked how it routes, which follows an IPv4
 * address only after it is announced. If there was such an one, what is told
 * now is told a second time when that is done.
 */
void monitor_repeat(struct monitor *m);

/* Dumps anew in the next loop turn; changed(0) follows. */
void monitor_resync(struct monitor *m);
/* How often that was needed since the start. */
unsigned int monitor_resyncs(const struct monitor *m);

/*
 * In changed(), for the interface that it tells of: the addresses that were
 * heard of, among those of other interfaces and maybe twice. NULL: more than
 * addresses has changed, or too many of them: look at all.
 */
const struct monitor_touch *monitor_touched(const struct monitor *m,
					    int ifindex, size_t *ret_n);

/*
 * These are borrowed until the loop turns. Links are in order of ifindex;
 * addresses of one interface are in the kernel's order of announcement, and
 * among them may be some of family 0, which are none.
 */
const struct monitor_link *monitor_links(const struct monitor *m,
					 size_t *ret_n);
const struct monitor_link *monitor_link(const struct monitor *m, int ifindex);
/* Is this its name, or one of its alternative names? glob as in str_glob(). */
bool monitor_link_named(const struct monitor_link *link, const char *glob);
const struct monitor_addr *monitor_addrs(const struct monitor *m, int ifindex,
					 size_t *ret_n);
/* This one address, which ifindex must hold; NULL: it does not. */
const struct monitor_addr *monitor_addr(const struct monitor *m, int ifindex,
					const struct addr *a);
const struct monitor_route *monitor_routes(const struct monitor *m,
					   size_t *ret_n);

#endif
