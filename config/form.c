#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "config/domain.h"
#include "config/form.h"

#define NAME_MAX_BYTES 63
#define INTERFACE_MAX_BYTES 127 /* ALTIFNAMSIZ - 1 */
#define REFLECTOR_MAX_BYTES 512
#define MAC_BYTES 6

/* Printable ASCII, no white space. */
static bool is_graphic(const char *text, size_t max)
{
	size_t n = 0;

	for (; text[n]; n++)
		if (text[n] <= ' ' || text[n] >= 0x7f)
			return false;
	return n > 0 && n <= max;
}

const char *form_name(const char *text)
{
	static const char extra[] = ".-_";

	if (!is_graphic(text, NAME_MAX_BYTES))
		return "a name of 1 to 63 letters, digits, \".\", \"-\", \"_\"";
	for (const char *p = text; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && !strchr(extra, *p))
			return "a name of 1 to 63 letters, digits, \".\", "
			       "\"-\", \"_\"";
	return NULL;
}

const char *form_interface(const char *text)
{
	/* The kernel's dev_valid_name(), and room for a pattern. */
	if (!is_graphic(text, INTERFACE_MAX_BYTES) || strchr(text, '/') ||
	    strchr(text, ':') || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0)
		return "an interface name or pattern";
	return NULL;
}

const char *form_server(const char *text)
{
	char host[DOMAIN_SIZE + 1], name[DOMAIN_SIZE];
	const char *why;
	struct addr a;
	uint16_t port;

	if (addr_parse_endpoint(text, 53, &a, &port, host, sizeof(host)) < 0 ||
	    (a.family == 0 && domain_normalize(host, name, &why) < 0))
		return "a host name or address, with or without :port";
	return NULL;
}

const char *form_address(const char *text)
{
	struct addr a;
	uint16_t port;

	if (addr_parse_endpoint(text, 53, &a, &port, NULL, 0) < 0)
		return "an address, with or without :port";
	return NULL;
}

const char *form_reflector(const char *text)
{
	return is_graphic(text, REFLECTOR_MAX_BYTES) ? NULL : "a reflector";
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool mac_parse(const char *text, uint8_t ret[MAC_BYTES])
{
	uint8_t mac[MAC_BYTES];

	for (size_t i = 0; i < MAC_BYTES; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);
		char end = low < 0 ? '\0' : text[2];

		if (low < 0)
			return false;
		if (i == MAC_BYTES - 1 ? end != '\0'
				       : end != ':' && end != '-')
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret, mac, MAC_BYTES);
	return true;
}

/* RFC 4291, appendix A: ff:fe in the middle, the u/l bit turned over. */
static int host_from_mac(const uint8_t mac[MAC_BYTES], unsigned int prefix,
			 struct addr *ret, const char **ret_why)
{
	static const uint8_t none[MAC_BYTES];
	struct addr a = { .family = AF_INET6 };

	if (prefix > 64) {
		*ret_why = "a MAC address fills 64 bits: ipv6-prefix-length "
			   "is too long for it";
		return -EINVAL;
	}
	if ((mac[0] & 1) || memcmp(mac, none, sizeof(none)) == 0) {
		*ret_why = "no host has this MAC address";
		return -EINVAL;
	}
	memcpy(a.bytes + 8, mac, 3);
	a.bytes[8] ^= 0x02;
	a.bytes[11] = 0xff;
	a.bytes[12] = 0xfe;
	memcpy(a.bytes + 13, mac + 3, 3);
	*ret = a;
	return 0;
}

int form_ipv6_host(const char *text, unsigned int prefix_length,
		   struct addr *ret, const char **ret_why)
{
	static const struct addr none = { .family = AF_INET6 };
	uint8_t mac[MAC_BYTES];
	struct addr a;

	if (mac_parse(text, mac))
		return host_from_mac(mac, prefix_length, ret, ret_why);
	if (addr_parse(text, &a) < 0 || a.family != AF_INET6) {
		*ret_why = "it is neither an interface identifier such as "
			   "::10:20ff:fe30:4050 nor a MAC address";
		return -EINVAL;
	}
	if (!addr_in(&a, &none, prefix_length)) {
		*ret_why = "the bits before ipv6-prefix-length must be zero";
		return -EINVAL;
	}
	/* RFC 4291, section 2.6.1: that is the routers' anycast address. */
	if (addr_equal(&a, &none)) {
		*ret_why = "it must not be all zero";
		return -EINVAL;
	}
	*ret = a;
	return 0;
}
