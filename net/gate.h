/*
 * gate - how many may be under way at once; the others wait their turn.
 *
 * A question under way costs c-ares up to 80 KiB and a descriptor, so a
 * thousand records must not ask all at the same moment. Those that leave by
 * different ways have a lane each: where nobody answers the way is full
 * soon, and nobody else shall wait for that.
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
	struct gate_lane *lane;
	gate_go_fn *go;
};

struct gate_lane {
	struct gate_lane *next;
	int way;
	unsigned int in;
	struct gate_slot *first, **last;
};

struct gate {
	unsigned int most;     /* in each lane */
	struct gate_lane lane; /* the first; owns those after it */
};

void gate_init(struct gate *g, unsigned int most);
/* Nobody is at it any more. */
void gate_done(struct gate *g);

/*
 * Calls go at once where there is room in the lane of that way (an interface
 * index; 0: any), else when somebody leaves it.
 */
void gate_enter(struct gate *g, int way, struct gate_slot *s, gate_go_fn *go);
/* Whether it is in, waits or neither; lets the next in. */
void gate_leave(struct gate_slot *s);

#endif
