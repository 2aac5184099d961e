#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr_set.h"
#include "base/log.h"
#include "daemon/control/control.h"
#include "daemon/control/event_line.h"
#include "daemon/source/source.h"
#include "hooks/hooks.h"
#include "monitor/monitor.h"
#include "resolver/resolver.h"
#include "tests/support/fake_ev.h"
#include "tests/support/life_world.h"

#define UNDER_WAY_MAX 64
#define TIMEOUT_MS 2000
#define DAY_MS 86400000ULL

struct source {
	struct config_source config;
	struct source_candidate candidate;
	struct addr_set public;
	bool known;
};

/* A question or an update under way. */
struct thing {
	int id; /* 0: this place is free */
	bool update;
	bool heard; /* somebody waits for the answer */
	uint64_t apply_ms, reply_ms; /* apply 0: never, or done */
	int name;
	struct addr value;
	uint64_t sent_ms;
	enum life_behaviour behaviour;
	bool dead; /* nobody was there when it was asked */
	resolver_check_fn *checked;
	notify_done_fn *updated;
	void *user;
};

static struct life_world *w;
static struct thing things[UNDER_WAY_MAX];
static struct source source;
static int last_id;

static struct thing *thing_new(void)
{
	for (int i = 0; i < UNDER_WAY_MAX; i++)
		if (things[i].id == 0) {
			things[i] = (struct thing){ .id = ++last_id,
						    .heard = true };
			return &things[i];
		}
	ck_abort_msg("more under way than there can be");
	return NULL;
}

static struct thing *thing_find(int id, bool update)
{
	for (int i = 0; i < UNDER_WAY_MAX; i++)
		if (id && things[i].id == id && things[i].update == update)
			return &things[i];
	return NULL;
}

static int find_name(const char *name)
{
	for (int i = 0; i < LIFE_NAMES; i++)
		if (strcmp(w->names[i].name, name) == 0)
			return i;
	ck_abort_msg("%s: who is that?", name);
	return -1;
}

static int account_of(int name)
{
	return name % LIFE_ACCOUNTS;
}

/* ---- resolver ---- */

int resolver_check(struct resolver *r, const struct resolver_question *q,
		   resolver_check_fn *done, void *user)
{
	struct thing *t = thing_new();

	(void)r;
	t->name = find_name(q->name);
	w->checks++;
	t->dead = w->net_down;
	t->reply_ms = fake_ev_now_ms() +
		      (t->dead ? TIMEOUT_MS : 1 + fake_ev_dice(20));
	t->checked = done;
	t->user = user;
	return t->id;
}

void resolver_cancel(struct resolver *r, int id)
{
	struct thing *t = thing_find(id, false);

	(void)r;
	if (t)
		t->id = 0;
}

static void answer_check(const struct thing *t)
{
	struct addr stands = w->names[t->name].stands;
	struct resolver_server server = {
		.name = "ns", .outcome = RESOLVER_ANSWERED, .ttl_s = 60,
		.addrs = &stands, .n_addrs = stands.family != 0,
	};
	struct resolver_answer a = {
		.zone = "example", .servers = &server, .n_servers = 1,
	};

	if (t->dead) {
		server.outcome = RESOLVER_SILENT;
		server.error = -ETIMEDOUT;
		server.n_addrs = 0;
	}
	t->checked(t->user, &a);
}

/* ---- notify ---- */

static void watch_bucket(int account)
{
	struct life_account *a = &w->accounts[account];
	uint64_t spacing_ms = 1000ULL * w->infos[account].min_interval_s;
	uint64_t now_ms = fake_ev_now_ms();

	/* Times go to disk in whole seconds, and a kill may cost one more. */
	ck_assert_msg(a->sent_ms == 0 || now_ms - a->sent_ms + 2000 >=
						 spacing_ms,
		      "asked again after %llu ms",
		      (unsigned long long)(now_ms - a->sent_ms));
	a->sent_ms = now_ms;
}

static void watch_refusal(const struct life_name *n,
			  const struct life_account *a,
			  const struct addr *value)
{
	/* Mended in that very millisecond: what was refused had left before. */
	ck_assert_msg(n->refused_ms == 0 || a->mended_ms >= n->refused_ms ||
			      !addr_equal(&n->refused, value) ||
			      fake_ev_now_ms() - n->refused_ms + 2 * 3600000 >=
				      DAY_MS,
		      "%s: what was refused was sent again after %llu ms",
		      n->name,
		      (unsigned long long)(fake_ev_now_ms() - n->refused_ms));
}

