#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/record/account.h"
#include "daemon/record/fingerprint.h"
#include "daemon/setup/adopt.h"
#include "daemon/setup/feed.h"
#include "daemon/setup/plan.h"
#include "daemon/setup/setup_inside.h"
#include "daemon/setup/shipped.h"

/* Each holds a new object, or one of the setup's (kept). */
struct plan_account {
	struct account *account;
	const struct notify_account *info;
	bool kept, changed;
};

struct plan_feed {
	struct feed *feed;
	const struct config_source *config;
	const char *prefix_from;
	uint64_t print;
	bool kept;
	struct entry **entries;
	size_t n_entries;
};

struct plan_entry {
	struct entry *entry;
	const struct config_record *config;
	struct entry *before; /* one of the same name that is not kept */
	size_t account, feed;
	bool kept;
};

struct plan {
	struct setup *setup;
	struct config *config;
	struct plan_account *accounts;
	size_t n_accounts;
	struct plan_feed *feeds;
	size_t n_feeds, room_feeds;
	struct plan_entry *entries;
	size_t n_entries, room_entries;
	struct entry **before; /* the setup's entries, sorted */
	/* What the setup's lists will be. */
	struct account **account_list;
	struct feed **feed_list;
	struct entry **entry_list;
};

/* Room for one more in an array of items of this size. */
static void *grow(void *items, size_t n, size_t *room, size_t size)
{
	size_t want = *room ? 2 * *room : 16;
	void *grown = items;

	if (n < *room)
		return items;
	grown = realloc(items, want * size);
	if (grown)
		*room = want;
	return grown;
}

/* ---- what is there ---- */

static int compare_identity(const struct entry *e, const char *name,
			    int family, const char *account)
{
	int order = strcmp(e->config->name, name);

	if (order == 0)
		order = (e->family > family) - (e->family < family);
	if (order == 0)
		order = strcmp(account_info(e->account)->name, account);
	return order;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a;
	const struct entry *y = *(struct entry *const *)b;

	return compare_identity(x, y->config->name, y->family,
				account_info(y->account)->name);
}

static int sort_before(struct plan *p)
{
	const struct setup *s = p->setup;

	p->before = calloc(s->n_entries + 1, sizeof(struct entry *));
	if (!p->before)
		return -ENOMEM;
	if (s->n_entries == 0)
		return 0;
	memcpy(p->before, s->entries, s->n_entries * sizeof(struct entry *));
	qsort(p->before, s->n_entries, sizeof(struct entry *),
	      compare_entries);
	return 0;
}

