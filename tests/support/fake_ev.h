/*
 * fake_ev - libev's timers and prepares and base/clock on a clock of the
 * test's own. Linked in place of both.
 */
#ifndef TESTS_SUPPORT_FAKE_EV_H
#define TESTS_SUPPORT_FAKE_EV_H

#include <stdbool.h>
#include <stdint.h>

struct ev_loop;

/* Forgets all watchers; the clocks go on. */
void fake_ev_reset(uint32_t seed);
struct ev_loop *fake_ev_loop(void);

uint64_t fake_ev_now_ms(void);
void fake_ev_advance_to(uint64_t now_ms);
/* The wall clock jumps; the other one does not know. */
void fake_ev_jump_wall(int64_t by_s);

/* When the next timer is due; UINT64_MAX: none is. */
uint64_t fake_ev_next_ms(void);
/* Runs what is due now, then every prepare. */
void fake_ev_turn(void);

/* A number below n. */
uint32_t fake_ev_dice(uint32_t n);

#endif
