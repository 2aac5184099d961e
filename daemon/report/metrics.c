#include "config.h"

#include <inttypes.h>

#include "daemon/record/account.h"
#include "daemon/report/metrics.h"
#include "daemon/setup/setup.h"

/* OpenMetrics 1.0, ABNF of escaped-string: unlike JSON it knows no \u. */
static void put_label(struct buf *out, const char *name, const char *value)
{
	buf_addf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_add(out, "\\", 1);
		buf_add(out, value, 1);
	}
	buf_add(out, "\"", 1);
}

static void put_labels(struct buf *out, const struct entry *e)
{
	put_label(out, "{name", e->config->name);
	put_label(out, ",family", entry_family_name(e));
	put_label(out, ",provider", account_info(e->account)->name);
}

static void put_head(struct buf *out, const char *name, const char *type,
		     const char *help)
{
	buf_addf(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

typedef int64_t value_fn(const struct entry *e);

static int64_t last_update(const struct entry *e)
{
	return e->last_update_s ? e->last_update_s : -1;
}

static int64_t last_change(const struct entry *e)
{
	return e->last_change_s ? e->last_change_s : -1;
}

static int64_t is_published(const struct entry *e)
{
	return entry_shown_state(e) == RECORD_PUBLISHED;
}

static int64_t failures(const struct entry *e)
{
	return e->failing ? e->failures : 0;
}

static int64_t latency(const struct entry *e)
{
	return e->latency_ms;
}

static const struct row {
	const char *name, *type, *help;
	value_fn *value; /* negative: not known */
	bool thousandths;
} rows[] = {
	{ "evddns_record_published", "gauge",
	  "1 where every name server says what is wanted.", is_published,
	  false },
	{ "evddns_record_failures", "gauge",
	  "Tries in a row that have failed.", failures, false },
	{ "evddns_record_last_update_timestamp_seconds", "gauge",
	  "When an update was sent last.", last_update, false },
	{ "evddns_record_last_change_timestamp_seconds", "gauge",
	  "When a change was settled last.", last_change, false },
	{ "evddns_record_latency_seconds", "gauge",
	  "From the kernel's event until the last change was settled.",
	  latency, true },
};

static void put_row(struct buf *out, const struct row *r,
		    const struct entry *e)
{
	int64_t value = r->value(e);

	if (value < 0)
		return;
	buf_add_str(out, r->name);
	put_labels(out, e);
	if (r->thousandths)
		buf_addf(out, "} %" PRId64 ".%03d\n", value / 1000,
			 (int)(value % 1000));
	else
		buf_addf(out, "} %" PRId64 "\n", value);
}

static void put_states(struct buf *out, const struct setup *s)
{
	size_t counts[RECORD_N_STATES] = { 0 }, n;
	struct entry *const *entries = setup_entries(s, &n);

	for (size_t i = 0; i < n; i++)
		if (!setup_left_alone(s, i))
			counts[entry_shown_state(entries[i])]++;
	counts[RECORD_UPDATING] += counts[RECORD_UPDATING_STALE];
	put_head(out, "evddns_records", "gauge",
		 "Records by state, each family and provider by itself.");
	for (int i = RECORD_WAITING; i < RECORD_N_STATES; i++)
		if (i != RECORD_UPDATING_STALE)
			buf_addf(out, "evddns_records{state=\"%s\"} %zu\n",
				 record_state_name((enum record_state)i),
				 counts[i]);
}

/* By account: of ten thousand records it would be a page each. */
static void put_updates(struct buf *out, const struct setup *s)
{
	static const char *const results[ACCOUNT_ANSWERS] = {
		[NOTIFY_DONE] = "done",	  [NOTIFY_UNCHANGED] = "unchanged",
		[NOTIFY_RETRY] = "retry", [NOTIFY_SLOW] = "slow",
		[NOTIFY_REFUSED] = "refused",
	};

	put_head(out, "evddns_updates_sent", "counter",
		 "Updates handed to the update process, each name and family "
		 "by itself.");
	for (size_t i = 0; setup_account(s, i); i++) {
		buf_add_str(out, "evddns_updates_sent_total");
		put_label(out, "{provider",
			  account_info(setup_account(s, i))->name);
		buf_addf(out, "} %" PRIu64 "\n",
			 account_counts(setup_account(s, i))->sent);
	}
	put_head(out, "evddns_updates_answered", "counter",
		 "What came of them, in the words of evddns-notify(8).");
	for (size_t i = 0; setup_account(s, i); i++)
		for (size_t k = 0; k < ACCOUNT_ANSWERS; k++) {
			buf_add_str(out, "evddns_updates_answered_total");
			put_label(out, "{provider",
				  account_info(setup_account(s, i))->name);
			put_label(out, ",result", results[k]);
			buf_addf(out, "} %" PRIu64 "\n",
				 account_counts(setup_account(s, i))
					 ->answers[k]);
		}
}

void metrics_print(const struct setup *s, uint64_t uptime_s, struct buf *out)
{
	struct entry *const *entries;
	size_t n;

	entries = setup_entries(s, &n);
	put_head(out, "evddns_build", "info", "The daemon.");
	buf_add_str(out, "evddns_build_info{version=\"" PACKAGE_VERSION
			 "\"} 1\n");
	put_head(out, "evddns_uptime_seconds", "gauge",
		 "Since the daemon was started.");
	buf_addf(out, "evddns_uptime_seconds %" PRIu64 "\n", uptime_s);
	put_states(out, s);
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		put_head(out, rows[r].name, rows[r].type, rows[r].help);
		for (size_t i = 0; i < n; i++)
			if (!setup_left_alone(s, i))
				put_row(out, &rows[r], entries[i]);
	}
	put_updates(out, s);
	buf_add_str(out, "# EOF\n");
}
