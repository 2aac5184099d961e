#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/str.h"

size_t addr_len(int family)
{
	if (family == AF_INET)
		return 4;
	return family == AF_INET6 ? 16 : 0;
}

int addr_from_bytes(int family, const void *bytes, size_t len,
		    struct addr *ret)
{
	struct addr a = { .family = (uint16_t)family };

	if (addr_len(family) == 0)
		return -EAFNOSUPPORT;
	if (len != addr_len(family))
		return -EINVAL;
	memcpy(a.bytes, bytes, len);
	*ret = a;
	return 0;
}

int addr_parse(const char *text, struct addr *ret)
{
	struct addr a = { 0 };

	a.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a.family, text, a.bytes) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

/* inet_ntop() would call sprintf(): felt on the way of an update. */
static void print_ipv4(const uint8_t bytes[4], char *out)
{
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			*out++ = '.';
		if (bytes[i] >= 100)
			*out++ = (char)('0' + bytes[i] / 100);
		if (bytes[i] >= 10)
			*out++ = (char)('0' + bytes[i] / 10 % 10);
		*out++ = (char)('0' + bytes[i] % 10);
	}
	*out = '\0';
}

const char *addr_print(const struct addr *a, char out[ADDR_STRLEN])
{
	if (a->family == AF_INET)
		print_ipv4(a->bytes, out);
	else if (addr_len(a->family) == 0 ||
		 !inet_ntop(a->family, a->bytes, out, ADDR_STRLEN))
		memcpy(out, "none", sizeof("none"));
	return out;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, addr_len(a->family));
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

bool addr_in(const struct addr *a, const struct addr *net,
	     unsigned int prefix_len)
{
	size_t whole = prefix_len / 8;
	unsigned int rest = prefix_len % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (a->family != net->family || prefix_len > 8 * addr_len(a->family))
		return false;
	if (memcmp(a->bytes, net->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       ((a->bytes[whole] ^ net->bytes[whole]) & mask) == 0;
}

socklen_t addr_to_sockaddr(const struct addr *a, uint16_t port,
			   struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (a->family == AF_INET) {
		struct sockaddr_in *sin = (struct sockaddr_in *)ret;

		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, a->bytes, 4);
		return sizeof(*sin);
	}
	if (a->family == AF_INET6) {
		struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ret;

		sin6->sin6_family = AF_INET6;
		sin6->sin6_port = htons(port);
		memcpy(&sin6->sin6_addr, a->bytes, 16);
		return sizeof(*sin6);
	}
	return 0;
}

int addr_from_sockaddr(const struct sockaddr *sa, struct addr *ret,
		       uint16_t *ret_port)
{
	struct addr a = { .family = sa->sa_family };
	uint16_t port;

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *sin = (const void *)sa;

		memcpy(a.bytes, &sin->sin_addr, 4);
		port = ntohs(sin->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *sin6 = (const void *)sa;

		memcpy(a.bytes, &sin6->sin6_addr, 16);
		port = ntohs(sin6->sin6_port);
	} else {
		return -EAFNOSUPPORT;
	}
	*ret = a;
	if (ret_port)
		*ret_port = port;
	return 0;
}

/* Where does the port's text begin in "host:port"? NULL: it names none. */
static const char *endpoint_split(const char *text, const char **host,
				  size_t *host_len)
{
	const char *colon = strrchr(text, ':');
	const char *close;

	*host = text;
	if (text[0] == '[') {
		close = strchr(text, ']');
		*host = text + 1;
		*host_len = close ? (size_t)(close - *host) : 0;
		if (!close || (close[1] != '\0' && close[1] != ':'))
			*host_len = 0;
		return close && close[1] == ':' ? close + 2 : NULL;
	}
	if (colon && colon == strchr(text, ':')) {
		*host_len = (size_t)(colon - text);
		return colon + 1;
	}
	*host_len = strlen(text); /* no colon, or a bare IPv6 address */
	return NULL;
}

int addr_parse_endpoint(const char *text, uint16_t port_default,
			struct addr *ret, uint16_t *ret_port, char *ret_host,
			size_t host_size)
{
	char host[256];
	const char *start, *port_text;
	struct addr a = { 0 };
	uint32_t port = port_default;
	size_t len = 0;

	port_text = endpoint_split(text, &start, &len);
	if (len == 0 || len >= sizeof(host))
		return -EINVAL;
	memcpy(host, start, len);
	host[len] = '\0';
	if (port_text &&
	    (str_to_u32(port_text, UINT16_MAX, &port) < 0 || port == 0))
		return -EINVAL;
	if (addr_parse(host, &a) < 0) {
		if (!ret_host || len >= host_size || strchr(host, ':') ||
		    text[0] == '[')
			return -EINVAL;
		memcpy(ret_host, host, len + 1);
	}
	*ret = a;
	*ret_port = (uint16_t)port;
	return 0;
}
