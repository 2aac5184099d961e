#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/control/announce.h"
#include "daemon/record/account.h"
#include "daemon/setup/feed.h"
#include "hooks/hooks.h"
#include "monitor/monitor.h"

#define PREFIX_LEN 64 /* where no record says another length */
/*
 * A renewal or a new dial-in takes the address away for a moment: a loss is
 * told when it has lasted this long.
 */
#define LOST_S 1.0
/*
 * Or this long, where the next one may be in duplicate detection, which takes
 * two seconds: a provider that renumbers deprecates the old address in the
 * message that brings the new prefix.
 */
#define LOST_MOST_MS 3000U

static struct log_fields feed_fields(const struct feed *f, const char *event)
{
	return (struct log_fields){
		.subject = "source",
		.name = source_config(f->source)->name,
		.family = source_family(f->source) == AF_INET ? "ipv4"
							      : "ipv6",
		.event = event,
	};
}

/*
 * The update process is made ready while the questions are on their way, or
 * while there is no address yet.
 */
static void feed_prepare(const struct feed *f)
{
	size_t n;
	const struct source_candidate *c = source_candidates(f->source, &n);

	for (size_t i = 0; i < f->n_entries; i++) {
		const struct entry *e = f->entries[i];

		/* What was accepted last is most likely what stands there. */
		if (n == 1 && e->config->ipv6_host.family == 0 &&
		    e->accepted.n == 1 &&
		    addr_equal(&e->accepted.items[0], &c[0].addr))
			continue;
		account_expect(e->account);
	}
}

/* What every event of this source tells. */
static void feed_describe(const struct feed *f, struct hook_event *ret)
{
	const struct monitor_link *link = NULL;
	const struct source_candidate *c;
	uint64_t heard_ns = source_heard_ns(f->source);
	size_t n;

	c = source_candidates(f->source, &n);
	if (n > 0)
		link = monitor_link(f->world->monitor, c[0].ifindex);
	ret->interface = link ? link->name : NULL;
	ret->family = source_family(f->source) == AF_INET ? "ipv4" : "ipv6";
	ret->retry_in_s = -1;
	ret->latency_ms = heard_ns ? (int64_t)((clock_mono_ns() - heard_ns) /
					       1000000U)
				   : -1;
}

static void feed_post(const struct feed *f, struct hook_event more)
{
	if (f->world->dry_run)
		return;
	feed_describe(f, &more);
	announce_event(f->world->announce, &more);
}

/* What all hosts on it have in common. */
static unsigned int feed_prefix_len(const struct feed *f)
{
	unsigned int len = 0;

	for (size_t i = 0; i < f->n_entries; i++) {
		const struct config_record *r = f->entries[i]->config;

		if (r->ipv6_host.family != 0 &&
		    (len == 0 || r->ipv6_prefix_length < len))
			len = r->ipv6_prefix_length;
	}
	return len ? len : PREFIX_LEN;
}

static void prefix_print(const struct addr *prefix, unsigned int len, char *out,
			 size_t size)
{
	char text[ADDR_STRLEN];

	out[0] = '\0';
	if (prefix->family)
		(void)snprintf(out, size, "%s/%u", addr_print(prefix, text),
			       len);
}

static void feed_tell_prefix(struct feed *f)
{
	char now[ADDR_STRLEN + 4], was[ADDR_STRLEN + 4];
	struct addr prefix = { 0 };
	const struct source_candidate *c;
	unsigned int len = feed_prefix_len(f);
	size_t n;

	c = source_candidates(f->source, &n);
	if (source_family(f->source) != AF_INET6)
		return;
	if (n > 0)
		prefix = c[0].addr;
	for (unsigned int bit = len; bit < 128; bit++)
		prefix.bytes[bit / 8] &= (uint8_t)~(0x80U >> bit % 8);
	if (addr_equal(&prefix, &f->prefix))
		return;
	prefix_print(&prefix, len, now, sizeof(now));
	prefix_print(&f->prefix, len, was, sizeof(was));
	f->prefix = prefix;
	feed_post(f, (struct hook_event){
			     .event = "prefix",
			     .prefix = now[0] ? now : NULL,
			     .old_prefix = was[0] ? was : NULL,
		     });
}