static struct entry *find_before(const struct plan *p, const char *name,
				 int family, const char *account)
{
	size_t low = 0, high = p->setup->n_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_identity(p->before[middle], name, family,
					     account);

		if (order == 0)
			return p->before[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* ---- accounts ---- */

static const struct notify_account *find_info(
	const struct notify_account *accounts, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(accounts[i].name, name) == 0)
			return &accounts[i];
	return NULL;
}

static int plan_account(struct plan *p, const struct notify_account *info)
{
	const struct setup *s = p->setup;
	struct plan_account *a = &p->accounts[p->n_accounts];
	int r = 0;

	/* Both read the same file; it may have changed in between. */
	if (!info)
		return -ESTALE;
	a->info = info;
	for (size_t i = 0; i < s->n_accounts && !a->kept; i++) {
		const struct notify_account *was =
			account_info(s->accounts[i]);

		if (strcmp(was->name, info->name) != 0)
			continue;
		a->account = s->accounts[i];
		a->kept = true;
		a->changed = was->digest != info->digest;
	}
	if (!a->kept)
		r = account_new(s->world->entry->loop, s->world->notify,
				s->world->entry->state, info, &a->account);
	if (r == 0)
		p->n_accounts++;
	return r;
}

/* ---- feeds ---- */

/* One feed per source, family and, where asked for, prefix interface. */
static int find_feed(const struct plan *p, const struct config_source *config,
		     int family, const char *prefix_from, size_t *ret)
{
	for (size_t i = 0; i < p->n_feeds; i++)
		if (p->feeds[i].config == config &&
		    source_family(p->feeds[i].feed->source) == family &&
		    same_text(p->feeds[i].prefix_from, prefix_from)) {
			*ret = i;
			return 0;
		}
	return -ENOENT;
}

static struct feed *find_feed_before(const struct setup *s,
				     const char *source, int family,
				     const char *prefix_from, uint64_t print)
{
	for (size_t i = 0; i < s->n_feeds; i++) {
		struct feed *f = s->feeds[i];

		if (f->print == print && source_family(f->source) == family &&
		    same_text(source_prefix_from(f->source), prefix_from) &&
		    strcmp(source_config(f->source)->name, source) == 0)
			return f;
	}
	return NULL;
}

static int make_feed(const struct plan *p, struct plan_feed *f, int family)
{
	const struct setup_world *w = p->setup->world;
	int r;

	f->feed = calloc(1, sizeof(*f->feed));
	if (!f->feed)
		return -ENOMEM;
	feed_init(f->feed, w->entry);
	f->feed->print = f->print;
	r = source_new(w->source, f->config, family, f->prefix_from,
		       feed_event, f->feed, &f->feed->source);
	if (r < 0)
		setup_feed_free(f->feed);
	return r;
}

static int plan_feed(struct plan *p, const struct config_source *config,
		     int family, const char *prefix_from, size_t *ret)
{
	const struct setup *s = p->setup;
	struct plan_feed f = {
		.config = config,
		.prefix_from = prefix_from,
		.print = fingerprint_source(config,
					    s->world->source->reflectors4,
					    s->world->source->reflectors6),
	};
	struct plan_feed *grown;
	int r = 0;

	if (find_feed(p, config, family, prefix_from, ret) == 0)
		return 0;
	grown = grow(p->feeds, p->n_feeds, &p->room_feeds, sizeof(f));
	if (!grown)
		return -ENOMEM;
	p->feeds = grown;
	f.feed = find_feed_before(s, config->name, family, prefix_from,
				  f.print);
	f.kept = f.feed != NULL;
	if (!f.kept)
		r = make_feed(p, &f, family);
	if (r < 0)
		return r;
	*ret = p->n_feeds;
	p->feeds[p->n_feeds++] = f;
	return 0;
}

/* ---- entries ---- */

static int make_entry(struct plan *p, struct plan_entry *e, int family)
{
	return entry_new(p->setup->world->entry, e->config,
			 p->feeds[e->feed].feed->source,
			 p->accounts[e->account].account, family,
			 &e->entry);
}

static int plan_entry(struct plan *p, const struct config_record *record,
		      size_t account, int family)
{
	const struct notify_account *info = p->accounts[account].info;
	const char *from = family == AF_INET6 && record->ipv6_host.family
				   ? record->prefix_from
				   : NULL;
	struct plan_entry e = { .config = record, .account = account };
	struct plan_entry *grown;
	int r = 0;

	if (!(family == AF_INET ? info->ipv4 : info->ipv6))
		return 0; /* the type cannot carry it: left alone */
	grown = grow(p->entries, p->n_entries, &p->room_entries, sizeof(e));
	if (!grown)
		return -ENOMEM;
	p->entries = grown;
	r = plan_feed(p, &p->config->sources[record->source], family, from,
		      &e.feed);
	if (r < 0)
		return r;
	e.before = find_before(p, record->name, family, info->name);
	e.kept = e.before && e.before->print == fingerprint_record(record) &&
		 e.before->source == p->feeds[e.feed].feed->source;
	if (e.kept)
		e.entry = e.before;
	else
		r = make_entry(p, &e, family);
	if (r < 0)
		return r;
	p->feeds[e.feed].n_entries++;
	p->entries[p->n_entries++] = e;
	return 0;
}

static int plan_record(struct plan *p, const struct config_record *record)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < record->n_providers; i++) {
		if (record->ipv4)
			r = plan_entry(p, record, record->providers[i],
				       AF_INET);
		if (r == 0 && record->ipv6)
			r = plan_entry(p, record, record->providers[i],
				       AF_INET6);
	}
	return r;
}

/* ---- life ---- */

/* All that carrying it out needs is allocated before. */
static int make_lists(struct plan *p)
{
	p->account_list = calloc(p->n_accounts + 1, sizeof(struct account *));
	p->feed_list = calloc(p->n_feeds + 1, sizeof(struct feed *));
	p->entry_list = calloc(p->n_entries + 1, sizeof(struct entry *));
	if (!p->account_list || !p->feed_list || !p->entry_list)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_feeds; i++) {
		struct plan_feed *f = &p->feeds[i];

		f->entries = calloc(f->n_entries, sizeof(struct entry *));
		if (!f->entries)
			return -ENOMEM;
		f->n_entries = 0;
	}
	for (size_t i = 0; i < p->n_entries; i++) {
		struct plan_feed *f = &p->feeds[p->entries[i].feed];

		p->entry_list[i] = p->entries[i].entry;
		f->entries[f->n_entries++] = p->entries[i].entry;
	}
	return 0;
}

