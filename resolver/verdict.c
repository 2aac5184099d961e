#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/dns_msg.h"
#include "resolver/resolver.h"

#define DNS_PORT 53

static bool holds(const struct addr *set, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&set[i], a))
			return true;
	return false;
}

/* Is every one of a in b? */
static bool is_part(const struct addr *a, size_t n_a, const struct addr *b,
		    size_t n_b)
{
	for (size_t i = 0; i < n_a; i++)
		if (!holds(b, n_b, &a[i]))
			return false;
	return true;
}

static enum resolver_verdict verdict(const struct resolver_answer *a,
				     const struct addr *wanted, size_t n,
				     bool shared)
{
	size_t right = 0, wrong = 0, aliases = 0;

	if (a->status < 0)
		return RESOLVER_UNKNOWN;
	for (size_t i = 0; i < a->n_servers; i++) {
		const struct resolver_server *s = &a->servers[i];

		if (s->outcome == RESOLVER_CNAME)
			aliases++;
		else if (s->outcome != RESOLVER_ANSWERED)
			continue;
		else if (is_part(wanted, n, s->addrs, s->n_addrs) &&
			 (shared || is_part(s->addrs, s->n_addrs, wanted, n)))
			right++;
		else
			wrong++;
	}
	if (right + wrong == 0)
		return aliases > 0 ? RESOLVER_ALIAS : RESOLVER_UNKNOWN;
	if (right == 0)
		return RESOLVER_DIFFERS;
	/* An alias on some servers only is on its way in or out. */
	return wrong + aliases > 0 ? RESOLVER_PROPAGATING : RESOLVER_RIGHT;
}

enum resolver_verdict resolver_verdict(const struct resolver_answer *a,
				       const struct addr *wanted, size_t n)
{
	return verdict(a, wanted, n, false);
}

enum resolver_verdict resolver_verdict_shared(const struct resolver_answer *a,
					      const struct addr *wanted,
					      size_t n)
{
	return verdict(a, wanted, n, true);
}

static const char *error_text(int error)
{
	switch (-error) {
	case ETIMEDOUT:
		return "timed out";
	case ECONNREFUSED:
		return "nobody listens there";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "no route";
	case EADDRNOTAVAIL:
		return "our address is not there";
	case EBADMSG:
		return "it was garbled";
	case ENODATA:
		return "it could not be read";
	case EREMOTEIO:
		return "the resolver failed";
	default:
		return strerror(-error);
	}
}

const char *resolver_status_text(int status)
{
	switch (-status) {
	case ENOENT:
		return "DNS says that no zone holds this name";
	case ETIMEDOUT:
		return "the resolver does not answer";
	case EHOSTUNREACH:
		return "its name servers have no address that can be found";
	default:
		return error_text(status);
	}
}

const char *resolver_verdict_name(enum resolver_verdict v)
{
	static const char *const names[] = {
		[RESOLVER_RIGHT] = "right",
		[RESOLVER_PROPAGATING] = "propagating",
		[RESOLVER_DIFFERS] = "differs",
		[RESOLVER_UNKNOWN] = "unknown",
		[RESOLVER_ALIAS] = "an alias",
	};

	return names[v];
}

/* "ns1.example (192.0.2.53:5353)" */
static int print_who(const struct resolver_server *s, char *out, size_t size)
{
	const char *name = s->name ? s->name : "?";
	char text[ADDR_STRLEN];

	if (s->addr.family == 0)
		return snprintf(out, size, "%s", name);
	addr_print(&s->addr, text);
	if (s->port == DNS_PORT)
		return strcmp(name, text) == 0 ?
			       snprintf(out, size, "%s", name) :
			       snprintf(out, size, "%s (%s)", name, text);
	return snprintf(out, size,
			s->addr.family == AF_INET6 ? "%s ([%s]:%u)" :
						     "%s (%s:%u)",
			name, text, s->port);
}

static void print_addrs(const struct resolver_server *s, char *out,
			size_t size)
{
	char text[ADDR_STRLEN];
	size_t at = 0;

	if (s->n_addrs == 0)
		at = (size_t)snprintf(out, size, "absent");
	for (size_t i = 0; i < s->n_addrs && at < size; i++) {
		int n = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "",
				 addr_print(&s->addrs[i], text));

		at += n > 0 ? (size_t)n : 0;
	}
	if (s->by_tcp && at < size)
		(void)snprintf(out + at, size - at,
			       " (by TCP; by UDP it is intercepted)");
}

static void print_lame(const struct resolver_server *s, char *out, size_t size)
{
	if (s->rcode == DNS_NOERROR || s->rcode == DNS_NXDOMAIN)
		(void)snprintf(out, size, "does not hold the zone");
	else
		(void)snprintf(out, size, "%s", dns_rcode_name(s->rcode));
}

/* Whose answer it may be, and why it is not believed. */
static void print_foreign(const struct resolver_server *s, char *out,
			  size_t size)
{
	static const char *const why[] = {
		[RESOLVER_SURE] = "answered without authority",
		[RESOLVER_NO_AA] = "answered without authority",
		[RESOLVER_RA] = "answered as a resolver does, and does not "
				"hold the zone",
		[RESOLVER_PRIVATE] = "answered with a private address, and "
				     "does not hold the zone",
		[RESOLVER_INSIDE] = "answered with a private address, from "
				    "within",
	};
	const char *what = s->doubt == RESOLVER_INSIDE ?
				   "a split horizon, not believed" :
				   "intercepted?";
	char text[160];

	if (s->rcode != DNS_NOERROR && s->rcode != DNS_NXDOMAIN) {
		(void)snprintf(out, size, "%s: %s (%s)", why[s->doubt], what,
			       dns_rcode_name(s->rcode));
		return;
	}
	if (s->n_addrs == 0) {
		(void)snprintf(out, size, "%s: %s", why[s->doubt], what);
		return;
	}
	print_addrs(s, text, sizeof(text));
	(void)snprintf(out, size, "%s: %s (%s)", why[s->doubt], what, text);
}

const char *resolver_server_print(const struct resolver_server *s, char *out,
				  size_t size)
{
	size_t at;
	int n;

	if (size == 0)
		return out;
	n = print_who(s, out, size);
	at = n > 0 ? (size_t)n : 0;
	if (at + 3 >= size)
		return out;
	memcpy(out + at, ": ", 3);
	at += 2;
	switch (s->outcome) {
	case RESOLVER_ANSWERED:
		print_addrs(s, out + at, size - at);
		break;
	case RESOLVER_CNAME:
		(void)snprintf(out + at, size - at, "an alias of %s",
			       s->cname ? s->cname : "?");
		break;
	case RESOLVER_INTERCEPTED:
		print_foreign(s, out + at, size - at);
		break;
	case RESOLVER_LAME:
		print_lame(s, out + at, size - at);
		break;
	case RESOLVER_SILENT:
		(void)snprintf(out + at, size - at, "no answer (%s)",
			       error_text(s->error));
		break;
	}
	return out;
}
