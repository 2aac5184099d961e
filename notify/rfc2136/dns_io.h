/*
 * dns_io - one DNS message to one server: UDP with repeats, TCP where it
 * must be, and beside UDP when there is no answer for three seconds: a
 * firewall may let only one of them through.
 *
 * Unlike net/ask it carries any message (UPDATE, signed) and leaves it to
 * the caller which reply counts.
 */
#ifndef NOTIFY_DNS_IO_H
#define NOTIFY_DNS_IO_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/egress.h"

/* Longer messages go by TCP at once: larger UDP may not get through. */
#define DNS_IO_UDP_MAX 1232

struct dns_io;
struct ev_loop;

/* A UDP socket for the next message, made before it is needed. */
struct dns_io_spare {
	int fd; /* -1: none */
	int family;
	char device[IFNAMSIZ]; /* bound to it; "": to none */
};

struct dns_io_request {
	struct addr server;
	uint16_t port;
	struct egress egress;
	const uint8_t *wire; /* borrowed until the end */
	size_t len;
	uint32_t timeout_ms;
	bool tcp; /* and nothing else */
	struct dns_io_spare *spare; /* taken where it will do; may be NULL */
};

enum dns_io_take {
	DNS_IO_WAIT,    /* not it: go on */
	DNS_IO_HURRY,   /* maybe it: go on for a second; by TCP not at all */
	DNS_IO_USE_TCP, /* truncated */
	DNS_IO_TAKEN,   /* over; the exchange may have been freed */
};

/*
 * status 0 and a message (borrowed), as often as one comes; else -ETIMEDOUT,
 * -ECONNREFUSED, -ENETUNREACH, … once and last, what is returned does not
 * matter and the exchange may be freed in it.
 */
typedef enum dns_io_take dns_io_fn(void *user, int status,
				   const uint8_t *data, size_t len);

/*
 * The message is on the wire when this returns, where the kernel takes it at
 * once; what the kernel says of an address or route that it is just about to
 * know (100 ms) is tried again. 0, or -ENOMEM and no callback; never calls
 * back from inside.
 */
int dns_io_start(struct ev_loop *loop, const struct dns_io_request *q,
		 dns_io_fn *take, void *user, struct dns_io **ret);
void dns_io_free(struct dns_io *io);

/*
 * In the place of one made before. device "": bound to none; so it is where the
 * device is not there. Failing, it is -1.
 */
void dns_io_spare_make(struct dns_io_spare *s, int family, const char *device);
void dns_io_spare_done(struct dns_io_spare *s);

/* Monotonic: when it first went out; 0: it did not. */
uint64_t dns_io_sent_ns(const struct dns_io *io);

#endif
