/*
 * fake_udp - somebody on the test's own loop who answers datagrams as the
 * test says.
 */
#ifndef TESTS_SUPPORT_FAKE_UDP_H
#define TESTS_SUPPORT_FAKE_UDP_H

#include <stddef.h>
#include <stdint.h>

#define FAKE_UDP_SIZE 4096

struct ev_loop;
struct fake_udp;

/*
 * The nth datagram (1, 2, …) has come. Writes what is sent back to out, and
 * returns its length; 0: nothing is. May call fake_udp_say().
 */
typedef size_t fake_udp_fn(void *user, struct fake_udp *f, unsigned int nth,
			   const uint8_t *data, size_t len,
			   uint8_t out[FAKE_UDP_SIZE]);

/* Port 0: any. Ends the test program on failure. */
struct fake_udp *fake_udp_new(struct ev_loop *loop, const char *address,
			      uint16_t port, fake_udp_fn *answer, void *user);
void fake_udp_free(struct fake_udp *f);
uint16_t fake_udp_port(const struct fake_udp *f);
/* How many have come, and from which port the last. */
unsigned int fake_udp_heard(const struct fake_udp *f);
uint16_t fake_udp_asker(const struct fake_udp *f);
/* To who sent the last one. */
void fake_udp_say(const struct fake_udp *f, const void *data, size_t len);

#endif
