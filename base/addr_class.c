#include "config.h"

#include <stddef.h>

#include "base/addr_class.h"

/*
 * The most specific entries come first: the first match decides. All entries
 * of both registries are here, those that they call globally reachable as
 * ADDR_GLOBAL; and some of the address space registries', as marked.
 */
static const struct entry {
	struct addr net;
	unsigned int prefix_len;
	enum addr_class class;
	const char *name;
} entries[] = {
#define V4(a, b, c, d) { AF_INET, { a, b, c, d } }
#define V6(...) { AF_INET6, { __VA_ARGS__ } }
	/* iana-ipv4-special-registry */
	{ V4(192, 0, 0, 8), 32, ADDR_SPECIAL, "IPv4 dummy address" },
	{ V4(192, 0, 0, 9), 32, ADDR_GLOBAL, "PCP Anycast" },
	{ V4(192, 0, 0, 10), 32, ADDR_GLOBAL, "TURN Anycast" },
	{ V4(192, 0, 0, 170), 31, ADDR_SPECIAL, "NAT64/DNS64 Discovery" },
	{ V4(192, 0, 0, 0), 29, ADDR_SHARED, "IPv4 Service Continuity" },
	{ V4(192, 0, 0, 0), 24, ADDR_SPECIAL, "IETF Protocol Assignments" },
	{ V4(0, 0, 0, 0), 32, ADDR_SPECIAL, "This host on this network" },
	{ V4(0, 0, 0, 0), 8, ADDR_SPECIAL, "This network" },
	{ V4(10, 0, 0, 0), 8, ADDR_PRIVATE, "Private-Use" },
	{ V4(100, 64, 0, 0), 10, ADDR_SHARED, "Shared Address Space" },
	{ V4(127, 0, 0, 0), 8, ADDR_LOOPBACK, "Loopback" },
	{ V4(169, 254, 0, 0), 16, ADDR_LINK_LOCAL, "Link Local" },
	{ V4(172, 16, 0, 0), 12, ADDR_PRIVATE, "Private-Use" },
	{ V4(192, 0, 2, 0), 24, ADDR_DOCUMENTATION, "Documentation" },
	{ V4(192, 31, 196, 0), 24, ADDR_GLOBAL, "AS112-v4" },
	{ V4(192, 52, 193, 0), 24, ADDR_GLOBAL, "AMT" },
	{ V4(192, 88, 99, 2), 32, ADDR_SPECIAL, "6a44-relay anycast" },
	{ V4(192, 88, 99, 0), 24, ADDR_SPECIAL, "6to4 Relay Anycast" },
	{ V4(192, 168, 0, 0), 16, ADDR_PRIVATE, "Private-Use" },
	{ V4(192, 175, 48, 0), 24, ADDR_GLOBAL, "AS112 Service" },
	{ V4(198, 18, 0, 0), 15, ADDR_SPECIAL, "Benchmarking" },
	{ V4(198, 51, 100, 0), 24, ADDR_DOCUMENTATION, "Documentation" },
	{ V4(203, 0, 113, 0), 24, ADDR_DOCUMENTATION, "Documentation" },
	{ V4(255, 255, 255, 255), 32, ADDR_SPECIAL, "Limited Broadcast" },
	{ V4(240, 0, 0, 0), 4, ADDR_SPECIAL, "Reserved" },
	/* ipv4-address-space */
	{ V4(224, 0, 0, 0), 4, ADDR_MULTICAST, "Multicast" },
	/* iana-ipv6-special-registry */
	{ V6(0), 128, ADDR_SPECIAL, "Unspecified" },
	{ V6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 128,
	  ADDR_LOOPBACK, "Loopback" },
	{ V6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff), 96, ADDR_SPECIAL,
	  "IPv4-mapped" },
	/* Reachable, but by a translator: nobody holds such an address. */
	{ V6(0, 0x64, 0xff, 0x9b), 96, ADDR_SPECIAL, "NAT64" },
	{ V6(0, 0x64, 0xff, 0x9b, 0, 1), 48, ADDR_SPECIAL, "Local NAT64" },
	{ V6(0x01, 0), 64, ADDR_SPECIAL, "Discard-Only" },
	{ V6(0x01, 0, 0, 0, 0, 0, 0, 1), 64, ADDR_SPECIAL, "Dummy Prefix" },
	{ V6(0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 128,
	  ADDR_GLOBAL, "PCP Anycast" },
	{ V6(0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2), 128,
	  ADDR_GLOBAL, "TURN Anycast" },
	{ V6(0x20, 0x01, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3), 128,
	  ADDR_GLOBAL, "DNS-SD Anycast" },
	{ V6(0x20, 0x01, 0, 2), 48, ADDR_SPECIAL, "Benchmarking" },
	{ V6(0x20, 0x01, 0, 4, 0x01, 0x12), 48, ADDR_GLOBAL, "AS112-v6" },
	{ V6(0x20, 0x01, 0, 0), 32, ADDR_SPECIAL, "TEREDO" },
	{ V6(0x20, 0x01, 0, 3), 32, ADDR_GLOBAL, "AMT" },
	{ V6(0x20, 0x01, 0, 0x10), 28, ADDR_SPECIAL, "Deprecated ORCHID" },
	{ V6(0x20, 0x01, 0, 0x20), 28, ADDR_GLOBAL, "ORCHIDv2" },
	{ V6(0x20, 0x01, 0, 0x30), 28, ADDR_GLOBAL, "Drone Remote ID" },
	{ V6(0x20, 0x01, 0, 0), 23, ADDR_SPECIAL,
	  "IETF Protocol Assignments" },
	{ V6(0x20, 0x01, 0x0d, 0xb8), 32, ADDR_DOCUMENTATION,
	  "Documentation" },
	{ V6(0x20, 0x02), 16, ADDR_SPECIAL, "6to4" },
	{ V6(0x26, 0x20, 0, 0x4f, 0x80), 48, ADDR_GLOBAL, "AS112 Service" },
	{ V6(0x3f, 0xff), 20, ADDR_DOCUMENTATION, "Documentation" },
	{ V6(0x5f, 0x00), 16, ADDR_SPECIAL, "Segment Routing SIDs" },
	{ V6(0xfc), 7, ADDR_UNIQUE_LOCAL, "Unique-Local" },
	{ V6(0xfe, 0x80), 10, ADDR_LINK_LOCAL, "Link-Local Unicast" },
	/* ipv6-address-space: all outside 2000::/3 is no global unicast. */
	{ V6(0xfe, 0xc0), 10, ADDR_SPECIAL, "Site-Local" },
	{ V6(0xff), 8, ADDR_MULTICAST, "Multicast" },
	{ V6(0x20), 3, ADDR_GLOBAL, NULL },
	{ V6(0), 0, ADDR_SPECIAL, "Not global unicast" },
};

