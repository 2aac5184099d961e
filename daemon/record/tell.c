#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/control/announce.h"
#include "daemon/record/account.h"
#include "daemon/record/tell.h"
#include "hooks/hooks.h"
#include "monitor/monitor.h"

/* Most of a foreign text that is shown. */
#define TEXT_MAX 200

static struct log_fields fields(const struct entry *e, const char *event)
{
	return (struct log_fields){
		.subject = "record",
		.name = e->config->name,
		.family = entry_family_name(e),
		.provider = account_info(e->account)->name,
		.event = event,
	};
}

/* Milliseconds since the kernel's event behind the present work; -1: none. */
static int64_t latency_ms(const struct entry *e)
{
	if (e->heard_ns == 0 || !e->changed)
		return -1;
	return (int64_t)((clock_mono_ns() - e->heard_ns) / 1000000U);
}

static const char *after_event(const struct entry *e, char *out, size_t size)
{
	out[0] = '\0';
	if (latency_ms(e) >= 0)
		(void)snprintf(out, size, ", %lld ms after the kernel's event",
			       (long long)latency_ms(e));
	return out;
}

struct texts {
	char wanted[ADDR_SET_STRLEN], previous[ADDR_STRLEN];
};

/* What an event of this entry tells; texts is where it lies. */
static void describe(const struct entry *e, const char *event,
		     struct texts *texts, struct hook_event *ret)
{
	const struct source_candidate *c;
	const struct monitor_link *link = NULL;
	size_t n;

	c = source_candidates(e->source, &n);
	if (n > 0)
		link = monitor_link(e->world->monitor, c[0].ifindex);
	ret->event = event;
	ret->record = e->config->name;
	ret->family = entry_family_name(e);
	ret->provider = account_info(e->account)->name;
	if (e->wanted.n > 0)
		ret->address = addr_set_print(&e->wanted, texts->wanted,
					      sizeof(texts->wanted));
	if (e->previous.family != 0)
		ret->old_address = addr_print(&e->previous, texts->previous);
	ret->interface = link ? link->name : NULL;
	ret->latency_ms = latency_ms(e);
}

static void post(const struct entry *e, const char *event,
		 struct hook_event more)
{
	struct texts texts;

	if (e->world->dry_run)
		return;
	describe(e, event, &texts, &more);
	announce_event(e->world->announce, &more);
}

static void post_plain(const struct entry *e, const char *event)
{
	post(e, event, (struct hook_event){ .retry_in_s = -1 });
}

void tell_moved(const struct entry *e, enum record_state from,
		enum record_event event)
{
	struct log_fields f = fields(e, "state");

	const struct hook_event more = {
		.event = "state",
		.record = e->config->name,
		.family = entry_family_name(e),
		.provider = account_info(e->account)->name,
		.retry_in_s = -1,
		.latency_ms = -1,
	};

	if (log_wants(LOG_LEVEL_DEBUG))
		log_line(LOG_LEVEL_DEBUG, &f, "%s -> %s (%s)",
			 record_state_name(from), record_state_name(e->state),
			 record_event_name(event));
	announce_state(e->world->announce, &more,
		       record_state_name(entry_shown_state(e)));
}

void tell_checked(const struct entry *e, const struct resolver_answer *a)
{
	struct log_fields f = fields(e, "checked");
	char line[400];

	if (!log_wants(LOG_LEVEL_DEBUG))
		return;
	if (!a || a->n_servers == 0) {
		log_line(LOG_LEVEL_DEBUG, &f,
			 "no name server could be asked: %s",
			 !a		  ? "no memory"
			 : a->status == 0 ? "none is reachable"
					  : resolver_status_text(a->status));
		return;
	}
	for (size_t i = 0; i < a->n_servers; i++)
		log_line(LOG_LEVEL_DEBUG, &f, "zone %s, %s",
			 a->zone ? a->zone : "unknown",
			 resolver_server_print(&a->servers[i], line,
					       sizeof(line)));
}

