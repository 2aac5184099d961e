#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/clock.h"
#include "daemon/record/account.h"
#include "daemon/record/bucket.h"
#include "daemon/record/company.h"
#include "daemon/record/entry.h"
#include "daemon/record/offer.h"
#include "daemon/state/state.h"

/* No server may ask for a longer rest over a restart. */
#define REST_MOST_MS (86400ULL * 1000)
/* No memory for a job: it may be there soon. */
#define UNSENT_MS 500

/* One request under way: a name, in one family or both. */
struct job {
	struct account *account;
	struct job *next;
	struct entry *ipv4, *ipv6; /* NULL: not in it, or withdrawn */
	int id;                    /* 0: still queued */
	bool failed;               /* could not be handed over: error */
	int error;
};

struct account {
	struct ev_loop *loop;
	struct notify *notify;
	struct state *state;
	const struct notify_account *info;
	struct job *jobs; /* queued and under way, oldest first */
	size_t queued;
	struct company company; /* being confirmed or checked */
	struct bucket bucket;
	uint64_t rest_ms; /* monotonic: what its server asked for */
	uint64_t turn_ms; /* the last one promised to somebody who waits */
	bool waited;   /* long enough: see account_gathered() */
	uint64_t gather_until_ms; /* monotonic; 0: nothing is waited for */
	size_t gathered;          /* were queued when it began */
	bool expected; /* an update may follow: be ready */
	struct account_counts counts;
	ev_prepare turn;
	ev_timer gather;
};

const struct notify_account *account_info(const struct account *a)
{
	return a->info;
}

struct account_counts *account_counts(struct account *a)
{
	return &a->counts;
}

/* ---- how much it may be asked ---- */

static struct bucket_rule account_rule(const struct account *a)
{
	return (struct bucket_rule){
		.interval_ms = 1000ULL * a->info->min_interval_s,
		.burst = 1,
	};
}

uint64_t account_not_before_ms(const struct account *a)
{
	struct bucket_rule rule = account_rule(a);
	uint64_t free_ms = bucket_free_ms(&a->bucket, &rule);

	return a->rest_ms > free_ms ? a->rest_ms : free_ms;
}

uint64_t account_turn_ms(struct account *a, uint64_t *promised_ms)
{
	uint64_t first_ms = account_not_before_ms(a);

	/* Whoever comes before his turn keeps it. */
	if (*promised_ms <= clock_mono_ms()) {
		if (a->turn_ms < first_ms)
			a->turn_ms = first_ms;
		else if (!a->info->zone_batch)
			a->turn_ms += 1000ULL * a->info->min_interval_s;
		*promised_ms = a->turn_ms;
	}
	return *promised_ms > first_ms ? *promised_ms : first_ms;
}

/* On disk times are of the wall clock. */
static void account_remember(const struct account *a)
{
	int64_t now_ms = (int64_t)clock_mono_ms();
	int64_t wall_ms = 1000 * clock_wall_s();

	if (a->info->min_interval_s == 0 && a->rest_ms == 0)
		return;
	state_account_set(a->state, a->info->name,
			  wall_ms + ((int64_t)a->bucket.full_ms - now_ms),
			  a->rest_ms ? wall_ms + ((int64_t)a->rest_ms - now_ms)
				     : 0);
}

static void account_recall(struct account *a)
{
	const struct state_account *was =
		state_account(a->state, a->info->name);
	struct bucket_rule rule = account_rule(a);
	int64_t wall_ms = 1000 * clock_wall_s();
	uint64_t now_ms = clock_mono_ms();

	if (!was)
		return;
	a->bucket.full_ms = bucket_recall_ms(was->bucket_ms, wall_ms, now_ms,
					     rule.burst * rule.interval_ms);
	a->rest_ms = bucket_recall_ms(was->rest_ms, wall_ms, now_ms,
				      REST_MOST_MS);
}

void account_rest_until(struct account *a, uint64_t until_ms)
{
	if (until_ms <= a->rest_ms)
		return;
	a->rest_ms = until_ms;
	account_remember(a);
}

uint64_t account_rest_ms(const struct account *a)
{
	return a->rest_ms;
}

/* Does it go out in a request that is counted already? */
static bool account_is_counted(const struct account *a)
{
	return a->info->zone_batch && a->queued > 0;
}

