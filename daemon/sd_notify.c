#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/sd_notify.h"

/* A path, or '@' and a name in the abstract space. -1 where it is neither. */
static int notify_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || len < 2 ||
	    len >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sun,
			       (socklen_t)(offsetof(struct sockaddr_un,
						    sun_path) + len)) < 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* $WATCHDOG_USEC, where $WATCHDOG_PID means us. */
static uint64_t watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return strtoull(usec, NULL, 10) / 1000;
}

void sd_notify_open(struct sd_notify *s)
{
	const char *path = getenv("NOTIFY_SOCKET");

	s->fd = path ? notify_connect(path) : -1;
	s->watchdog_ms = s->fd >= 0 ? watchdog_ms() : 0;
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

void sd_notify_close(struct sd_notify *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

bool sd_notify_wanted(const struct sd_notify *s)
{
	return s->fd >= 0;
}

static void notify_send(const struct sd_notify *s, const char *text)
{
	/* A manager that does not read is not waited for. */
	if (s->fd >= 0)
		(void)send(s->fd, text, strlen(text),
			   MSG_DONTWAIT | MSG_NOSIGNAL);
}

void sd_notify_ready(const struct sd_notify *s, const char *status)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "READY=1\nSTATUS=%s\n", status);
	notify_send(s, text);
}

void sd_notify_status(const struct sd_notify *s, const char *status)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "STATUS=%s\n", status);
	notify_send(s, text);
}

void sd_notify_reloading(const struct sd_notify *s)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%llu\n",
		       (unsigned long long)(clock_mono_ns() / 1000U));
	notify_send(s, text);
}

void sd_notify_stopping(const struct sd_notify *s)
{
	notify_send(s, "STOPPING=1\n");
}

void sd_notify_alive(const struct sd_notify *s)
{
	notify_send(s, "WATCHDOG=1\n");
}
