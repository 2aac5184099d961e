#include "config.h"

#include <stddef.h>

#include "net/gate.h"

void gate_init(struct gate *g, unsigned int most)
{
	g->most = most;
	g->in = 0;
	g->first = NULL;
	g->last = &g->first;
}

static void gate_unlink(struct gate *g, struct gate_slot *s)
{
	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	else
		g->last = s->at;
	s->at = NULL;
}

void gate_enter(struct gate *g, struct gate_slot *s, gate_go_fn *go)
{
	s->gate = g;
	s->go = go;
	s->at = NULL;
	if (g->in < g->most) {
		g->in++;
		go(s);
		return;
	}
	s->next = NULL;
	s->at = g->last;
	*g->last = s;
	g->last = &s->next;
}

void gate_leave(struct gate_slot *s)
{
	struct gate *g = s->gate;

	if (!g)
		return;
	s->gate = NULL;
	if (s->at) {
		gate_unlink(g, s);
		return;
	}
	g->in--;
	if (g->first && g->in < g->most) {
		struct gate_slot *next = g->first;

		gate_unlink(g, next);
		g->in++;
		next->go(next);
	}
}
