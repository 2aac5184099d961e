#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/control/announce.h"
#include "daemon/control/control.h"
#include "daemon/control/event_line.h"
#include "daemon/record/account.h"
#include "daemon/record/own.h"
#include "daemon/record/silence.h"
#include "monitor/monitor.h"
#include "tests/support/fake_ev.h"
#include "tests/support/hand_world.h"

#define QUESTIONS 32

struct source {
	struct config_source config;
	struct source_candidate candidate;
	bool has;
	struct addr_set public;
	bool known;
	int family;
};

static struct question {
	int id; /* 0: free */
	resolver_check_fn *done;
	void *user;
} questions[QUESTIONS];

struct hand hand;
static struct source sources[2];
static struct own own;
static struct silences silences;
static struct announce nobody;
static char dir[64];
static int last_id;

/* ---- resolver ---- */

int resolver_check(struct resolver *r, const struct resolver_question *q,
		   resolver_check_fn *done, void *user)
{
	(void)r;
	(void)q;
	hand.questions++;
	for (size_t i = 0; i < QUESTIONS; i++)
		if (questions[i].id == 0) {
			questions[i] = (struct question){ ++last_id, done,
							  user };
			return last_id;
		}
	ck_abort_msg("more questions than there can be");
	return -ENOMEM;
}

void resolver_cancel(struct resolver *r, int id)
{
	(void)r;
	for (size_t i = 0; id > 0 && i < QUESTIONS; i++)
		if (questions[i].id == id)
			questions[i].id = 0;
}

static struct question *question_of(const struct entry *e)
{
	for (size_t i = 0; i < QUESTIONS; i++)
		if (questions[i].id != 0 && questions[i].user == e)
			return &questions[i];
	return NULL;
}

bool hand_has_asked(const struct entry *e)
{
	return question_of(e) != NULL;
}

void hand_servers(struct entry *e, const char *address)
{
	struct question *q = question_of(e);
	struct addr a = { 0 };
	struct resolver_server server = {
		.name = "ns", .outcome = RESOLVER_ANSWERED, .ttl_s = 60,
		.addrs = &a,
	};
	const struct resolver_answer answer = {
		.zone = "example", .servers = &server, .n_servers = 1,
	};

	ck_assert_ptr_nonnull(q);
	if (!address) {
		server.outcome = RESOLVER_SILENT;
		server.error = -ETIMEDOUT;
	} else if (*address) {
		ck_assert_int_eq(addr_parse(address, &a), 0);
		server.n_addrs = 1;
	}
	q->id = 0;
	q->done(e, &answer);
	fake_ev_turn();
}

/* ---- notify ---- */

int notify_submit(struct notify *n, const struct notify_job *job,
		  notify_done_fn *done, void *user)
{
	struct hand_job *j = &hand.jobs[hand.n_jobs];
	const struct notify_set *s = job->ipv4.given ? &job->ipv4 : &job->ipv6;

	(void)n;
	if (hand.submit_error)
		return hand.submit_error;
	ck_assert_uint_lt(hand.n_jobs, HAND_JOBS);
	hand.n_jobs++;
	*j = (struct hand_job){
		.id = ++last_id,
		.ipv4 = job->ipv4.given, .ipv6 = job->ipv6.given,
		.more = job->more, .done = done, .user = user,
	};
	(void)snprintf(j->name, sizeof(j->name), "%s", job->name);
	if (s->n > 0)
		j->value = s->addrs[0];
	if (s->n_was > 0)
		j->was = s->was[0];
	return j->id;
}

int notify_look(struct notify *n, const struct notify_job *job,
		notify_done_fn *done, void *user)
{
	return notify_submit(n, job, done, user);
}

void notify_cancel(struct notify *n, int id)
{
	(void)n;
	for (size_t i = 0; i < hand.n_jobs; i++)
		if (hand.jobs[i].id == id) {
			hand.jobs[i].id = 0;
			hand.cancelled++;
		}
}

void notify_prepare(struct notify *n, const char *const *names, size_t count)
{
	(void)n;
	(void)names;
	(void)count;
}

size_t hand_under_way(void)
{
	size_t n = 0;

	for (size_t i = 0; i < hand.n_jobs; i++)
		n += hand.jobs[i].id != 0;
	return n;
}