void tell_intercepted(const struct entry *e, const struct resolver_server *s)
{
	struct log_fields f = fields(e, "intercepted");
	char line[400];

	log_line(LOG_LEVEL_WARNING, &f, "not believed: %s",
		 resolver_server_print(s, line, sizeof(line)));
}

void tell_believed(const struct entry *e)
{
	struct log_fields f = fields(e, "believed");

	log_line(LOG_LEVEL_NOTICE, &f, "the name servers themselves answer "
		 "again, after %u %s that were not believed", e->intercepted,
		 e->intercepted == 1 ? "answer" : "answers");
}

void tell_accepted(const struct entry *e, const struct notify_reply *reply)
{
	struct log_fields f = fields(e, "sent");
	char text[TEXT_MAX + 8], sent[ADDR_SET_STRLEN], when[64];

	f.at_ns = reply->sent_ns;
	if (reply->sent_ns)
		log_line(LOG_LEVEL_DEBUG, &f, "update sent: %s",
			 addr_set_print(&e->sent, sent, sizeof(sent)));
	f.at_ns = 0;
	f.event = "accepted";
	log_line(e->config->verify && !e->world->dry_run ? LOG_LEVEL_INFO
							  : LOG_LEVEL_NOTICE,
		 &f, "%s %s%s: %s",
		 e->world->dry_run ? "would send" : "accepted",
		 addr_set_print(&e->sent, sent, sizeof(sent)),
		 after_event(e, when, sizeof(when)),
		 str_printable(reply->text, strlen(reply->text), TEXT_MAX,
			       text, sizeof(text)));
	post_plain(e, "updated");
}

void tell_failed(const struct entry *e, const char *text, uint64_t delay_ms,
		 bool news)
{
	struct log_fields f = fields(e, "failed");
	static const char *const until[] = {
		[ENTRY_WAIT_SERVER] = "",
		[ENTRY_WAIT_TURN] = "",
		[ENTRY_WAIT_NET] = "waiting for the network, ",
		[ENTRY_WAIT_CLOCK] = "waiting for the clock, ",
		[ENTRY_WAIT_PROCESS] = "",
	};
	char print[TEXT_MAX + 8], delay[32];
	struct hook_event more = { .error = print };

	(void)str_printable(text, strlen(text), TEXT_MAX, print,
			    sizeof(print));
	(void)str_duration((delay_ms + 999) / 1000 * 1000, delay,
			   sizeof(delay));
	more.retry_in_s = (int64_t)((delay_ms + 999) / 1000);
	/* Told when it begins; each further try is for the curious. */
	log_line(news ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, &f,
		 "update failed (%s), %strying again %s%s", print,
		 until[e->wait],
		 e->wait == ENTRY_WAIT_CLOCK ? "when the clock is set, or in "
					     : "in ", delay);
	post(e, "failed", more);
}

void tell_refused(const struct entry *e, const char *text)
{
	struct log_fields f = fields(e, "refused");
	char print[TEXT_MAX + 8];
	struct hook_event more = { .error = print, .retry_in_s = -1 };

	(void)str_printable(text, strlen(text), TEXT_MAX, print,
			    sizeof(print));
	log_line(LOG_LEVEL_ERROR, &f,
		 "refused: %s; nothing more is sent until that is mended",
		 print);
	post(e, "refused", more);
}

void tell_recovered(const struct entry *e)
{
	struct log_fields f = fields(e, "recovered");

	if (e->failures == 0)
		log_line(LOG_LEVEL_NOTICE, &f, "recovered");
	else
		log_line(LOG_LEVEL_NOTICE, &f, "recovered after %u failed %s",
			 e->failures, e->failures == 1 ? "try" : "tries");
	post_plain(e, "recovered");
}

void tell_published(const struct entry *e)
{
	struct log_fields f = fields(e, "published");
	char wanted[ADDR_SET_STRLEN], was[ADDR_STRLEN], when[64];

	log_line(LOG_LEVEL_NOTICE, &f, "published %s (was %s)%s",
		 addr_set_print(&e->wanted, wanted, sizeof(wanted)),
		 addr_print(&e->previous, was),
		 after_event(e, when, sizeof(when)));
	post_plain(e, "published");
}

