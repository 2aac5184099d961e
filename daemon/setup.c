#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/addr_set.h"
#include "daemon/account.h"
#include "daemon/feed.h"
#include "daemon/setup.h"

struct setup {
	const struct setup_world *world;
	struct config *config;
	struct account **accounts; /* one per configured provider */
	size_t n_accounts;
	struct feed **feeds;
	size_t n_feeds;
	struct entry **entries;
	size_t n_entries;
};

/* Grows an array of pointers by one. */
static int append(void *array, size_t *n, void *item)
{
	void **items = *(void ***)array;
	void **grown = realloc(items, (*n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	grown[(*n)++] = item;
	*(void ***)array = grown;
	return 0;
}

static const struct notify_account *find_info(
	const struct notify_account *accounts, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(accounts[i].name, name) == 0)
			return &accounts[i];
	return NULL;
}

/* One feed per source, family and, where asked for, prefix interface. */
static struct feed *find_feed(const struct setup *s,
			      const struct config_source *config, int family,
			      const char *prefix_from)
{
	for (size_t i = 0; i < s->n_feeds; i++) {
		const struct source *source = s->feeds[i]->source;
		const char *from = source_prefix_from(source);

		if (source_config(source) == config &&
		    source_family(source) == family &&
		    (from && prefix_from ? strcmp(from, prefix_from) == 0
					 : from == prefix_from))
			return s->feeds[i];
	}
	return NULL;
}

static void feed_free(struct feed *f)
{
	source_free(f->source);
	feed_done(f);
	free(f->entries);
	free(f);
}

static int add_feed(struct setup *s, const struct config_source *config,
		    int family, const char *prefix_from, struct feed **ret)
{
	struct feed *f = find_feed(s, config, family, prefix_from);
	int r;

	if (f) {
		*ret = f;
		return 0;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	feed_init(f, s->world->entry);
	r = source_new(s->world->source, config, family, prefix_from,
		       feed_event, f, &f->source);
	if (r == 0)
		r = append(&s->feeds, &s->n_feeds, f);
	if (r < 0) {
		feed_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

static int add_entry(struct setup *s, const struct config_record *record,
		     size_t provider, int family)
{
	struct account *account = s->accounts[provider];
	const char *from = family == AF_INET6 && record->ipv6_host.family
				   ? record->prefix_from
				   : NULL;
	struct entry *e;
	struct feed *f;
	int r;

	if (!(family == AF_INET ? account_info(account)->ipv4
				: account_info(account)->ipv6))
		return 0; /* the type cannot carry it: left alone */
	r = add_feed(s, &s->config->sources[record->source], family, from, &f);
	if (r < 0)
		return r;
	r = entry_new(s->world->entry, record, f->source, account, family,
		      !(record->ipv4 && record->ipv6), &e);
	if (r < 0)
		return r;
	r = append(&s->entries, &s->n_entries, e);
	if (r < 0) {
		entry_free(e);
		return r;
	}
	return append(&f->entries, &f->n_entries, e);
}

static int add_record(struct setup *s, const struct config_record *record)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < record->n_providers; i++) {
		if (record->ipv4)
			r = add_entry(s, record, record->providers[i], AF_INET);
		if (r == 0 && record->ipv6)
			r = add_entry(s, record, record->providers[i],
				      AF_INET6);
	}
	return r;
}

int setup_new(const struct setup_world *world, struct config *config,
	      const struct notify_account *accounts, size_t n_accounts,
	      struct setup **ret)
{
	struct setup *s = calloc(1, sizeof(*s));
	int r = s ? 0 : -ENOMEM;

	if (!s) {
		config_free(config);
		return r;
	}
	s->world = world;
	s->config = config;
	for (size_t i = 0; r == 0 && i < config->n_providers; i++) {
		const struct notify_account *info = find_info(
			accounts, n_accounts, config->providers[i].name);
		struct account *a = NULL;

		/* Both read the same file; it may have changed in between. */
		r = info ? account_new(world->source->loop, world->notify,
				       info, &a)
			 : -ESTALE;
		if (r == 0)
			r = append(&s->accounts, &s->n_accounts, a);
		if (r < 0)
			account_free(a);
	}
	for (size_t i = 0; r == 0 && i < config->n_records; i++)
		r = add_record(s, &config->records[i]);
	if (r < 0) {
		setup_free(s);
		return r;
	}
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
		feed_free(s->feeds[i]);
	for (size_t i = 0; i < s->n_accounts; i++)
		account_free(s->accounts[i]);
	free(s->entries);
	free(s->feeds);
	free(s->accounts);
	config_free(s->config);
	free(s);
}

static bool same_entry(const struct entry *a, const struct entry *b)
{
	return a->family == b->family &&
	       strcmp(a->config->name, b->config->name) == 0 &&
	       strcmp(account_info(a->account)->name,
		      account_info(b->account)->name) == 0;
}

static void entry_adopt(struct entry *e, struct entry *old)
{
	entry_abandon(old);
	(void)addr_set_assign(&e->published, old->published.items,
			      old->published.n);
	(void)addr_set_assign(&e->accepted, old->accepted.items,
			      old->accepted.n);
	e->accepted_at_s = old->accepted_at_s;
	e->last_change_s = old->last_change_s;
	e->last_update_s = old->last_update_s;
	e->latency_ms = old->latency_ms;
	e->failing = old->failing;
	e->resent = old->resent;
	e->adopted = old->published.n > 0;
	e->agreed = old->agreed;
	e->stray_until_ms = old->stray_until_ms;
}

void setup_adopt(struct setup *s, const struct setup *old)
{
	for (size_t i = 0; i < s->n_entries; i++)
		for (size_t k = 0; k < old->n_entries; k++)
			if (same_entry(s->entries[i], old->entries[k])) {
				entry_adopt(s->entries[i], old->entries[k]);
				break;
			}
	for (size_t i = 0; i < s->n_feeds; i++) {
		const struct source *source = s->feeds[i]->source;

		for (size_t k = 0; k < old->n_feeds; k++) {
			const struct feed *f = old->feeds[k];

			if (source_family(f->source) !=
				    source_family(source) ||
			    strcmp(source_config(f->source)->name,
				   source_config(source)->name) != 0)
				continue;
			(void)addr_set_assign(&s->feeds[i]->told,
					      f->told.items, f->told.n);
			s->feeds[i]->prefix = f->prefix;
			break;
		}
	}
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

struct source *setup_source(const struct setup *s, size_t i)
{
	return i < s->n_feeds ? s->feeds[i]->source : NULL;
}

void setup_look(struct setup *s, int ifindex, uint64_t heard_ns)
{
	for (size_t i = 0; i < s->n_feeds; i++)
		if (ifindex == 0 ||
		    source_concerns(s->feeds[i]->source, ifindex))
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

/* A family that the source does not have counts only where it is all. */
static bool waits_in_vain(const struct setup *s, const struct entry *e)
{
	for (size_t i = 0; i < s->n_entries; i++) {
		const struct entry *other = s->entries[i];

		if (other != e && other->config == e->config &&
		    other->account == e->account &&
		    other->state != RECORD_WAITING)
			return false;
	}
	return true;
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
			if (outcome == 0 && waits_in_vain(s, e))
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
		case RECORD_STAY:
		case RECORD_N_STATES:
			break;
		}
	}
	return outcome;
}