void hand_reply(enum notify_status status)
{
	struct notify_reply r = hand.reply;
	struct hand_job *j;

	ck_assert_uint_gt(hand.n_jobs, 0);
	j = &hand.jobs[hand.n_jobs - 1];
	ck_assert_int_ne(j->id, 0);
	r.status = r.ipv4 = r.ipv6 = status;
	if (!r.text)
		r.text = "words";
	j->id = 0;
	j->done(j->user, &r);
	fake_ev_turn();
}

/* ---- the source ---- */

void hand_address(struct source *s, const char *address)
{
	s->has = address != NULL;
	s->known = false;
	addr_set_clear(&s->public);
	s->candidate = (struct source_candidate){ .ifindex = 1,
						  .routed = true };
	if (address)
		ck_assert_int_eq(addr_parse(address, &s->candidate.addr), 0);
	s->candidate.egress.source = s->candidate.addr;
	s->candidate.egress.ifindex = 1;
}

void hand_confirm(struct source *s)
{
	ck_assert_int_eq(addr_set_assign(&s->public, &s->candidate.addr, 1), 0);
	s->candidate.stand = STAND_CONFIRMED;
	s->known = true;
}

void hand_tell(struct entry *e, enum source_event event)
{
	entry_source_event(e, event);
	account_flush(e->account);
	fake_ev_turn();
}

const struct source_candidate *source_candidates(const struct source *s,
						 size_t *ret_n)
{
	*ret_n = s->has;
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
	return !s->has;
}

void source_verify_loss(struct source *s)
{
	(void)s;
	hand.verified++;
}

/* ---- what is there, and what nobody looks at ---- */

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

const struct monitor_addr *monitor_addrs(const struct monitor *m, int ifindex,
					 size_t *ret_n)
{
	static struct monitor_addr held[2];

	(void)m;
	(void)ifindex;
	*ret_n = 0;
	for (int i = 0; i < 2; i++)
		if (sources[i].has)
			held[(*ret_n)++].addr = sources[i].candidate.addr;
	return held;
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

/* ---- time, and life ---- */

void hand_wait(uint64_t ms)
{
	uint64_t until_ms = fake_ev_now_ms() + ms;

	while (fake_ev_next_ms() <= until_ms) {
		fake_ev_advance_to(fake_ev_next_ms());
		fake_ev_turn();
	}
	fake_ev_advance_to(until_ms);
	fake_ev_turn();
}

uint64_t hand_due_in(const struct entry *e)
{
	return e->timer_due_ms ? e->timer_due_ms - fake_ev_now_ms() : 0;
}

static void on_moved(void *user)
{
	(void)user;
}

static void on_healed(void *user)
{
	(void)user;
	hand.healed++;
}

static void state_begin(void)
{
	ck_assert_int_eq(state_open(fake_ev_loop(), dir, false,
				    &hand.world.state), 0);
}

void hand_begin(void)
{
	static char name[] = "default";

	(void)snprintf(dir, sizeof(dir), "/tmp/check_hand.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	fake_ev_reset(1);
	memset(questions, 0, sizeof(questions));
	memset(sources, 0, sizeof(sources));
	sources[0].family = AF_INET;
	sources[1].family = AF_INET6;
	sources[0].config.name = sources[1].config.name = name;
	sources[0].config.bind = sources[1].config.bind = true;
	hand = (struct hand){
		.ipv4 = &sources[0], .ipv6 = &sources[1],
		.info = { .name = "ns", .type = "fake", .ipv4 = true,
			  .ipv6 = true, .retry_refused_s = 86400,
			  .timeout_s = 15 },
		.world = { .loop = fake_ev_loop(), .announce = &nobody,
			   .own = &own, .silences = &silences,
			   .moved = on_moved, .healed = on_healed },
	};
	state_begin();
}

void hand_restart(void)
{
	state_close(hand.world.state);
	state_begin();
}

void hand_end(void)
{
	char path[96];

	state_close(hand.world.state);
	for (int i = 0; i < 2; i++)
		addr_set_clear(&sources[i].public);
	(void)snprintf(path, sizeof(path), "%s/state.json", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

struct account *hand_account(void)
{
	struct account *a;

	ck_assert_int_eq(account_new(hand.world.loop, NULL, hand.world.state,
				     &hand.info, &a), 0);
	return a;
}

struct entry *hand_entry(struct account *a, const struct config_record *r,
			 int family)
{
	struct entry *e;

	ck_assert_int_eq(entry_new(&hand.world, r,
				   family == AF_INET ? hand.ipv4 : hand.ipv6,
				   a, family, &e), 0);
	return e;
}