static void account_spend(struct account *a)
{
	struct bucket_rule rule = account_rule(a);

	bucket_spend(&a->bucket, &rule, clock_mono_ms());
	account_remember(a);
}

/* What was counted when it was queued was not sent. */
static void account_give_back(struct account *a)
{
	struct bucket_rule rule = account_rule(a);

	if (account_is_counted(a))
		return;
	bucket_give_back(&a->bucket, &rule);
	account_remember(a);
}

/* ---- jobs ---- */

static void job_free(struct job *j)
{
	struct job **at = &j->account->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	if (j->ipv4)
		j->ipv4->job = NULL;
	if (j->ipv6)
		j->ipv6->job = NULL;
	free(j);
}

static void job_done(void *user, const struct notify_reply *reply)
{
	struct job *j = user;
	struct entry *ipv4 = j->ipv4, *ipv6 = j->ipv6;

	if (reply->no_process && !reply->lost)
		account_give_back(j->account); /* nobody was asked */
	job_free(j);
	/* Neither can free the other: only a reload does, and not from here. */
	if (ipv4)
		entry_reply(ipv4, reply->ipv4, reply);
	if (ipv6)
		entry_reply(ipv6, reply->ipv6, reply);
}

bool account_has_sent(const struct job *j)
{
	return j->id != 0;
}

/* ---- company ---- */

void account_pending(struct account *a, struct entry *e, bool pending)
{
	if (pending == e->pending)
		return;
	if (pending) {
		e->pending_ifindex = entry_egress(e)->ifindex;
		e->pending = company_join(&a->company, e->pending_ifindex);
	} else {
		company_leave(&a->company, e->pending_ifindex);
		e->pending = false;
	}
}

static bool job_waits(const struct account *a, const struct job *j)
{
	const struct entry *e = j->ipv4 ? j->ipv4 : j->ipv6;

	return !a->waited &&
	       company_is_there(&a->company, entry_egress(e)->ifindex);
}

/* Hands one job over; a job that nobody takes ends like one that failed. */
static void job_submit(struct job *j, bool more)
{
	struct notify_job job = {
		.account = j->account->info->name, .more = more,
	};
	struct addr was[OFFER_WAS_MAX];
	int id;

	offer_fill(&job, j->ipv4, j->ipv6, was);
	id = notify_submit(j->account->notify, &job, job_done, j);
	j->id = id > 0 ? id : -1;
	j->failed = id < 0;
	j->error = id;
	if (j->ipv4)
		entry_sent(j->ipv4);
	if (j->ipv6)
		entry_sent(j->ipv6);
}

struct notify *account_notify(const struct account *a)
{
	return a->notify;
}

/* Both families of a record share a request if they leave the same way. */
static struct job *job_to_join(const struct account *a, const struct entry *e)
{
	for (struct job *j = a->jobs; j; j = j->next) {
		struct entry *other = e->family == AF_INET ? j->ipv6 : j->ipv4;
		struct entry *same = e->family == AF_INET ? j->ipv4 : j->ipv6;

		if (j->id == 0 && !same && other &&
		    other->config == e->config &&
		    entry_egress(other)->ifindex == entry_egress(e)->ifindex)
			return j;
	}
	return NULL;
}

bool account_may_send(const struct account *a, const struct entry *e)
{
	uint64_t now_ms = clock_mono_ms();

	if (a->rest_ms > now_ms)
		return false;
	return account_is_counted(a) || job_to_join(a, e) ||
	       account_not_before_ms(a) <= now_ms;
}

/* ---- gathering ---- */

static void account_fail_unsent(struct account *a)
{
	for (struct job *j = a->jobs, *next; j; j = next) {
		struct notify_reply reply = {
			.status = NOTIFY_RETRY,
			.ipv4 = NOTIFY_RETRY,
			.ipv6 = NOTIFY_RETRY,
			.text = "the update process cannot be reached",
			.no_process = true,
			.again_ms = UNSENT_MS,
		};

		next = j->next;
		if (j->failed) {
			job_done(j, &reply);
			next = a->jobs; /* the replies may have moved things */
		}
	}
}

