#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "daemon/record/account.h"
#include "daemon/report/brief.h"
#include "daemon/setup/lack.h"

/* Text from outside is cut to this. */
#define WORDS_MAX 200

struct brief {
	const struct entry *e;
	uint64_t now_ms;
	char *out;
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void add(struct brief *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(b->out + b->len, BRIEF_STRLEN - b->len, format, args);
	va_end(args);
	if (n > 0)
		b->len += (size_t)n;
	if (b->len >= BRIEF_STRLEN)
		b->len = BRIEF_STRLEN - 1;
}

static void add_words(struct brief *b, const char *text)
{
	char print[WORDS_MAX + 8];

	add(b, "%s", str_printable(text, strlen(text), WORDS_MAX, print,
				   sizeof(print)));
}

/* What the first server that said anything says. */
static void add_dns(struct brief *b)
{
	const struct resolver_answer *a = b->e->answer;
	char text[ADDR_SET_STRLEN];

	for (size_t i = 0; a && i < a->n_servers; i++) {
		const struct resolver_server *s = &a->servers[i];
		struct addr_set said = { 0 };

		if (s->outcome == RESOLVER_CNAME)
			add(b, "the name is an alias");
		else if (s->outcome != RESOLVER_ANSWERED)
			continue;
		else if (s->n_addrs == 0)
			add(b, "DNS has no address for it");
		else if (addr_set_assign(&said, s->addrs, s->n_addrs) == 0)
			add(b, "DNS says %s",
			    addr_set_print(&said, text, sizeof(text)));
		addr_set_clear(&said);
		return;
	}
	add(b, "what DNS says is not known");
}

static void add_wanted(struct brief *b)
{
	char text[ADDR_SET_STRLEN];

	if (b->e->withdrawing || b->e->wanted.n == 0)
		add(b, "nothing");
	else
		add(b, "%s", addr_set_print(&b->e->wanted, text, sizeof(text)));
}

/* As people say it: "in 40 s", "in 55 min", "in 24 h". */
static void add_at(struct brief *b, uint64_t due_ms)
{
	uint64_t left_s;

	if (due_ms == 0)
		return;
	left_s = due_ms > b->now_ms ? (due_ms - b->now_ms + 999) / 1000 : 0;
	if (left_s < 120)
		add(b, " in %" PRIu64 " s", left_s);
	else if (left_s < 7200)
		add(b, " in %" PRIu64 " min", (left_s + 30) / 60);
	else
		add(b, " in %" PRIu64 " h", (left_s + 1800) / 3600);
}

static void add_when(struct brief *b)
{
	add_at(b, b->e->timer_due_ms);
}

static void add_next(struct brief *b, const char *act)
{
	add(b, "; next: %s", act);
	add_when(b);
}

static void brief_waiting(struct brief *b)
{
	const struct entry *e = b->e;
	const struct lack_question q = {
		.monitor = e->world->monitor,
		.config = source_config(e->source),
		.ipv4 = e->family == AF_INET,
		.ipv6 = e->family == AF_INET6,
	};
	char what[LACK_STRLEN];
	size_t n;
	const struct source_candidate *c = source_candidates(e->source, &n);

	if (n > 0 && c[0].stand == STAND_LEFT) {
		add(b, "left alone: ");
		add_words(b, c[0].text);
		add_next(b, "a look at the next change");
		return;
	}
	(void)lack_find(&q, what);
	add(b, "waiting for %s", what);
	if (e->published.n > 0)
		add(b, ", keeping what is published");
}

static void brief_confirming(struct brief *b)
{
	size_t n;
	const struct source_candidate *c = source_candidates(b->e->source, &n);

	if (n > 0 && c[0].stand == STAND_UNSEEN) {
		add(b, "wrong: not published, because the address is not "
		       "confirmed: ");
		add_words(b, c[0].text);
		add(b, "; next: reflectors are asked again");
		add_at(b, source_next_ms(b->e->source));
		return;
	}
	add(b, "being looked at: does the world see the address?");
}

/* Who or what makes it wait. */
static void add_backoff(struct brief *b)
{
	switch (b->e->wait) {
	case ENTRY_WAIT_CLOCK:
		add_next(b, "another try when the clock is set, or");
		break;
	case ENTRY_WAIT_NET:
		add_next(b, "another try when the network has news, or");
		break;
	case ENTRY_WAIT_TURN:
		add_next(b, account_rest_ms(b->e->account) > b->now_ms
				    ? "the account rests, as its server asked"
				    : "its turn by the account's min-interval");
		break;
	case ENTRY_WAIT_PROCESS:
		add_next(b, "another try, with another update process,");
		break;
	case ENTRY_WAIT_SERVER:
		add_next(b, "another try");
		if (account_rest_ms(b->e->account) <= b->now_ms)
			add(b, ", or at a new address");
		break;
	}
}

static void brief_backoff(struct brief *b)
{
	add(b, "wrong: ");
	add_dns(b);
	add(b, ", ");
	add_wanted(b);
	add(b, " is wanted, because ");
	if (b->e->error)
		add_words(b, b->e->error);
	else
		add(b, "it has to wait");
	add_backoff(b);
}

static void brief_refused(struct brief *b)
{
	const char *account = account_info(b->e->account)->name;

	add(b, "wrong: ");
	add_dns(b);
	add(b, ", ");
	add_wanted(b);
	if (b->e->verdict == RESOLVER_ALIAS)
		add(b, " is wanted: ");
	else
		add(b, " is wanted, because %s refused: ", account);
	add_words(b, b->e->error ? b->e->error : "earlier");
	add(b, "; next: nothing until settings, secret or address change, or "
	       "`evddnsctl retry %s`", b->e->config->name);
	if (b->e->timer_due_ms)
		add(b, ", or");
	add_when(b);
}

/* One that hangs is no riddle: since when, and when that ends. */
static void brief_updating(struct brief *b)
{
	const struct entry *e = b->e;
	const struct notify_account *account = account_info(e->account);
	bool sent = e->job && account_has_sent(e->job);
	uint64_t since_s = (b->now_ms - e->sent_ms) / 1000;
	uint64_t most_s = account->timeout_s + NOTIFY_GRACE_S;

	add(b, "being updated: %s is told ", account->name);
	add_wanted(b);
	if (!sent || since_s < 2)
		return;
	add(b, ", and has not answered for %" PRIu64 " s; next: its answer, or "
	       "another try in %" PRIu64 " s at most", since_s,
	    most_s > since_s ? most_s - since_s : 1);
}

static void brief_unsent(struct brief *b)
{
	add(b, "a dry run: ");
	add_dns(b);
	add(b, ", ");
	add_wanted(b);
	add(b, " would be sent");
	add_next(b, "a look at the name servers");
}

static void brief_published(struct brief *b)
{
	if (b->e->unsent) {
		brief_unsent(b);
		return;
	}
	if (b->e->note) {
		add(b, "accepted by %s, but ",
		    account_info(b->e->account)->name);
		add_words(b, b->e->note);
		add(b, ": ");
		add_dns(b);
	} else {
		add(b, "right: ");
		add_wanted(b);
		add(b, " is published");
	}
	add_next(b, "a look at the name servers");
}

const char *brief_print(const struct entry *e, uint64_t now_ms,
			char out[BRIEF_STRLEN])
{
	struct brief b = { .e = e, .now_ms = now_ms, .out = out };

	out[0] = '\0';
	switch (e->state) {
	case RECORD_WAITING:
		brief_waiting(&b);
		break;
	case RECORD_CONFIRMING:
		brief_confirming(&b);
		break;
	case RECORD_CHECKING:
		add(&b, "being looked at: what do the name servers say?");
		break;
	case RECORD_UPDATING:
	case RECORD_UPDATING_STALE:
		brief_updating(&b);
		break;
	case RECORD_VERIFYING:
		add(&b, "accepted by %s, ", account_info(e->account)->name);
		add_dns(&b);
		add_next(&b, "a look at the name servers");
		break;
	case RECORD_PUBLISHED:
		brief_published(&b);
		break;
	case RECORD_BACKOFF:
		brief_backoff(&b);
		break;
	case RECORD_REFUSED:
		brief_refused(&b);
		break;
	case RECORD_STAY:
	case RECORD_N_STATES:
		break;
	}
	str_end_whole(out);
	return out;
}
