/*
 * form - what texts in the configuration may look like. Pure.
 */
#ifndef CONFIG_FORM_H
#define CONFIG_FORM_H

#include "base/addr.h"

/*
 * Each returns NULL where text has that form, else what it should have been
 * ("an interface name").
 */
const char *form_name(const char *text);      /* of an account, an owner… */
const char *form_interface(const char *text); /* or a glob of such */
const char *form_server(const char *text);    /* host or address, :port */
const char *form_address(const char *text);   /* address, :port */
const char *form_reflector(const char *text); /* one word; no more is known */

/*
 * "::10:20ff:fe30:4050", or a MAC address ("02:00:5e:10:20:30", also with
 * "-"), which becomes a modified EUI-64 (RFC 4291, appendix A): an address
 * whose bits before the last bits are zero, and not all of those.
 * 0, or -EINVAL with a reason in *ret_why.
 */
int form_ipv6_host(const char *text, unsigned int prefix_length,
		   struct addr *ret, const char **ret_why);

#endif
