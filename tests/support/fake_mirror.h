/*
 * fake_mirror - a machine in memory, in place of monitor and route: links,
 * addresses, default routes, and a kernel that chooses by them.
 *
 * For tests of what reads the mirror; link it before the real ones, or
 * without them.
 */
#ifndef TESTS_SUPPORT_FAKE_MIRROR_H
#define TESTS_SUPPORT_FAKE_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_UP   0x1U
#define FAKE_LIVE 0x10041U /* IFF_UP, IFF_RUNNING, IFF_LOWER_UP */

#define FAKE_MAIN 254U

void fake_mirror_reset(void);

/* Again with the same ifindex: another name, kind or state. */
void fake_link(int ifindex, const char *name, const char *kind,
	       uint32_t flags);
void fake_link_master(int ifindex, int master);
/* As in struct monitor_link; borrowed. */
void fake_link_altname(int ifindex, const char *names);
void fake_link_del(int ifindex); /* with its addresses and routes */

/* "5.6.7.8/24"; again: other flags and lifetime. preferred_s 0: for ever. */
void fake_addr(int ifindex, const char *text, uint32_t flags,
	       uint32_t preferred_s);
void fake_addr_del(int ifindex, const char *text);
/* The other end of a point-to-point address. */
void fake_addr_peer(int ifindex, const char *text, const char *peer);

void fake_route(int family, int ifindex, uint32_t metric, uint32_t table);
void fake_route_del(int family, int ifindex, uint32_t table);
/* Of the route that was added last. */
void fake_route_by(const char *gateway, const char *prefsrc);
/* What stands in for a default route. */
void fake_half(int family, int ifindex, uint32_t metric, uint8_t dst_len);

/* Packets from this source (NULL: any), or with this mark, go by table. */
void fake_rule(const char *source, uint32_t mark, uint32_t table);
/* What the kernel sends from by this interface; else its first address. */
void fake_choice(int ifindex, const char *source);

/* Questions put to the kernel; dumps asked for. */
unsigned int fake_questions(void);
unsigned int fake_resyncs_wanted(void);
/* A dump is done. */
void fake_resynced(void);

/* This address was heard of (monitor_touched()), until the next reset. */
void fake_touch(int ifindex, const char *text);
void fake_untouch(void);

#endif
