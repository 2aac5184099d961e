#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <ev.h>
#include <net/if.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "daemon/setup/online.h"
#include "daemon/source/pick.h"
#include "monitor/monitor.h"
#include "net/route.h"

/* One question to one provider. */
struct question {
	struct online *owner;
	const struct config_record *record;
	const char *account, *type; /* borrowed from notify's accounts */
	int id;                     /* 0: answered */
};

struct online {
	struct ev_loop *loop;
	struct notify *notify;
	struct config *config;
	struct question *questions;
	size_t n, left;
	int status;
	ev_timer end; /* done() comes from the loop */
	online_done_fn *done;
	void *user;
};

static void fault(struct online *o, const struct config_record *r,
		  const char *account, const char *text, int status)
{
	(void)fprintf(stderr, "%s:%u: record \"%s\", provider \"%s\": %s\n",
		      r->file, r->line, r->name, account, text);
	if (o->status != EX_CONFIG)
		o->status = status;
}

static void finish_soon(struct online *o)
{
	ev_timer_stop(o->loop, &o->end);
	ev_timer_set(&o->end, 0., 0.);
	ev_timer_start(o->loop, &o->end);
}

static void online_ended(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct online *o = w->data;

	(void)loop;
	(void)revents;
	(void)fflush(stdout);
	o->done(o->user, o->status);
}

/* ---- sources ---- */

static void print_picks(const struct config_source *s, int family,
			const struct pick *picks, size_t n, enum pick_nat nat)
{
	char addr[ADDR_STRLEN], name[IF_NAMESIZE];

	(void)printf("source \"%s\": %s:", s->name,
		     family == AF_INET ? "ipv4" : "ipv6");
	for (size_t i = 0; i < n; i++)
		(void)printf(" %s (%s)", addr_print(&picks[i].addr, addr),
			     if_indextoname((unsigned int)picks[i].ifindex,
					    name) ? name : "?");
	if (n > 0 && picks[0].shut_in)
		(void)printf(", behind NAT: what the reflectors see of it "
			     "would be published");
	else if (n > 0)
		(void)printf(" would be published");
	else
		(void)printf(nat == PICK_NAT_NONE ? " no address"
						  : " behind NAT, left alone");
	(void)printf("\n");
}

static void online_unheard(void *user, int ifindex, uint64_t heard_ns)
{
	(void)user;
	(void)ifindex;
	(void)heard_ns;
}

static void say_sources(struct online *o)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct monitor *monitor = NULL;
	struct route *route = NULL;

	if (monitor_new(o->loop, online_unheard, NULL, &monitor) < 0 ||
	    route_open(&route) < 0) {
		(void)printf("sources: the kernel does not tell addresses\n");
		monitor_free(monitor);
		return;
	}
	for (size_t i = 0; i < 2 * o->config->n_sources; i++) {
		struct pick_request r = {
			.monitor = monitor, .route = route,
			.config = &o->config->sources[i / 2],
			.family = families[i % 2],
			.now_ms = clock_mono_ms(),
		};
		struct pick picks[PICK_MAX];
		enum pick_nat nat = PICK_NAT_NONE;
		size_t n = pick_candidates(&r, NULL, NULL, picks, &nat);

		if (n != PICK_NO_MEMORY)
			print_picks(r.config, r.family, picks, n, nat);
	}
	route_close(route);
	monitor_free(monitor);
}

/* ---- providers ---- */

static void add_addrs(struct buf *b, const struct addr *addrs, size_t n)
{
	char text[ADDR_STRLEN];

	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%s", b->len > 0 ? ", " : "",
			 addr_print(&addrs[i], text));
}

static void online_looked(void *user, const struct notify_reply *reply)
{
	struct question *q = user;
	struct online *o = q->owner;
	struct buf b = BUF_INIT(65536);

	q->id = 0;
	if (reply->status == NOTIFY_DONE) {
		add_addrs(&b, reply->ipv4_values, reply->n_ipv4_values);
		add_addrs(&b, reply->ipv6_values, reply->n_ipv6_values);
		(void)printf("record \"%s\": provider \"%s\" (%s) lets us in; "
			     "it holds %s\n", q->record->name, q->account,
			     q->type, b.len > 0 ? b.data : "no address");
		buf_done(&b);
	} else {
		fault(o, q->record, q->account, reply->text,
		      reply->status == NOTIFY_REFUSED ? EX_CONFIG
						      : EX_TEMPFAIL);
	}
	if (--o->left == 0)
		finish_soon(o);
}

static void ask(struct online *o, const struct config_record *r,
		const struct notify_account *a)
{
	struct question *q = &o->questions[o->n++];
	struct notify_job job = {
		.account = a->name, .name = r->name, .zone = a->zone,
		.ipv4.given = r->ipv4 && a->ipv4,
		.ipv6.given = r->ipv6 && a->ipv6,
	};

	*q = (struct question){ .owner = o, .record = r, .account = a->name,
				.type = a->type };
	if (!a->can_look) {
		(void)printf("record \"%s\": provider \"%s\" (%s) shows "
			     "nothing: only an update can prove it\n", r->name,
			     a->name, a->type);
		return;
	}
	q->id = notify_look(o->notify, &job, online_looked, q);
	if (q->id > 0)
		o->left++;
	else
		fault(o, r, a->name, strerror(-q->id), EX_TEMPFAIL);
}

static const struct notify_account *find(const struct notify_account *as,
					 size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(as[i].name, name) == 0)
			return &as[i];
	return NULL;
}

static int ask_all(struct online *o, const struct notify_account *accounts,
		   size_t n_accounts)
{
	size_t n = 0;

	for (size_t i = 0; i < o->config->n_records; i++)
		n += o->config->records[i].n_providers;
	o->questions = calloc(n + 1, sizeof(*o->questions));
	if (!o->questions)
		return -ENOMEM;
	for (size_t i = 0; i < o->config->n_records; i++) {
		const struct config_record *r = &o->config->records[i];

		for (size_t k = 0; k < r->n_providers; k++) {
			const struct notify_account *a = find(
				accounts, n_accounts,
				o->config->providers[r->providers[k]].name);

			if (a)
				ask(o, r, a);
		}
	}
	return 0;
}

int online_start(struct ev_loop *loop, struct notify *notify,
		 struct loaded *loaded, online_done_fn *done, void *user,
		 struct online **ret)
{
	struct online *o = calloc(1, sizeof(*o));
	const struct notify_account *list;
	size_t n;
	int r;

	if (!o)
		return -ENOMEM;
	*o = (struct online){ .loop = loop, .notify = notify,
			      .config = loaded->config, .done = done,
			      .user = user };
	list = notify_config_accounts(loaded->accounts, &n);
	notify_use(notify, loaded->accounts);
	loaded->config = NULL;
	loaded->accounts = NULL;
	ev_timer_init(&o->end, online_ended, 0., 0.);
	o->end.data = o;
	say_sources(o);
	r = ask_all(o, list, n);
	if (r < 0) {
		online_free(o);
		return r;
	}
	if (o->left == 0)
		finish_soon(o);
	*ret = o;
	return 0;
}

void online_free(struct online *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		if (o->questions[i].id > 0)
			notify_cancel(o->notify, o->questions[i].id);
	ev_timer_stop(o->loop, &o->end);
	config_free(o->config);
	free(o->questions);
	free(o);
}
