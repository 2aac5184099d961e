#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "resolver/confirm_inside.h"
#include "resolver/order.h"

/* A router's silence is that router's, of that network. */
char *confirm_slot_key(const struct confirm_slot *s)
{
	const struct resolver_confirm *q = &s->confirm->question;
	char gateway[ADDR_STRLEN] = "any";

	if (reflector_is_router(&s->reflector))
		(void)addr_print(&q->gateway, gateway);
	return str_dupf("%s %s %s",
			q->candidate.family == AF_INET ? "ipv4" : "ipv6",
			gateway, s->text);
}

/* Equal operators get equal numbers. */
static void confirm_number(struct confirm *c, size_t i)
{
	const struct confirm_slot *s = &c->slots[i];

	c->votes[i].operator = (unsigned int)i;
	c->votes[i].plain_dns = s->error < 0 ||
				s->reflector.kind == REFLECTOR_DNS;
	for (size_t j = 0; j < i && s->error == 0; j++) {
		if (c->slots[j].error < 0 ||
		    strcmp(reflector_operator(&s->reflector),
			   reflector_operator(&c->slots[j].reflector)) != 0)
			continue;
		c->votes[i].operator = c->votes[j].operator;
		return;
	}
}

/* The router of an address that is public itself has nothing to tell. */
static bool slot_is_idle(const struct confirm *c, const struct confirm_slot *s)
{
	return s->error == 0 && !c->shut_in &&
	       reflector_is_router(&s->reflector);
}

static struct order_key slot_order(const struct confirm_slot *s, size_t index)
{
	const struct confirm *c = s->confirm;
	const struct rest *rest = &c->op.resolver->rest;
	uint32_t draw = c->question.random;
	struct order_key key = { .index = index };
	char *text;

	if (s->error == 0)
		key.cost = (unsigned int)s->reflector.kind;
	if (draw != 0) /* any mix will do */
		key.random = (draw ^ (uint32_t)index * 0x9e3779b9U) *
			     0x85ebca6bU;
	text = rest->n > 0 && s->error == 0 ? confirm_slot_key(s) : NULL;
	key.rests = text && rest_has(rest, text, clock_wall_s());
	free(text);
	return key;
}

int confirm_take_list(struct confirm *c, const struct resolver_confirm *q,
		      size_t n)
{
	struct order_key keys[RESOLVER_REFLECTORS_MOST];
	struct confirm_slot *given = calloc(n + 1, sizeof(*given));
	size_t kept = 0;

	if (!given)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct confirm_slot *s = &given[kept];

		*s = (struct confirm_slot){ .confirm = c };
		s->text = str_dup(q->reflectors[i]);
		if (!s->text)
			break;
		s->error = reflector_parse(s->text, &s->reflector);
		if (slot_is_idle(c, s)) {
			free(s->text);
			continue;
		}
		keys[kept] = slot_order(s, kept);
		kept++;
	}
	order_sort(keys, kept);
	for (size_t i = 0; i < kept; i++) {
		c->slots[i] = given[keys[i].index];
		c->n++;
		confirm_number(c, i);
	}
	free(given);
	return 0;
}
