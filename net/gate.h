/*
 * gate - how many may be under way at once; the others wait their turn.
 *
 * A question under way costs c-ares up to 80 KiB and a descriptor, so a
 * thousand records must not ask all at the same moment.
 */
#ifndef NET_GATE_H
#define NET_GATE_H

struct gate;
struct gate_slot;

/* May begin now. May leave again in it. */
typedef void gate_go_fn(struct gate_slot *s);

/* Embedded in what waits; all zero: not at any gate. */
struct gate_slot {
	struct gate_slot *next, **at; /* at: NULL unless it waits */
	struct gate *gate;            /* NULL: neither waits nor is in */
	gate_go_fn *go;
};

struct gate {
	unsigned int most, in;
	struct gate_slot *first, **last;
};

void gate_init(struct gate *g, unsigned int most);
/* Calls go at once where there is room, else when somebody leaves. */
void gate_enter(struct gate *g, struct gate_slot *s, gate_go_fn *go);
/* Whether it is in, waits or neither; lets the next in. */
void gate_leave(struct gate_slot *s);

#endif
