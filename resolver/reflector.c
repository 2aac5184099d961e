#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr_class.h"
#include "base/str.h"
#include "resolver/natpmp.h"
#include "resolver/reflector.h"
#include "resolver/stun.h"
#include "resolver/whoami.h"

#define HTTPS_PORT 443
#define OPERATOR_ROUTER "router"

int reflector_refuse(char why[REFLECTOR_WHY_SIZE], int error,
		     const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(why, REFLECTOR_WHY_SIZE, format, ap);
	va_end(ap);
	return error;
}

bool reflector_is_name(const char *name)
{
	uint8_t query[DNS_QUERY_SIZE];

	for (const char *c = name; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("@/?#\\\"", *c))
			return false;
	return name[0] != '\0' &&
	       dns_query_build(name, DNS_A, DNS_IN, 0, false, false, 0,
			       query) > 0;
}

/*
 * Whose host is it? Its last two labels; three where these are as short as
 * "co.uk", under which everybody has a name. Not exact, but the error only
 * ever takes two for one.
 */
static const char *domain_of(const char *host)
{
	const char *dots[3] = { NULL, NULL, NULL }; /* the last comes first */
	size_t len = strlen(host);

	for (const char *c = host; *c; c++)
		if (*c == '.' && c[1] != '\0') {
			dots[2] = dots[1];
			dots[1] = dots[0];
			dots[0] = c;
		}
	if (!dots[1])
		return host;
	if ((size_t)(host + len - dots[0]) == 3 && dots[0] - dots[1] <= 4)
		return dots[2] ? dots[2] + 1 : host;
	return dots[1] + 1;
}

int reflector_server_parse(const char *text, uint16_t port_default,
			   struct reflector *r)
{
	char server[DNS_NAME_SIZE + 8], addr[ADDR_STRLEN];

	if (strlen(text) >= sizeof(server))
		return -EINVAL;
	(void)snprintf(server, sizeof(server), "%s", text);
	str_lower(server);
	if (addr_parse_endpoint(server, port_default, &r->addr, &r->port,
				r->host, sizeof(r->host)) < 0 ||
	    (r->addr.family == 0 && !reflector_is_name(r->host)))
		return -EINVAL;
	if (r->addr.family == 0)
		(void)snprintf(r->operator, sizeof(r->operator), "%s",
			       domain_of(r->host));
	else
		(void)snprintf(r->operator, sizeof(r->operator), "%s port %u",
			       addr_print(&r->addr, addr), r->port);
	return 0;
}

/* "HOST[:PORT]", and perhaps "?transport=tcp". */
static int stun_parse(const char *text, bool tcp, struct reflector *r)
{
	const char *query = strchr(text, '?');
	size_t len = query ? (size_t)(query - text) : strlen(text);
	char server[DNS_NAME_SIZE + 8];

	if (query && !tcp && strcmp(query, "?transport=tcp") == 0)
		tcp = true;
	else if (query && (tcp || strcmp(query, "?transport=udp") != 0))
		return -EINVAL;
	if (len == 0 || len >= sizeof(server))
		return -EINVAL;
	memcpy(server, text, len);
	server[len] = '\0';
	r->kind = tcp ? REFLECTOR_STUN_TCP : REFLECTOR_STUN;
	return reflector_server_parse(server, STUN_PORT, r);
}

/* "https://HOST[:PORT]/…", and perhaps "#/pointer" (RFC 6901, section 6). */
static int https_parse(const char *text, struct reflector *r)
{
	const char *host = text + strlen("https://");
	size_t len = strcspn(host, "/?#");
	const char *hash = strchr(text, '#');
	char server[DNS_NAME_SIZE + 8];

	if (len == 0 || len >= sizeof(server) ||
	    strlen(text) > REFLECTOR_TEXT_MAX || memchr(host, '@', len) ||
	    (hash && hash[1] != '/'))
		return -EINVAL;
	for (const char *c = text; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return -EINVAL;
	memcpy(server, host, len);
	server[len] = '\0';
	r->kind = REFLECTOR_HTTPS;
	r->url_len = hash ? (size_t)(hash - text) : strlen(text);
	return reflector_server_parse(server, HTTPS_PORT, r);
}

static int router_parse(enum reflector_kind kind, struct reflector *r)
{
	r->kind = kind;
	r->port = NATPMP_PORT;
	(void)snprintf(r->operator, sizeof(r->operator), OPERATOR_ROUTER);
	return 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

int reflector_parse(const char *text, struct reflector *ret)
{
	struct reflector r = { .port = 0 };
	int rc = -EINVAL;

	if (begins(text, "dns:"))
		rc = whoami_parse(text + 4, &r);
	else if (begins(text, "stun:"))
		rc = stun_parse(text + 5, false, &r);
	else if (begins(text, "stun-tcp:"))
		rc = stun_parse(text + 9, true, &r);
	else if (begins(text, "https://"))
		rc = https_parse(text, &r);
	else if (strcmp(text, "pcp") == 0)
		rc = router_parse(REFLECTOR_PCP, &r);
	else if (strcmp(text, "nat-pmp") == 0)
		rc = router_parse(REFLECTOR_NAT_PMP, &r);
	if (rc == 0)
		*ret = r;
	return rc;
}

const char *reflector_operator(const struct reflector *r)
{
	return r->operator;
}

bool reflector_is_router(const struct reflector *r)
{
	return r->kind == REFLECTOR_PCP || r->kind == REFLECTOR_NAT_PMP;
}

int reflector_judge(const struct addr *said, const struct addr *candidate,
		    char why[REFLECTOR_WHY_SIZE])
{
	char text[ADDR_STRLEN];
	const char *class;

	addr_print(said, text);
	if (said->family != candidate->family)
		return reflector_refuse(why, -EAFNOSUPPORT,
					"of the other family: %s", text);
	if (!addr_equal(said, candidate) &&
	    addr_class(said, &class) != ADDR_GLOBAL)
		return reflector_refuse(why, -EPERM,
					"not a public address: %s (%s)", text,
					class ? class : "?");
	return 0;
}
