#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notify/rfc2136/dns_io.h"

void dns_io_spare_make(struct dns_io_spare *s, int family, const char *device)
{
	struct egress e = { .mark = 0 };

	dns_io_spare_done(s);
	s->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	s->family = family;
	if (s->fd < 0 || !device[0])
		return;
	(void)snprintf(e.device, sizeof(e.device), "%s", device);
	if (egress_apply(s->fd, family, &e) == 0)
		memcpy(s->device, e.device, sizeof(s->device));
	else /* it may be back when the message comes */
		dns_io_spare_make(s, family, "");
}

void dns_io_spare_done(struct dns_io_spare *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	*s = (struct dns_io_spare){ .fd = -1 };
}
