/*
 * fuzz_route - what the kernel answers to RTM_GETROUTE: a byte that says of
 * which family the question was, and a datagram.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "net/route_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define UNTOUCHED 99

static void check_reply(const struct route_reply *r, int family)
{
	if (r->ifindex < 0 || r->dst_len > 8 * addr_len(family))
		abort();
	if (r->source.family != 0 && r->source.family != family)
		abort();
	if (r->gateway.family != 0 && addr_len(r->gateway.family) == 0)
		abort();
	if (route_reply_is_default(r, family) &&
	    (route_reply_is_barred(r) || r->dst_len > 3))
		abort();
}

static int read_as(const void *data, size_t len, uint32_t seq, int family)
{
	struct route_reply got = { .type = UNTOUCHED };
	int r = route_reply_read(data, len, seq, family, &got);

	if (r > 0 || r < -4095)
		abort();
	if (r == 0)
		check_reply(&got, family);
	else if (got.type != UNTOUCHED)
		abort();
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct nlmsghdr h = { 0 };
	uint8_t *copy;
	int family;

	if (len == 0)
		return 0;
	family = data[0] & 1 ? AF_INET6 : AF_INET;
	data++;
	len--;
	/* Of the exact size, so that a read past it is seen; and aligned. */
	copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, data, len);
	if (len >= sizeof(h))
		memcpy(&h, data, sizeof(h));
	(void)read_as(copy, len, h.nlmsg_seq, family);
	if (read_as(copy, len, h.nlmsg_seq + 1, family) != -ENOMSG)
		abort();
	free(copy);
	return 0;
}
