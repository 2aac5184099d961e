#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/str.h"
#include "notify/core/engine.h"

#define TRACE_LINE_MAX 1000

/* if_nametoindex() with a socket that is there already. */
static int interface_index(const struct engine *e, const char *name)
{
	struct ifreq r = { .ifr_ifindex = 0 };

	(void)snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (e->ioctl_fd < 0)
		return (int)if_nametoindex(name);
	return ioctl(e->ioctl_fd, SIOCGIFINDEX, &r) == 0 ? r.ifr_ifindex : 0;
}

static struct egress wanted(const struct job *j, const struct addr *dst)
{
	return (struct egress){
		.source = dst->family == AF_INET ? j->ipv4.source
						 : j->ipv6.source,
		.mark = j->mark,
	};
}

/*
 * A job for IPv6 alone names the interface that IPv6 leaves by: a tunnel, or
 * another uplink. A server that is reached by IPv4 is not behind that.
 */
static bool is_for_other_family(const struct job *j, const struct addr *dst)
{
	const struct addr *same = dst->family == AF_INET ? &j->ipv4.source
							 : &j->ipv6.source;
	const struct addr *other = dst->family == AF_INET ? &j->ipv6.source
							  : &j->ipv4.source;

	return same->family == 0 && other->family != 0;
}

static void weigh(const struct engine *e, const struct addr *dst,
		  const struct egress *want, struct egress *ret)
{
	if (want->source.family == 0 && want->ifindex == 0 &&
	    !want->device[0])
		*ret = *want; /* nothing to weigh: no question to the kernel */
	else
		egress_for(e->route, dst, want, ret);
}

int engine_egress_exact(const struct engine *e, const struct job *j,
			const struct addr *dst, struct egress *ret)
{
	struct egress want = wanted(j, dst);

	if (j->interface[0]) {
		want.ifindex = interface_index(e, j->interface);
		if (want.ifindex == 0)
			return -ENODEV;
	}
	*ret = want;
	return 0;
}

int engine_egress(const struct engine *e, const struct job *j,
		  const struct addr *dst, struct egress *ret)
{
	struct egress want;
	int r;

	if (is_for_other_family(j, dst)) {
		*ret = (struct egress){ .mark = j->mark };
		return 0;
	}
	r = engine_egress_exact(e, j, dst, &want);
	if (r == 0)
		weigh(e, dst, &want, ret);
	return r;
}

void engine_egress_by_name(const struct engine *e, const struct job *j,
			   const struct addr *dst, struct egress *ret)
{
	struct egress want = wanted(j, dst);

	if (!is_for_other_family(j, dst))
		memcpy(want.device, j->interface, sizeof(want.device));
	weigh(e, dst, &want, ret);
}

void work_done(struct work *w, const struct outcome *o)
{
	w->done(w, o, NULL);
}

void work_done_look(struct work *w, const struct outcome *o, json_t *values)
{
	w->done(w, o, values);
}

void engine_stay(struct engine *e)
{
	e->busy++;
}

void engine_leave(struct engine *e)
{
	if (--e->busy == 0 && e->idle)
		e->idle(e->idle_user);
}

const char *engine_error(int error)
{
	switch (-error) {
	case EPROTONOSUPPORT:
		return "not an https URL";
	case ETIMEDOUT:
		return "no answer in time";
	case ECONNREFUSED:
		return "nobody listens there (connection refused)";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "no route there";
	case EADDRNOTAVAIL:
	case EINVAL:
		return "the source address is not (or no longer) there";
	case ENODEV:
		return "the interface is not there";
	case EPERM:
	case EACCES:
		return "the kernel does not permit it (firewall, or a mark "
		       "without CAP_NET_ADMIN)";
	case ENOENT:
		return "the name has no address";
	case EREMOTEIO:
		return "the name server would not say (refused, or failed)";
	case ECONNRESET:
	case EPIPE:
		return "the server closed the connection";
	default:
		return strerror(-error);
	}
}

void engine_trace(const char *heading, const char *text)
{
	char shown[TRACE_LINE_MAX + 8];

	(void)fprintf(stderr, "%s\n", heading);
	while (*text) {
		size_t len = strcspn(text, "\n");

		(void)str_printable(text, len, TRACE_LINE_MAX, shown,
				    sizeof(shown));
		if (shown[0])
			(void)fprintf(stderr, "    %s\n", shown);
		text += len + (text[len] == '\n');
	}
}