static void feed_tell_address(struct feed *f)
{
	static const struct addr_set none;
	const struct addr_set *public = source_public(f->source);
	char now[ADDR_SET_STRLEN], was[ADDR_SET_STRLEN];

	if (!public)
		public = &none;
	if (addr_set_equal(public, &f->told))
		return;
	feed_post(f, (struct hook_event){
			     .event = "address",
			     .address = public->n ? addr_set_print(
							    public, now,
							    sizeof(now))
						  : NULL,
			     .old_address =
				     f->told.n ? addr_set_print(&f->told, was,
								sizeof(was))
					       : NULL,
		     });
	(void)addr_set_assign(&f->told, public->items, public->n);
}

static void feed_tell_lost(struct feed *f)
{
	struct log_fields fields = feed_fields(f, "lost");
	const struct lack_question q = {
		.monitor = f->world->monitor,
		.config = source_config(f->source),
		.ipv4 = source_family(f->source) == AF_INET,
		.ipv6 = source_family(f->source) == AF_INET6,
	};
	char was[ADDR_SET_STRLEN], what[LACK_STRLEN];
	bool remove = false;

	if (f->told.n == 0)
		return;
	f->lack = LACK_TOLD;
	(void)lack_find(&q, what);
	(void)addr_set_print(&f->told, was, sizeof(was));
	for (size_t i = 0; i < f->n_entries; i++)
		remove |= f->entries[i]->config->remove_on_loss;
	log_line(LOG_LEVEL_WARNING, &fields,
		 "no usable address any more (was %s), %s; waiting for %s",
		 was,
		 remove ? "what is published is removed if none comes back "
			  "within on-loss-hold"
			: "keeping what is published",
		 what);
	feed_post(f, (struct hook_event){ .event = "lost",
					  .old_address = was });
}

bool feed_rehearse(const struct feed *f, const char *event)
{
	char now[ADDR_SET_STRLEN], prefix[ADDR_STRLEN + 4];
	struct hook_event e = { .event = event };

	(void)addr_set_print(&f->told, now, sizeof(now));
	prefix_print(&f->prefix, feed_prefix_len(f), prefix, sizeof(prefix));
	if (strcmp(event, "address") == 0 && f->told.n > 0)
		e.address = now;
	else if (strcmp(event, "lost") == 0 && f->told.n > 0)
		e.old_address = now;
	else if (strcmp(event, "prefix") == 0 && f->prefix.family != 0)
		e.prefix = prefix;
	else
		return false;
	feed_describe(f, &e);
	announce_rehearsal(f->world->announce, &e);
	return true;
}

static void feed_arm(struct feed *f, double after_s)
{
	ev_timer_stop(f->world->loop, &f->tell);
	ev_now_update(f->world->loop);
	ev_timer_set(&f->tell, after_s, 0.0);
	ev_timer_start(f->world->loop, &f->tell);
}

void feed_event(void *user, struct source *s, enum source_event event)
{
	struct feed *f = user;

	(void)s;
	if (event == SOURCE_CHANGED || event == SOURCE_LOST ||
	    event == SOURCE_STIRRED)
		feed_prepare(f);
	for (size_t i = 0; i < f->n_entries; i++)
		entry_source_event(f->entries[i], event);
	/* Telling comes after acting: in the next turn, or when it lasted. */
	if (event == SOURCE_LOST || event == SOURCE_CHANGED)
		ev_timer_stop(f->world->loop, &f->tell);
	if (event == SOURCE_LOST) {
		f->lost_ms = clock_mono_ms();
		feed_arm(f, LOST_S);
	}
	if (event == SOURCE_CONFIRMED)
		feed_arm(f, 0.0);
}

static void feed_tell(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct feed *f = w->data;
	size_t n;

	(void)loop;
	(void)revents;
	(void)source_candidates(f->source, &n);
	if (n == 0 && source_expects(f->source) &&
	    clock_mono_ms() - f->lost_ms < LOST_MOST_MS) {
		feed_arm(f, LOST_S);
		return;
	}
	if (n == 0)
		feed_tell_lost(f);
	feed_tell_prefix(f);
	feed_tell_address(f);
}

void feed_init(struct feed *f, const struct entry_world *world)
{
	*f = (struct feed){ .world = world };
	ev_timer_init(&f->tell, feed_tell, 0.0, 0.0);
	f->tell.data = f;
}

void feed_done(struct feed *f)
{
	if (f->world)
		ev_timer_stop(f->world->loop, &f->tell);
	addr_set_clear(&f->told);
}
