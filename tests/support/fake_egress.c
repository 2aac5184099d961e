/*
 * fake_egress - linked in place of net/egress.c and net/route.c: binds the
 * source, nothing else, and fails as often as a test says.
 */
#include "config.h"

#include <errno.h>

#include "net/egress.h"
#include "net/route.h"
#include "tests/support/fake_egress.h"

int fake_egress_error;
int fake_egress_family;
unsigned int fake_egress_failures;

int egress_apply(int fd, int family, const struct egress *e)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&e->source, 0, &ss);

	if (fake_egress_failures > 0 &&
	    (fake_egress_family == 0 || fake_egress_family == family)) {
		fake_egress_failures--;
		return fake_egress_error;
	}
	if (len == 0)
		return 0;
	if (e->source.family != family)
		return -EAFNOSUPPORT;
	return bind(fd, (struct sockaddr *)&ss, len) < 0 ? -errno : 0;
}

void egress_for(struct route *route, const struct addr *dst,
		const struct egress *want, struct egress *ret)
{
	(void)route;
	*ret = *want;
	if (dst->family != want->source.family)
		ret->source = (struct addr){ 0 };
}
