#include "config.h"

#include <stddef.h>
#include <stdlib.h>

#include "net/gate.h"

static void lane_init(struct gate_lane *lane, int way)
{
	*lane = (struct gate_lane){ .way = way };
	lane->last = &lane->first;
}

void gate_init(struct gate *g, unsigned int most)
{
	g->most = most;
	lane_init(&g->lane, 0);
}

void gate_done(struct gate *g)
{
	while (g->lane.next) {
		struct gate_lane *lane = g->lane.next;

		g->lane.next = lane->next;
		free(lane);
	}
}

/*
 * Interfaces come and go: an idle lane becomes another way's. Without memory
 * all share the first.
 */
static struct gate_lane *gate_lane(struct gate *g, int way)
{
	struct gate_lane *idle = NULL, *lane;

	for (lane = &g->lane; lane; lane = lane->next) {
		if (lane->way == way)
			return lane;
		if (lane->in == 0 && !lane->first)
			idle = lane;
	}
	if (idle) {
		idle->way = way;
		return idle;
	}
	lane = malloc(sizeof(*lane));
	if (!lane)
		return &g->lane;
	lane_init(lane, way);
	lane->next = g->lane.next;
	g->lane.next = lane;
	return lane;
}

static void lane_unlink(struct gate_lane *lane, struct gate_slot *s)
{
	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	else
		lane->last = s->at;
	s->at = NULL;
}

void gate_enter(struct gate *g, int way, struct gate_slot *s, gate_go_fn *go)
{
	struct gate_lane *lane = gate_lane(g, way);

	s->gate = g;
	s->lane = lane;
	s->go = go;
	s->at = NULL;
	if (lane->in < g->most) {
		lane->in++;
		go(s);
		return;
	}
	s->next = NULL;
	s->at = lane->last;
	*lane->last = s;
	lane->last = &s->next;
}

void gate_leave(struct gate_slot *s)
{
	struct gate_lane *lane = s->lane;
	struct gate *g = s->gate;

	if (!g)
		return;
	s->gate = NULL;
	if (s->at) {
		lane_unlink(lane, s);
		return;
	}
	lane->in--;
	if (lane->first && lane->in < g->most) {
		struct gate_slot *next = lane->first;

		lane_unlink(lane, next);
		lane->in++;
		next->go(next);
	}
}
