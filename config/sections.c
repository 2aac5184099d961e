#include <config.h>

#include <string.h>

#include "base/str.h"
#include "config/form.h"
#include "config/sections.h"

#define SECOND 1000ULL
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define YEAR (366 * DAY)

/* Which word of each list stands for which value of the enum beside it. */
static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const temporary[] = { "no", "prefer", "only", NULL };
static const char *const scope[] = { "global", "any", NULL };
static const char *const keep[] = { "first", "all", NULL };
static const char *const confirm[] = { "auto", "never", "always", NULL };
static const char *const behind_nat[] = { "auto", "publish", "ignore", NULL };
static const char *const on_loss[] = { "keep", "remove", NULL };
static const char *const check[] = { "authoritative", "recursive", "provider",
				     "none", NULL };
static const char *const level[] = { "error", "warning", "notice", "info",
				     "debug", NULL };
static const char *const format[] = { "text", "json", NULL };

static const char for_ever[] = "it would wait for ever";

#define AT(type, member) .at = offsetof(struct type, member)
#define SOURCE(member) AT(config_source, member)
#define RECORD(member) AT(record_draft, record.member)
#define DRAFT(member) AT(record_draft, member)
#define CONFIG(member) AT(config, member)

static const struct setting source_rows[] = {
	{ "interfaces", SETTING_TEXTS, SOURCE(interfaces),
	  .form = form_interface },
	{ "ipv6-temporary", SETTING_CHOICE, SOURCE(ipv6_temporary),
	  .words = temporary, .fallback = "no" },
	{ "scope", SETTING_FLAG, SOURCE(scope_any), .words = scope,
	  .fallback = "global" },
	{ "keep", SETTING_FLAG, SOURCE(keep_all), .words = keep,
	  .fallback = "first" },
	{ "confirm", SETTING_CHOICE, SOURCE(confirm), .words = confirm,
	  .fallback = "auto" },
	{ "reflectors4", SETTING_TEXTS, SOURCE(reflectors4), .empty = true,
	  .set_at = offsetof(struct config_source, reflectors4_set),
	  .form = form_reflector },
	{ "reflectors6", SETTING_TEXTS, SOURCE(reflectors6), .empty = true,
	  .set_at = offsetof(struct config_source, reflectors6_set),
	  .form = form_reflector },
	{ "quorum", SETTING_NUMBER, SOURCE(quorum), .min = 1, .max = 16 },
	{ "behind-nat", SETTING_CHOICE, SOURCE(behind_nat),
	  .words = behind_nat, .fallback = "auto" },
	{ "confirm-timeout", SETTING_TIME32, SOURCE(confirm_timeout_ms),
	  .min = 1, .max = HOUR, .zero = for_ever, .fallback = "2s" },
	{ "nat-recheck", SETTING_TIME, SOURCE(nat_recheck_ms), .min = SECOND,
	  .max = YEAR, .fallback = "5m" },
	{ "ca-file", SETTING_TEXT, SOURCE(ca_file) },
	{ "fwmark", SETTING_MARK, SOURCE(fwmark), .max = UINT32_MAX },
	{ "bind", SETTING_FLAG, SOURCE(bind), .words = no_yes,
	  .fallback = "yes" },
	{ NULL },
};

