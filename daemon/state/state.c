#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <ev.h>

#include "base/backoff.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/state/state.h"
#include "daemon/state/state_disk.h"
#include "daemon/state/state_file.h"

/* A thousand acceptances in a second are written once. */
#define SPACING_MS 1000
/* ... and as many refusals almost at once. */
#define URGENT_MS 20
#define NOTES_FEW 256
/* Whatever was the matter with the disk may be over. */
static const struct backoff retry = { .first_ms = 2000, .most_ms = 60000 };
#define KEY_MAX 640
#define REST_KEPT_S (2 * 86400)

struct state {
	struct ev_loop *loop;
	struct state_disk disk;
	struct state_book book;
	bool reads_only;
	bool silenced; /* a failure to write was said */
	unsigned int failures; /* to write, in a row */
	uint64_t written_ms;
	ev_timer write;
};

/* "home.example.org ipv4 ns": no name holds a space. */
static const char *make_key(const char *name, int family,
			    const char *provider, char out[KEY_MAX])
{
	size_t len = strlen(name), rest = strlen(provider);

	/* By hand: looked for on the way of every update. */
	if (len + 6 + rest >= KEY_MAX) {
		(void)snprintf(out, KEY_MAX, "%s %s %s", name,
			       family == AF_INET ? "ipv4" : "ipv6", provider);
		return out;
	}
	memcpy(out, name, len);
	memcpy(out + len, family == AF_INET ? " ipv4 " : " ipv6 ", 6);
	memcpy(out + len + 6, provider, rest + 1);
	return out;
}

/* ---- the file ---- */

static void state_arm(struct state *s, uint64_t delay_ms)
{
	ev_now_update(s->loop);
	ev_timer_stop(s->loop, &s->write);
	ev_timer_set(&s->write, (double)delay_ms / 1000.0, 0.0);
	ev_timer_start(s->loop, &s->write);
}

/* Said when it begins. */
static void state_tell_failure(const struct state *s, int error)
{
	if (s->silenced)
		return;
	if (error == -EBUSY)
		log_warning("state: %s is another evddnsd's, going on in memory "
			    "until that one ends; -s gives this one its own",
			    s->disk.directory);
	else
		log_warning("state: %s cannot be written (%s), going on in "
			    "memory; a restart asks DNS",
			    s->disk.path, strerror(-error));
}

static void state_write(struct state *s)
{
	struct buf text = BUF_INIT(STATE_FILE_MAX);
	int r;

	ev_timer_stop(s->loop, &s->write);
	if (s->reads_only)
		return;
	state_file_print(&s->book, &text);
	if (text.failed && !text.no_memory) {
		/* Too much: first what nobody asks for goes. */
		state_book_forget_gone(&s->book);
		buf_done(&text);
		state_file_print(&s->book, &text);
	}
	if (text.failed)
		r = text.no_memory ? -ENOMEM : -EFBIG;
	else
		r = state_disk_write(&s->disk, text.data, text.len);
	buf_done(&text);
	s->written_ms = clock_mono_ms();
	if (r < 0)
		state_tell_failure(s, r);
	else if (s->silenced)
		log_notice("state: %s is written again, after %u %s",
			   s->disk.path, s->failures,
			   s->failures == 1 ? "failure" : "failures");
	s->silenced = r < 0;
	s->failures = r < 0 ? s->failures + 1 : 0;
	if (r < 0)
		state_arm(s, backoff_ms(&retry, s->failures, clock_random()));
}

static void state_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	state_write(w->data);
}

/* After what is under way in this turn: an event comes first. */
static void state_touch(struct state *s, uint64_t spacing_ms)
{
	uint64_t since_ms = clock_mono_ms() - s->written_ms;
	uint64_t delay_ms = 0;

	if (s->written_ms && since_ms < spacing_ms)
		delay_ms = spacing_ms - since_ms;
	if (s->reads_only)
		return;
	ev_now_update(s->loop);
	if (!ev_is_active(&s->write) ||
	    ev_timer_remaining(s->loop, &s->write) > (double)delay_ms / 1000.0)
		state_arm(s, delay_ms);
}

