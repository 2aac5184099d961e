/*
 * addr - one IPv4 or IPv6 address, as a value.
 *
 * Pure. Knows nothing of ports, names or whether an address is any good.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Room for the longest text of an address, with its final NUL. */
#define ADDR_STRLEN 46

/* bytes in network order; those past addr_len() are zero. */
struct addr {
	uint16_t family; /* AF_INET, AF_INET6; 0: none */
	uint8_t bytes[16];
};

/* 4 for AF_INET, 16 for AF_INET6, else 0. */
size_t addr_len(int family);

/* 0, or -EAFNOSUPPORT, or -EINVAL where len is not the family's. */
int addr_from_bytes(int family, const void *bytes, size_t len,
		    struct addr *ret);

/*
 * The whole text must be one address of either family, without brackets,
 * prefix length or zone. 0 or -EINVAL.
 */
int addr_parse(const char *text, struct addr *ret);

/* The text of RFC 5952 for IPv6; "none" for no address. Returns out. */
const char *addr_print(const struct addr *a, char out[ADDR_STRLEN]);

bool addr_equal(const struct addr *a, const struct addr *b);
/* Orders by family, then bytes; for qsort. */
int addr_compare(const struct addr *a, const struct addr *b);

/* Are the first prefix_len bits of a those of net (same family)? */
bool addr_in(const struct addr *a, const struct addr *net,
	     unsigned int prefix_len);

/* Returns the length to give to connect() and friends; 0 for no address. */
socklen_t addr_to_sockaddr(const struct addr *a, uint16_t port,
			   struct sockaddr_storage *ret);
/* ret_port may be NULL. 0 or -EAFNOSUPPORT. */
int addr_from_sockaddr(const struct sockaddr *sa, struct addr *ret,
		       uint16_t *ret_port);

/*
 * "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53", or, where
 * ret_host is given, the same with a host name. port_default is used where
 * the text names none. A host is copied into ret_host (host_size bytes) and
 * leaves *ret without family. 0 or -EINVAL.
 */
int addr_parse_endpoint(const char *text, uint16_t port_default,
			struct addr *ret, uint16_t *ret_port, char *ret_host,
			size_t host_size);

#endif
