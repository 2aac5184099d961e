/*
 * sd_notify - tells the service manager how it goes: sd_notify(3)'s protocol,
 * datagrams to $NOTIFY_SOCKET.
 *
 * Where nobody asked for it nothing is sent. Nobody is ever waited for.
 */
#ifndef DAEMON_SD_NOTIFY_H
#define DAEMON_SD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct sd_notify {
	int fd; /* -1: nobody listens */
	uint64_t watchdog_ms; /* the unit's WatchdogSec; 0: none */
};

/*
 * Reads the environment, and takes out what is not our children's business.
 */
void sd_notify_open(struct sd_notify *s);
void sd_notify_close(struct sd_notify *s);

bool sd_notify_wanted(const struct sd_notify *s);

/* READY=1, with a line for `systemctl status`. */
void sd_notify_ready(const struct sd_notify *s, const char *status);
void sd_notify_status(const struct sd_notify *s, const char *status);
/* Type=notify-reload wants the time with it; READY=1 follows. */
void sd_notify_reloading(const struct sd_notify *s);
void sd_notify_stopping(const struct sd_notify *s);
void sd_notify_alive(const struct sd_notify *s);

#endif
