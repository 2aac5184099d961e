#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "daemon/record/account.h"
#include "daemon/record/tell.h"
#include "daemon/setup/feed.h"
#include "daemon/setup/setup_inside.h"
#include "daemon/source/glance.h"

void setup_feed_free(struct feed *f)
{
	if (!f)
		return;
	source_free(f->source);
	feed_done(f);
	free(f->entries);
	free(f);
}

int setup_new(const struct setup_world *world, struct setup **ret)
{
	struct setup *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->world = world;
	*ret = s;
	return 0;
}

void setup_free(struct setup *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_entries; i++)
		entry_free(s->entries[i]);
	for (size_t i = 0; i < s->n_feeds; i++)
		setup_feed_free(s->feeds[i]);
	for (size_t i = 0; i < s->n_accounts; i++)
		account_free(s->accounts[i]);
	free(s->entries);
	free(s->feeds);
	free(s->accounts);
	config_free(s->config);
	free(s);
}

void setup_pause(struct setup *s)
{
	for (size_t i = 0; i < s->n_entries; i++)
		entry_pause(s->entries[i]);
	for (size_t i = 0; i < s->n_feeds; i++)
		source_pause(s->feeds[i]->source);
}

void setup_resume(struct setup *s)
{
	for (size_t i = 0; i < s->n_feeds; i++)
		source_resume(s->feeds[i]->source);
	for (size_t i = 0; i < s->n_entries; i++)
		entry_resume(s->entries[i]);
}

const struct config *setup_config(const struct setup *s)
{
	return s->config;
}

struct entry *const *setup_entries(const struct setup *s, size_t *ret_n)
{
	*ret_n = s->n_entries;
	return s->entries;
}

struct account *setup_account(const struct setup *s, size_t i)
{
	return i < s->n_accounts ? s->accounts[i] : NULL;
}

struct source *setup_source(const struct setup *s, size_t i)
{
	return i < s->n_feeds ? s->feeds[i]->source : NULL;
}

void setup_look(struct setup *s, int ifindex, uint64_t heard_ns)
{
	for (size_t i = 0; i < s->n_feeds; i++)
		if (ifindex == 0 ||
		    (source_concerns(s->feeds[i]->source, ifindex) &&
		     glance_finds_news(s->feeds[i]->source, ifindex)))
			source_look(s->feeds[i]->source, heard_ns, false);
	for (size_t i = 0; i < s->n_accounts; i++)
		account_flush(s->accounts[i]);
}

void setup_look_again(struct setup *s)
{
	for (size_t i = 0; i < s->n_feeds; i++)
		source_look(s->feeds[i]->source, 0, true);
	for (size_t i = 0; i < s->n_entries; i++)
		entry_event(s->entries[i], RECORD_LOOK);
}

void setup_retry(struct setup *s)
{
	for (size_t i = 0; i < s->n_feeds; i++)
		source_look(s->feeds[i]->source, 0, true);
	for (size_t i = 0; i < s->n_entries; i++)
		entry_ask_anew(s->entries[i]);
}

void setup_heal(struct setup *s, enum entry_heal what)
{
	uint64_t now_ms = clock_mono_ms(), delay_ms;

	/* Many may find out together that the world is back. */
	if (what == ENTRY_HEAL_NET && s->healed_ms &&
	    now_ms - s->healed_ms < SETUP_SPREAD_MS)
		return;
	s->healed_ms = now_ms;
	/* Its own clock was set for none but this machine. */
	delay_ms = what == ENTRY_HEAL_CLOCK ? 0
		 : SETUP_SPREAD_MS * (uint64_t)clock_random() >> 32;
	for (size_t i = 0; i < s->n_feeds; i++)
		source_heal(s->feeds[i]->source, delay_ms);
	for (size_t i = 0; i < s->n_entries; i++)
		entry_heal(s->entries[i], what, delay_ms);
}

static bool has_nothing(const struct entry *e)
{
	return e->state == RECORD_WAITING && e->published.n == 0;
}

/* The families of one record at one account stand side by side (plan.c). */
static bool goes_well_beside(const struct entry *e, const struct entry *other)
{
	return other->config == e->config && other->account == e->account &&
	       !has_nothing(other);
}

bool setup_left_alone(const struct setup *s, size_t i)
{
	const struct entry *e = s->entries[i];

	return has_nothing(e) &&
	       ((i > 0 && goes_well_beside(e, s->entries[i - 1])) ||
		(i + 1 < s->n_entries &&
		 goes_well_beside(e, s->entries[i + 1])));
}

bool setup_rehearse_source(const struct setup *s, const char *event)
{
	for (size_t i = 0; i < s->n_feeds; i++)
		if (feed_rehearse(s->feeds[i], event))
			return true;
	return false;
}

bool setup_rehearse_record(const struct setup *s, const char *event,
			   const char *record)
{
	for (size_t i = 0; i < s->n_entries; i++) {
		const struct entry *e = s->entries[i];

		if (setup_left_alone(s, i) ||
		    (record && strcmp(record, e->config->name) != 0))
			continue;
		tell_rehearsed(e, event);
		return true;
	}
	return false;
}

static bool is_stuck_unseen(const struct entry *e)
{
	size_t n;
	const struct source_candidate *c = source_candidates(e->source, &n);

	return e->state == RECORD_CONFIRMING && n > 0 &&
	       c[0].stand == STAND_UNSEEN;
}

int setup_outcome(const struct setup *s)
{
	int outcome = 0;

	for (size_t i = 0; i < s->n_entries; i++) {
		const struct entry *e = s->entries[i];

		switch (e->state) {
		case RECORD_REFUSED:
			outcome = EX_NOPERM;
			break;
		case RECORD_WAITING:
			if (outcome == 0 && !setup_left_alone(s, i))
				outcome = EX_TEMPFAIL;
			break;
		case RECORD_BACKOFF:
			if (outcome == 0)
				outcome = EX_TEMPFAIL;
			break;
		case RECORD_CONFIRMING:
			if (!is_stuck_unseen(e))
				return -1;
			if (outcome == 0)
				outcome = EX_TEMPFAIL;
			break;
		case RECORD_CHECKING:
		case RECORD_UPDATING:
		case RECORD_UPDATING_STALE:
		case RECORD_VERIFYING:
			return -1;
		case RECORD_PUBLISHED:
			if (e->ptr_id > 0)
				return -1;
			break;
		case RECORD_STAY:
		case RECORD_N_STATES:
			break;
		}
	}
	return outcome;
}