void tell_withdrawn(const struct entry *e)
{
	struct log_fields f = fields(e, "withdrawn");
	char was[ADDR_SET_STRLEN];

	log_line(LOG_LEVEL_NOTICE, &f, "withdrawn: %s%s",
		 addr_set_print(&e->was, was, sizeof(was)),
		 e->updated ? "" : " (it was not there any more)");
}

void tell_unchanged(const struct entry *e)
{
	struct log_fields f = fields(e, "unchanged");
	char wanted[ADDR_SET_STRLEN];

	log_line(LOG_LEVEL_INFO, &f, "right already: %s",
		 addr_set_print(&e->wanted, wanted, sizeof(wanted)));
	post_plain(e, "unchanged");
}

/* A quiet day's work: no news for anybody. */
void tell_ptr(const struct entry *e, const struct notify_reply *reply)
{
	bool good = reply->status == NOTIFY_DONE ||
		    reply->status == NOTIFY_UNCHANGED;
	struct log_fields f = fields(e, "reverse");
	char print[TEXT_MAX + 8];

	(void)str_printable(reply->text, strlen(reply->text), TEXT_MAX, print,
			    sizeof(print));
	if (good && reply->status == NOTIFY_UNCHANGED && !e->ptr_wrong)
		log_line(LOG_LEVEL_DEBUG, &f, "the reverse name: %s", print);
	else if (good)
		log_line(LOG_LEVEL_NOTICE, &f, "the reverse name is set: %s",
			 print);
	else
		log_line(e->ptr_wrong ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
			 &f, "the reverse name is not set: %s; the name itself "
			 "is right, tried again after recheck", print);
}

void tell_renewed(const struct entry *e, const struct notify_reply *reply)
{
	struct log_fields f = fields(e, "renewed");

	log_line(LOG_LEVEL_DEBUG, &f, "our part is renewed: %s", reply->text);
}

/* The first server that says something else, in its words. */
static const char *dissent(const struct entry *e, char *out, size_t size)
{
	(void)snprintf(out, size, "no name server could be asked");
	for (size_t i = 0; e->answer && i < e->answer->n_servers; i++) {
		const struct resolver_server *s = &e->answer->servers[i];
		struct addr_set said = { 0 };
		bool same;

		if (addr_set_assign(&said, s->addrs, s->n_addrs) < 0)
			continue;
		same = s->outcome == RESOLVER_ANSWERED &&
		       addr_set_equal(&said, &e->wanted);
		addr_set_clear(&said);
		if (!same)
			return resolver_server_print(s, out, size);
	}
	return out;
}

void tell_overdue(const struct entry *e)
{
	struct log_fields f = fields(e, "overdue");
	char said[400];

	log_line(LOG_LEVEL_WARNING, &f,
		 "accepted, but not published in time (%s), sending it once "
		 "more", dissent(e, said, sizeof(said)));
}

void tell_overruled(const struct entry *e)
{
	struct log_fields f = fields(e, "overruled");
	char said[400];

	log_line(LOG_LEVEL_NOTICE, &f,
		 "accepted, but shown differently (%s), leaving it so",
		 dissent(e, said, sizeof(said)));
}

void tell_unseen(const struct entry *e)
{
	struct log_fields f = fields(e, "unseen");

	log_line(LOG_LEVEL_INFO, &f,
		 "accepted, but no name server could be asked");
}

void tell_rehearsed(const struct entry *e, const char *event)
{
	bool failed = strcmp(event, "failed") == 0;
	struct hook_event more = { .retry_in_s = failed ? 0 : -1 };
	struct texts texts;

	if (failed || strcmp(event, "refused") == 0)
		more.error = "this is a test";
	describe(e, event, &texts, &more);
	announce_rehearsal(e->world->announce, &more);
}