/*
 * Nearly all addresses that people have lie where no entry is: there is then
 * no need to compare with each of them. False only says: look.
 */
static bool is_plainly_global(const struct addr *a)
{
	uint8_t first = a->bytes[0];

	if (a->family == AF_INET6)
		return (first == 0x20 && a->bytes[1] > 2) ||
		       (first > 0x20 && first < 0x3f && first != 0x26);
	if (a->family != AF_INET || first >= 224)
		return false;
	switch (first) {
	case 0:
	case 10:
	case 100:
	case 127:
	case 169:
	case 172:
	case 192:
	case 198:
	case 203:
		return false;
	default:
		return true;
	}
}

enum addr_class addr_class(const struct addr *a, const char **ret_name)
{
	enum addr_class class = ADDR_GLOBAL;
	const char *name = NULL;

	if (is_plainly_global(a)) {
		if (ret_name)
			*ret_name = NULL;
		return ADDR_GLOBAL;
	}
	if (addr_len(a->family) == 0) {
		class = ADDR_NONE;
		name = "none";
	}
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (addr_in(a, &entries[i].net, entries[i].prefix_len)) {
			class = entries[i].class;
			name = class == ADDR_GLOBAL ? NULL : entries[i].name;
			break;
		}
	if (ret_name)
		*ret_name = name;
	return class;
}