int notify_submit(struct notify *notify, const struct notify_job *job,
		  notify_done_fn *done, void *user)
{
	struct thing *t = thing_new();
	struct life_name *n;
	uint64_t now_ms = fake_ev_now_ms(), answer_ms = 5 + fake_ev_dice(80);

	(void)notify;
	t->update = true;
	w->updates++;
	t->sent_ms = now_ms;
	t->name = find_name(job->name);
	n = &w->names[t->name];
	t->behaviour = w->accounts[account_of(t->name)].behaviour;
	t->dead = w->net_down || t->behaviour == LIFE_SILENT;
	t->updated = done;
	t->user = user;
	ck_assert_uint_eq(job->ipv4.n, 1);
	t->value = job->ipv4.addrs[0];
	ck_assert_msg(n->in_flight == 0, "%s: a second update under way",
		      n->name);
	n->in_flight++;
	watch_bucket(account_of(t->name));
	watch_refusal(n, &w->accounts[account_of(t->name)], &t->value);
	t->reply_ms = now_ms + answer_ms;
	if (t->dead || t->behaviour == LIFE_LOSES_ANSWERS)
		t->reply_ms = now_ms + TIMEOUT_MS;
	if (!t->dead && (t->behaviour == LIFE_GOOD ||
			 t->behaviour == LIFE_LOSES_ANSWERS))
		t->apply_ms = now_ms + 1 + fake_ev_dice(4);
	return t->id;
}

/* What has left may still land. */
/* None of the accounts can be read: nobody asks. */
int notify_look(struct notify *notify, const struct notify_job *job,
		notify_done_fn *done, void *user)
{
	(void)notify;
	(void)job;
	(void)done;
	(void)user;
	ck_abort_msg("an account that cannot be read was asked");
	return -EOPNOTSUPP;
}

void notify_cancel(struct notify *notify, int id)
{
	struct thing *t = thing_find(id, true);

	(void)notify;
	if (!t)
		return;
	w->names[t->name].in_flight -= t->heard;
	t->heard = false;
}

void notify_prepare(struct notify *notify, const char *const *names, size_t n)
{
	(void)notify;
	(void)names;
	(void)n;
}

static void answer_update(const struct thing *t)
{
	struct life_name *n = &w->names[t->name];
	struct life_account *a = &w->accounts[account_of(t->name)];
	struct notify_reply r = { .status = NOTIFY_DONE, .text = "fine",
				  .sent_ns = 1 };
	uint64_t now_ms = fake_ev_now_ms();

	if (t->dead) {
		r.status = NOTIFY_RETRY;
		r.sent_ns = 0;
		r.text = "nobody is there";
	} else if (t->behaviour == LIFE_LOSES_ANSWERS) {
		r.status = NOTIFY_RETRY;
		r.sent_ns = 0;
		r.text = "no answer";
	} else if (t->behaviour == LIFE_LATER) {
		r.status = NOTIFY_RETRY;
		r.retry_after_s = 10;
		r.text = "503";
	} else if (t->behaviour == LIFE_STRANGE) {
		r.status = NOTIFY_RETRY;
		r.retry_after_s = 900;
		r.unclassified = true;
		r.text = "HTTP 418";
	} else if (t->behaviour == LIFE_SLOW) {
		r.status = NOTIFY_SLOW;
		r.retry_after_s = 20;
		r.text = "429";
	} else if (t->behaviour == LIFE_REFUSES) {
		r.status = NOTIFY_REFUSED;
		r.text = "badauth";
		n->refused = t->value;
		/* By the settings that it was sent with. */
		n->refused_ms = t->sent_ms;
	}
	/* Its own backoff may be a little longer than what was asked. */
	if (r.retry_after_s)
		a->asked_rest_ms = now_ms + 1000ULL * r.retry_after_s + 960000;
	r.ipv4 = r.ipv6 = r.status;
	n->in_flight--;
	t->updated(t->user, &r);
}

/* ---- time ---- */

static uint64_t things_next_ms(void)
{
	uint64_t next = UINT64_MAX;

	for (int i = 0; i < UNDER_WAY_MAX; i++) {
		const struct thing *t = &things[i];

		if (t->id && t->apply_ms && t->apply_ms < next)
			next = t->apply_ms;
		if (t->id && t->reply_ms < next)
			next = t->reply_ms;
	}
	return next;
}

static void thing_turn(struct thing *t)
{
	uint64_t now_ms = fake_ev_now_ms();
	struct thing copy = *t;

	if (t->id && t->apply_ms && t->apply_ms <= now_ms) {
		w->names[t->name].stands = t->value;
		t->apply_ms = 0;
	}
	if (!t->id || t->reply_ms > now_ms)
		return;
	t->id = 0;
	if (copy.update && copy.heard)
		answer_update(&copy);
	else if (!copy.update)
		answer_check(&copy);
}

static void things_turn(void)
{
	for (int i = 0; i < UNDER_WAY_MAX; i++)
		if (things[i].id)
			thing_turn(&things[i]);
}