static const struct setting record_rows[] = {
	{ "provider", SETTING_TEXTS, DRAFT(providers) },
	{ "source", SETTING_TEXT, DRAFT(source) },
	{ "families", SETTING_TEXTS, DRAFT(families) },
	/* RFC 2181, section 8: 31 bits. 0 stands for "the provider's". */
	{ "ttl", SETTING_NUMBER, RECORD(ttl_s), .min = 1, .max = INT32_MAX },
	{ "ipv6-host", SETTING_TEXT, DRAFT(ipv6_host) },
	{ "ipv6-prefix-length", SETTING_NUMBER, RECORD(ipv6_prefix_length),
	  .min = 1, .max = 127, .fallback = "64" },
	{ "prefix-from", SETTING_TEXT, RECORD(prefix_from),
	  .form = form_interface },
	{ "on-loss", SETTING_FLAG, RECORD(remove_on_loss), .words = on_loss,
	  .fallback = "keep" },
	{ "on-stop", SETTING_FLAG, RECORD(remove_on_stop), .words = on_loss,
	  .fallback = "keep" },
	{ "on-loss-hold", SETTING_TIME, RECORD(on_loss_hold_ms), .max = YEAR,
	  .fallback = "60s" },
	{ "check", SETTING_CHOICE, RECORD(check), .words = check,
	  .fallback = "authoritative" },
	{ "nameservers", SETTING_TEXTS, RECORD(nameservers),
	  .form = form_server },
	{ "recheck", SETTING_TIME, RECORD(recheck_ms), .min = SECOND,
	  .max = YEAR, .fallback = "1h" },
	{ "verify", SETTING_FLAG, RECORD(verify), .words = no_yes,
	  .fallback = "yes" },
	{ "owner", SETTING_TEXT, RECORD(owner), .form = form_name },
	{ "owner-expire", SETTING_TIME, RECORD(owner_expire_ms),
	  .min = SECOND, .max = YEAR },
	{ "create", SETTING_FLAG, RECORD(create), .words = no_yes,
	  .fallback = "yes" },
	{ "ptr", SETTING_FLAG, RECORD(ptr), .words = no_yes,
	  .fallback = "no" },
	{ NULL },
};

static const struct setting hooks_rows[] = {
	{ "directory", SETTING_TEXT, CONFIG(hooks_directory) },
	{ "timeout", SETTING_TIME, CONFIG(hooks_timeout_ms), .min = 1,
	  .max = DAY, .zero = "a hook that hangs would hold up the others",
	  .fallback = "30s" },
	{ "parallel", SETTING_NUMBER, CONFIG(hooks_parallel), .min = 1,
	  .max = 64, .fallback = "1" },
	{ NULL },
};

static const struct setting control_rows[] = {
	{ "group", SETTING_TEXT, CONFIG(control_group) },
	{ "admin-group", SETTING_TEXT, CONFIG(control_admin_group) },
	{ NULL },
};

static const struct setting notify_rows[] = {
	{ "linger", SETTING_TIME, CONFIG(notify_linger_ms), .max = YEAR,
	  .also = "always", .fallback = "60s" },
	{ NULL },
};

static const struct setting log_rows[] = {
	{ "level", SETTING_CHOICE, CONFIG(log_level), .words = level,
	  .set_at = offsetof(struct config, log_level_set),
	  .fallback = "notice" },
	{ "format", SETTING_CHOICE, CONFIG(log_format), .words = format,
	  .set_at = offsetof(struct config, log_format_set),
	  .fallback = "text" },
	{ NULL },
};

static const struct setting resolver_rows[] = {
	{ "servers", SETTING_TEXTS, CONFIG(resolver_servers),
	  .form = form_address },
	{ "timeout", SETTING_TIME32, CONFIG(resolver_timeout_ms), .min = 1,
	  .max = HOUR, .zero = for_ever, .fallback = "2s" },
	{ "tries", SETTING_NUMBER, CONFIG(resolver_tries), .min = 1,
	  .max = 10, .fallback = "2" },
	{ NULL },
};

const struct section sections[SECTION_N] = {
	[SECTION_SOURCE] = { "source", true, source_rows },
	[SECTION_PROVIDER] = { "provider", true, NULL },
	[SECTION_RECORD] = { "record", true, record_rows },
	[SECTION_HOOKS] = { "hooks", false, hooks_rows },
	[SECTION_CONTROL] = { "control", false, control_rows },
	[SECTION_NOTIFY] = { "notify", false, notify_rows },
	[SECTION_LOG] = { "log", false, log_rows },
	[SECTION_RESOLVER] = { "resolver", false, resolver_rows },
};

enum section_kind section_find(const char *type)
{
	for (int i = 0; i < SECTION_N; i++)
		if (strcmp(sections[i].type, type) == 0)
			return (enum section_kind)i;
	return SECTION_N;
}

const char *section_nearest(const char *type)
{
	const char *words[SECTION_N + 1] = { NULL };

	for (int i = 0; i < SECTION_N; i++)
		words[i] = sections[i].type;
	return str_nearest(type, words);
}