/* What is over soon: the file stays, or refusals would be lost with it. */
static bool is_shortage(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

static void state_put_aside(const struct state *s, const char *why)
{
	/* What is only looked at, or is another's, stays where it is. */
	bool ours = s->disk.fd >= 0;
	int r = ours ? state_disk_put_aside(&s->disk) : 0;

	if (!ours)
		log_warning("state: %s is not believed (%s), DNS decides",
			    s->disk.path, why);
	else if (r < 0)
		log_warning("state: %s is not believed (%s), and cannot be "
			    "put aside (%s), DNS decides", s->disk.path, why,
			    strerror(-r));
	else
		log_warning("state: %s is put aside (%s), DNS decides",
			    s->disk.path, why);
}

static int state_load(struct state *s)
{
	const char *why = NULL;
	char *text = NULL;
	size_t len = 0;
	int r = state_disk_read(&s->disk, STATE_FILE_MAX, &text, &len, &why);

	if (r == 0)
		r = state_file_parse(text, len, &s->book, &why);
	free(text);
	if (r < 0)
		state_book_done(&s->book);
	if (is_shortage(r))
		return r;
	if (r < 0 && r != -ENOENT)
		state_put_aside(s, why);
	return 0;
}

/* Who cannot have it does not write, but reads as far as that goes. */
static int state_own(struct state *s)
{
	int r = state_disk_own(&s->disk);

	if (r == 0 || is_shortage(r))
		return r;
	if (r == -EBUSY)
		state_tell_failure(s, r);
	else
		log_warning("state: %s cannot be made (%s), going on in "
			    "memory; a restart asks DNS",
			    s->disk.directory, strerror(-r));
	s->silenced = true;
	s->failures = 1;
	return r;
}

int state_open(struct ev_loop *loop, const char *directory, bool reads_only,
	       struct state **ret)
{
	struct state *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->reads_only = reads_only;
	ev_timer_init(&s->write, state_due, 0.0, 0.0);
	s->write.data = s;
	r = state_disk_open(&s->disk, directory);
	if (r < 0) {
		free(s);
		return r;
	}
	if (!reads_only)
		r = state_own(s);
	if (r == 0 || r == -EBUSY)
		r = state_load(s);
	if (is_shortage(r)) {
		state_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	if (ev_is_active(&s->write))
		state_write(s);
	state_disk_done(&s->disk);
	state_book_done(&s->book);
	free(s);
}

/* ---- records ---- */

int64_t state_find(const struct state *s, const char *name, int family,
		   const char *provider, struct addr_set *ret)
{
	char key[KEY_MAX];
	const struct state_note *n = state_book_find(
		&s->book, make_key(name, family, provider, key));

	if (!n || n->at_s == 0)
		return 0;
	for (size_t i = 0; i < n->accepted.n; i++)
		if (n->accepted.items[i].family != family)
			return 0; /* not what we wrote: no hint */
	if (addr_set_assign(ret, n->accepted.items, n->accepted.n) < 0)
		return 0;
	return n->at_s;
}

void state_accepted(struct state *s, const char *name, int family,
		    const char *provider, const struct addr_set *accepted,
		    int64_t at_s)
{
	char key[KEY_MAX];
	struct state_note *n = state_book_note(
		&s->book, make_key(name, family, provider, key));

	if (!n || addr_set_assign(&n->accepted, accepted->items,
				  accepted->n) < 0)
		return; /* no memory: a hint less */
	n->at_s = at_s;
	n->marks = 0;
	if (at_s) {
		state_refusal_free(n->refusal);
		n->refusal = NULL;
	}
	state_touch(s, SPACING_MS);
}

bool state_marked(const struct state *s, const char *name, int family,
		  const char *provider, enum state_mark mark)
{
	char key[KEY_MAX];
	const struct state_note *n = state_book_find(
		&s->book, make_key(name, family, provider, key));

	return n && (n->marks & (unsigned int)mark);
}

void state_set_mark(struct state *s, const char *name, int family,
		    const char *provider, enum state_mark mark, bool on)
{
	char key[KEY_MAX];
	struct state_note *n = state_book_find(
		&s->book, make_key(name, family, provider, key));
	unsigned int marks;

	if (!n || !n->at_s)
		return;
	marks = on ? n->marks | (unsigned int)mark
		   : n->marks & ~(unsigned int)mark;
	if (marks == n->marks)
		return;
	n->marks = marks;
	state_touch(s, SPACING_MS);
}

const struct state_refusal *state_refusal(const struct state *s,
					  const char *name, int family,
					  const char *provider)
{
	char key[KEY_MAX];
	const struct state_note *n = state_book_find(
		&s->book, make_key(name, family, provider, key));

	return n ? n->refusal : NULL;
}

void state_refused(struct state *s, const char *name, int family,
		   const char *provider, const struct state_refusal *r)
{
	char key[KEY_MAX];
	struct state_note *n;

	(void)make_key(name, family, provider, key);
	n = r ? state_book_note(&s->book, key) : state_book_find(&s->book,
								 key);
	if (!n || (!r && !n->refusal))
		return;
	state_refusal_free(n->refusal);
	n->refusal = r ? state_refusal_new(r) : NULL;
	/* Before anybody is told: what was told must not be lost. */
	if (r && (s->book.n_notes < NOTES_FEW ||
		  clock_mono_ms() - s->written_ms >= URGENT_MS))
		state_write(s);
	else
		state_touch(s, r ? URGENT_MS : SPACING_MS);
}

/* ---- what is configured ---- */

void state_claim(struct state *s, const char *name, int family,
		 const char *provider)
{
	char key[KEY_MAX];
	struct state_note *n = state_book_find(
		&s->book, make_key(name, family, provider, key));

	if (n)
		n->claimed = true;
}

void state_sweep(struct state *s)
{
	if (state_book_sweep(&s->book, clock_wall_s(), STATE_KEPT_DAYS))
		state_touch(s, SPACING_MS);
}

/* ---- accounts ---- */

const struct state_account *state_account(struct state *s, const char *name)
{
	return state_book_account(&s->book, name);
}

void state_account_set(struct state *s, const char *name, int64_t bucket_ms,
		       int64_t rest_ms)
{
	struct state_account *a = state_book_account(&s->book, name);

	if (!a)
		return;
	a->bucket_ms = bucket_ms;
	a->rest_ms = rest_ms;
	state_touch(s, SPACING_MS);
}

void state_limits_set(struct state *s, const char *name,
		      const int64_t limit_ms[NOTIFY_LIMITS_MAX])
{
	struct state_account *a = state_book_account(&s->book, name);

	if (!a)
		return;
	memcpy(a->limit_ms, limit_ms, sizeof(a->limit_ms));
	state_touch(s, s->book.n_notes < NOTES_FEW ? URGENT_MS : SPACING_MS);
}

/* ---- reflectors ---- */

void state_set_rest(struct state *s, const char *key, unsigned int failures,
		    int64_t until_s)
{
	struct state_rest *r = state_book_rest(&s->book, key);

	if (!r)
		return;
	r->failures = failures;
	r->until_s = until_s;
	state_touch(s, SPACING_MS);
}

/* What ended long ago tells nothing, and may be of reflectors long gone. */
void state_each_rest(const struct state *s, state_rest_fn *each, void *user)
{
	int64_t now_s = clock_wall_s();

	for (struct state_rest *r = s->book.rests; r; r = r->next) {
		if (r->until_s < now_s - REST_KEPT_S)
			r->failures = 0;
		if (r->failures > 0)
			each(user, r->key, r->failures, r->until_s);
	}
}