/* Those that wait for nobody. How many. */
static size_t account_submit(struct account *a)
{
	size_t n = 0, left;
	bool failed = false;

	for (const struct job *j = a->jobs; j; j = j->next)
		n += j->id == 0 && !job_waits(a, j);
	left = n;
	for (struct job *j = a->jobs; j && left > 0; j = j->next) {
		if (j->id != 0 || job_waits(a, j))
			continue;
		left--;
		a->queued--;
		job_submit(j, left > 0);
		failed |= j->failed;
	}
	if (a->queued == 0) {
		a->waited = false;
		a->gather_until_ms = 0;
		ev_timer_stop(a->loop, &a->gather);
	}
	if (failed)
		account_fail_unsent(a);
	return n;
}

static void account_gather(struct account *a)
{
	uint64_t more_ms = company_size(&a->company);

	if (more_ms > ACCOUNT_GATHER_MOST_MS)
		more_ms = ACCOUNT_GATHER_MOST_MS;
	if (a->gather_until_ms == 0)
		a->gather_until_ms = clock_mono_ms() + more_ms;
	a->gathered = a->queued;
	ev_now_update(a->loop);
	ev_timer_set(&a->gather, ACCOUNT_GATHER_MS / 1000.0, 0.0);
	ev_timer_start(a->loop, &a->gather);
}

/*
 * At the end of the loop's turn: all that one kernel message led to has
 * been queued by now.
 */
static void account_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct account *a = w->data;

	(void)revents;
	(void)account_submit(a);
	if (a->queued == 0) {
		ev_prepare_stop(loop, w);
	} else if (!ev_is_active(&a->gather)) {
		account_gather(a);
	}
}

void account_expect(struct account *a)
{
	a->expected = true;
}

void account_flush(struct account *a)
{
	if (account_submit(a) == 0 && a->expected)
		notify_prepare(a->notify, &a->info->name, 1);
	a->expected = false;
}

static void account_gathered(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct account *a = w->data;

	(void)loop;
	(void)revents;
	/* account_turn() follows in this very turn. */
	a->waited = a->queued == a->gathered ||
		    clock_mono_ms() >= a->gather_until_ms;
}

void account_send(struct account *a, struct entry *e)
{
	struct job *j = job_to_join(a, e), **end = &a->jobs;

	if (!j) {
		j = calloc(1, sizeof(*j));
		if (!j) {
			struct notify_reply reply = {
				.status = NOTIFY_RETRY, .text = "no memory",
				.no_process = true, .again_ms = UNSENT_MS,
			};

			entry_reply(e, NOTIFY_RETRY, &reply);
			return;
		}
		j->account = a;
		if (!account_is_counted(a))
			account_spend(a);
		while (*end)
			end = &(*end)->next;
		*end = j;
		a->queued++;
	}
	if (e->family == AF_INET)
		j->ipv4 = e;
	else
		j->ipv6 = e;
	e->job = j;
	ev_prepare_start(a->loop, &a->turn);
}

void account_withdraw(struct account *a, struct entry *e)
{
	struct job *j = e->job;

	if (!j)
		return;
	e->job = NULL;
	if (j->ipv4 == e)
		j->ipv4 = NULL;
	else
		j->ipv6 = NULL;
	if (j->ipv4 || j->ipv6)
		return;
	if (j->id > 0) {
		notify_cancel(a->notify, j->id);
	} else if (j->id == 0) {
		a->queued--;
		account_give_back(a);
	}
	job_free(j);
}

void account_use(struct account *a, const struct notify_account *info)
{
	a->info = info;
}

int account_new(struct ev_loop *loop, struct notify *notify,
		struct state *state, const struct notify_account *info,
		struct account **ret)
{
	struct account *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->loop = loop;
	a->notify = notify;
	a->state = state;
	a->info = info;
	ev_prepare_init(&a->turn, account_turn);
	a->turn.data = a;
	ev_timer_init(&a->gather, account_gathered, 0.0, 0.0);
	a->gather.data = a;
	account_recall(a);
	*ret = a;
	return 0;
}

void account_free(struct account *a)
{
	if (!a)
		return;
	ev_prepare_stop(a->loop, &a->turn);
	ev_timer_stop(a->loop, &a->gather);
	while (a->jobs) {
		if (a->jobs->id > 0)
			notify_cancel(a->notify, a->jobs->id);
		job_free(a->jobs);
	}
	company_done(&a->company);
	free(a);
}