int plan_new(struct setup *s, struct config *config,
	     const struct notify_account *accounts, size_t n_accounts,
	     struct plan **ret)
{
	struct plan *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->setup = s;
	p->config = config;
	p->accounts = calloc(config->n_providers + 1, sizeof(*p->accounts));
	r = p->accounts ? sort_before(p) : -ENOMEM;
	for (size_t i = 0; r == 0 && i < config->n_providers; i++)
		r = plan_account(p, find_info(accounts, n_accounts,
					      config->providers[i].name));
	for (size_t i = 0; r == 0 && i < config->n_records; i++)
		r = plan_record(p, &config->records[i]);
	if (r == 0)
		r = make_lists(p);
	if (r < 0) {
		plan_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

static void plan_done(struct plan *p)
{
	free(p->accounts);
	free(p->feeds);
	free(p->entries);
	free(p->before);
	free(p->account_list);
	free(p->feed_list);
	free(p->entry_list);
	free(p);
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_entries; i++)
		if (!p->entries[i].kept)
			entry_free(p->entries[i].entry);
	for (size_t i = 0; i < p->n_feeds; i++) {
		free(p->feeds[i].entries);
		if (!p->feeds[i].kept)
			setup_feed_free(p->feeds[i].feed);
	}
	for (size_t i = 0; i < p->n_accounts; i++)
		if (!p->accounts[i].kept)
			account_free(p->accounts[i].account);
	plan_done(p);
}

/* ---- carrying it out ---- */

static void free_what_goes(struct plan *p)
{
	struct setup *s = p->setup;

	for (size_t i = 0; i < p->n_entries; i++)
		p->entries[i].entry->stays = true;
	for (size_t i = 0; i < s->n_entries; i++)
		if (!s->entries[i]->stays)
			entry_free(s->entries[i]);
	for (size_t i = 0; i < p->n_feeds; i++)
		p->feeds[i].feed->stays = true;
	for (size_t i = 0; i < s->n_feeds; i++)
		if (!s->feeds[i]->stays)
			setup_feed_free(s->feeds[i]);
	for (size_t i = 0; i < s->n_accounts; i++) {
		bool stays = false;

		for (size_t k = 0; k < p->n_accounts && !stays; k++)
			stays = p->accounts[k].account == s->accounts[i];
		if (!stays)
			account_free(s->accounts[i]);
	}
}

static void use_feed(struct plan_feed *f)
{
	free(f->feed->entries);
	f->feed->entries = f->entries;
	f->feed->n_entries = f->n_entries;
	f->feed->stays = false;
	source_use(f->feed->source, f->config, f->prefix_from);
}

static void take_lists(struct plan *p)
{
	struct setup *s = p->setup;

	free(s->accounts);
	free(s->feeds);
	free(s->entries);
	for (size_t i = 0; i < p->n_accounts; i++) {
		p->account_list[i] = p->accounts[i].account;
		account_use(p->accounts[i].account, p->accounts[i].info);
	}
	for (size_t i = 0; i < p->n_feeds; i++) {
		p->feed_list[i] = p->feeds[i].feed;
		use_feed(&p->feeds[i]);
	}
	for (size_t i = 0; i < p->n_entries; i++) {
		p->entries[i].entry->config = p->entries[i].config;
		p->entries[i].entry->stays = false;
	}
	s->accounts = p->account_list;
	s->n_accounts = p->n_accounts;
	s->feeds = p->feed_list;
	s->n_feeds = p->n_feeds;
	s->entries = p->entry_list;
	s->n_entries = p->n_entries;
	p->account_list = NULL;
	p->feed_list = NULL;
	p->entry_list = NULL;
}

void plan_carry_out(struct plan *p)
{
	struct setup *s = p->setup;
	struct config *before = s->config;

	for (size_t i = 0; i < p->n_entries; i++)
		if (!p->entries[i].kept && p->entries[i].before)
			adopt_entry(p->entries[i].entry, p->entries[i].before);
	for (size_t i = 0; i < p->n_feeds; i++)
		if (!p->feeds[i].kept)
			adopt_feed(p->feeds[i].feed, s->feeds, s->n_feeds);
	free_what_goes(p);
	take_lists(p);
	s->config = p->config;
	config_free(before);
	/* From here on events may come of it. */
	for (size_t i = 0; i < p->n_entries; i++) {
		struct plan_entry *e = &p->entries[i];

		if (!e->kept)
			entry_join(e->entry);
		else if (p->accounts[e->account].changed)
			entry_mended(e->entry);
	}
	plan_done(p);
}
