/*
 * nl_attr - netlink messages of a datagram, and the attributes of a message.
 *
 * Pure. Whatever the lengths in the bytes say, nothing outside them is read.
 */
#ifndef NET_NL_ATTR_H
#define NET_NL_ATTR_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct nlattr;
struct nlmsghdr;

/* What an attribute's payload must measure; min 0: not wanted. */
struct nl_policy {
	uint16_t min;
	uint16_t max; /* 0: as long as it likes, structs grow */
};

/* Messages and attributes begin at multiples of 4. */
static inline size_t nl_align(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/*
 * The message at *at of a datagram (aligned to 4), and *at moved behind it:
 * 1; 0 at the end; -EBADMSG for what is no message.
 */
int nl_msg_next(const void *data, size_t len, size_t *at,
		const struct nlmsghdr **ret);

/*
 * What an NLMSG_ERROR, or the end of a dump, says: 0 or -errno; -EBADMSG for
 * what is no error number.
 */
int nl_msg_status(const struct nlmsghdr *h);

/*
 * The attributes behind a family header of hdr_len bytes: tb[type] is the
 * last one of its type or NULL, for types below n. 0 or -EBADMSG; the
 * unknown is skipped.
 */
int nl_attr_collect(const struct nlmsghdr *h, size_t hdr_len,
		    const struct nl_policy *policy, const struct nlattr **tb,
		    size_t n);
/* The same for a bare run of attributes (aligned to 4). */
int nl_attr_collect_in(const void *data, size_t len,
		       const struct nl_policy *policy,
		       const struct nlattr **tb, size_t n);

/* 0, or -EBADMSG where the payload is no address of the family. */
int nl_attr_addr(const struct nlattr *a, int family, struct addr *ret);

/*
 * A route's gateway from RTA_GATEWAY or RTA_VIA, either of which may be NULL:
 * an IPv4 route may go by an IPv6 neighbour (RFC 5549). Neither: *ret is
 * untouched. via has been collected with a least size of struct rtvia.
 * 0 or -EBADMSG.
 */
int nl_attr_gateway(const struct nlattr *gateway, const struct nlattr *via,
		    int family, struct addr *ret);

#endif