void life_world_run_for(struct life_world *world, uint64_t ms)
{
	uint64_t until_ms = fake_ev_now_ms() + ms;

	(void)world;
	for (;;) {
		uint64_t next = fake_ev_next_ms();
		uint64_t other = things_next_ms();

		if (other < next)
			next = other;
		if (next > until_ms)
			break;
		fake_ev_advance_to(next);
		things_turn();
		fake_ev_turn();
	}
	fake_ev_advance_to(until_ms);
}

void life_world_orphan(struct life_world *world)
{
	for (int i = 0; i < UNDER_WAY_MAX; i++) {
		if (things[i].id && !things[i].update)
			things[i].id = 0;
		else if (things[i].id && things[i].heard)
			notify_cancel(NULL, things[i].id);
	}
	(void)world;
}

/* ---- the source ---- */

void life_world_address(struct life_world *world)
{
	struct addr *a = &source.candidate.addr;

	*a = (struct addr){ .family = AF_INET };
	a->bytes[0] = 5;
	a->bytes[1] = 6;
	a->bytes[2] = (uint8_t)fake_ev_dice(4);
	a->bytes[3] = (uint8_t)(1 + fake_ev_dice(250));
	source.candidate.routed = true;
	source.known = false;
	world->address = *a;
}

void life_world_confirm(struct life_world *world)
{
	(void)addr_set_assign(&source.public, &world->address, 1);
	source.candidate.stand = STAND_CONFIRMED;
	source.known = true;
}

void life_world_vandal(struct life_world *world)
{
	struct addr *a = &world->names[fake_ev_dice(LIFE_NAMES)].stands;

	*a = (struct addr){ .family = AF_INET, .bytes = { 9, 9, 9, 9 } };
}

bool life_world_is_right(const struct life_world *world, int name)
{
	return addr_equal(&world->names[name].stands, &world->address);
}

const struct source_candidate *source_candidates(const struct source *s,
						 size_t *ret_n)
{
	*ret_n = 1;
	return &s->candidate;
}

const struct addr_set *source_public(const struct source *s)
{
	return s->known ? &s->public : NULL;
}

const struct config_source *source_config(const struct source *s)
{
	return &s->config;
}

uint64_t source_heard_ns(const struct source *s)
{
	(void)s;
	return 0;
}

bool source_behind_nat(const struct source *s)
{
	(void)s;
	return false;
}

bool source_is_gone(const struct source *s)
{
	(void)s;
	return false;
}

void source_verify_loss(struct source *s)
{
	(void)s;
}

/* ---- what nobody looks at ---- */

const struct monitor_link *monitor_links(const struct monitor *m,
					 size_t *ret_n)
{
	static const struct monitor_link link = { .ifindex = 1 };

	(void)m;
	*ret_n = 1;
	return &link;
}

const struct monitor_link *monitor_link(const struct monitor *m, int ifindex)
{
	(void)m;
	(void)ifindex;
	return NULL;
}

/* The machine holds its address; that of an update may have gone. */
const struct monitor_addr *monitor_addrs(const struct monitor *m, int ifindex,
					 size_t *ret_n)
{
	static struct monitor_addr a;

	(void)m;
	(void)ifindex;
	a.addr = w->address;
	*ret_n = 1;
	return &a;
}

void hooks_post(struct hooks *h, const struct hook_event *e)
{
	(void)h;
	(void)e;
}

bool control_is_watched(const struct control *c)
{
	(void)c;
	return false;
}

void control_publish(struct control *c, const char *line, size_t len)
{
	(void)c;
	(void)line;
	(void)len;
}

void event_line_print(const struct hook_event *e, int64_t wall_s,
		      const char *state, struct buf *out)
{
	(void)e;
	(void)wall_s;
	(void)state;
	(void)out;
}

void log_line(enum log_level level, const struct log_fields *fields,
	      const char *format, ...)
{
	(void)level;
	(void)fields;
	(void)format;
}

bool log_wants(enum log_level level)
{
	return level < LOG_LEVEL_DEBUG;
}

/* ---- life ---- */

struct life_world *life_world_new(void)
{
	static char name[] = "default";

	w = calloc(1, sizeof(*w));
	ck_assert_ptr_nonnull(w);
	memset(things, 0, sizeof(things));
	source = (struct source){ .config = { .name = name } };
	w->source = &source;
	w->in_flight_ms = TIMEOUT_MS;
	for (int i = 0; i < LIFE_ACCOUNTS; i++)
		w->infos[i] = (struct notify_account){
			.name = i ? "spaced" : "free", .type = "fake",
			.ipv4 = true, .min_interval_s = i ? 10 : 0,
			.retry_refused_s = 86400, .timeout_s = 2,
		};
	for (int i = 0; i < LIFE_NAMES; i++)
		(void)snprintf(w->names[i].name, sizeof(w->names[i].name),
			       "n%d.example", i);
	return w;
}

void life_world_free(struct life_world *world)
{
	addr_set_clear(&source.public);
	free(world);
	w = NULL;
}
