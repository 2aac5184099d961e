/*
 * nl_build - rtnetlink messages as the kernel sends them, said in its terms.
 */
#ifndef TESTS_SUPPORT_NL_BUILD_H
#define TESTS_SUPPORT_NL_BUILD_H

#include <stdbool.h>
#include <stdint.h>

struct nlmsghdr;

#define NL_BUILD_SIZE 1024

/* Texts that are NULL, numbers that are 0, are left out. */
struct nl_build_link {
	uint16_t type;
	uint8_t family;
	int ifindex;
	uint32_t flags;
	const char *name, *kind;
	uint32_t master;
	uint8_t operstate;
	bool wireless;
	const char *altnames[4];
};

struct nl_build_addr {
	uint16_t type;
	uint8_t family;
	uint32_t ifindex;
	uint8_t prefix_len, scope;
	uint32_t flags; /* IFA_FLAGS, and its low bits in the header */
	bool header_flags_only;
	const char *address, *local;
	bool lifetimes;
	uint32_t preferred_s, valid_s;
	uint8_t protocol;
};

struct nl_build_hop {
	int ifindex;
	const char *gateway;
	uint8_t weight; /* 0: the list's end */
	bool dead;
};

struct nl_build_route {
	uint16_t type, nl_flags;
	uint8_t family;
	const char *dst, *src;
	uint8_t dst_len, src_len, tos;
	uint32_t rtm_flags;
	uint8_t rtm_type; /* 0: RTN_UNICAST */
	uint32_t table;   /* 0: main */
	uint32_t metric;
	const char *gateway, *via, *prefsrc;
	uint32_t oif, nexthop_id;
	struct nl_build_hop hops[3];
};

/* buf: NL_BUILD_SIZE bytes, aligned to 4. Each returns buf. */
struct nlmsghdr *nl_build_link(void *buf, const struct nl_build_link *l);
struct nlmsghdr *nl_build_addr(void *buf, const struct nl_build_addr *a);
struct nlmsghdr *nl_build_route(void *buf, const struct nl_build_route *r);

#endif
