/*
 * fuzz_nl - a datagram of rtnetlink messages: all parsers, and the mirror
 * behind them.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "monitor/nl_rule.h"
#include "monitor/table.h"
#include "net/nl_attr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The longest input that libFuzzer or the corpus give. */
#define MOST (1 << 20)

static void check_text(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

static void take(struct table *t, const struct nlmsghdr *h)
{
	struct nl_link link;
	struct nl_addr addr;
	struct nl_route route;
	uint32_t rule_table = RT_TABLE_LOCAL;

	/* Each parser sees each message: they are not to trust its type. */
	if (nl_link_parse(h, &link) == 0) {
		check_text(link.link.name, sizeof(link.link.name));
		check_text(link.link.kind, sizeof(link.link.kind));
		if (link.link.ifindex <= 0 || !link.link.name[0])
			abort();
		(void)table_take_link(t, &link);
	}
	if (nl_addr_parse(h, 1000, &addr) == 0) {
		if (addr.addr.ifindex <= 0 ||
		    addr.addr.prefix_len > 8 * addr_len(addr.addr.addr.family))
			abort();
		(void)table_take_addr(t, &addr);
	}
	if (nl_route_parse(h, &route) == 0) {
		if (addr_len(route.route.family) == 0 ||
		    (route.unicast && route.route.ifindex <= 0))
			abort();
		for (size_t i = 0; i < route.n_hops; i++)
			if (route.hops[i].ifindex <= 0)
				abort();
		(void)table_take_route(t, &route);
	}
	if (nl_rule_parse(h, &rule_table) == 0 && rule_table == RT_TABLE_LOCAL)
		abort();
	if (nl_msg_status(h) > 0 || nl_msg_status(h) < -4095)
		abort();
}

static void check_mirror(struct table *t)
{
	size_t n, n_addrs, names = 0;
	const struct monitor_link *links = table_links(t, &n);

	for (size_t i = 0; i < n; i++) {
		const struct monitor_addr *a =
			table_addrs(t, links[i].ifindex, &n_addrs);

		for (const char *s = links[i].altnames; *s; s += strlen(s) + 1)
			names++;
		if (i > 0 && links[i - 1].ifindex >= links[i].ifindex)
			abort();
		for (size_t k = 0; k < n_addrs; k++)
			if (a[k].addr.family != 0 &&
			    (a[k].ifindex != links[i].ifindex ||
			     !table_addr(t, links[i].ifindex, &a[k].addr)))
				abort();
	}
	if (names > MOST / sizeof(struct nlattr))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* Of the exact size, so that a read past it is seen; and aligned. */
	uint8_t *copy = malloc(len ? len : 1);
	struct table *t = table_new();
	const struct nlmsghdr *h;
	size_t at = 0;

	if (!copy || !t)
		abort();
	memcpy(copy, data, len);
	while (nl_msg_next(copy, len, &at, &h) > 0)
		take(t, h);
	check_mirror(t);
	table_free(t);
	free(copy);
	return 0;
}
