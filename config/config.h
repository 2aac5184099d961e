/*
 * config - evddns.conf as plain structs, checked.
 *
 * The daemon's side of the file: everything but what is inside provider
 * sections, of which it keeps the names only. Secrets never come in here.
 * Defaults are those of evddns.conf(5).
 *
 * Not to be mixed up with autoconf's header: in this folder "config.h" would
 * find this one, so its files say #include <config.h>.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/log.h"
#include "config/faults.h"

enum config_temporary { TEMPORARY_NO, TEMPORARY_PREFER, TEMPORARY_ONLY };
enum config_confirm { CONFIRM_AUTO, CONFIRM_NEVER, CONFIRM_ALWAYS };
enum config_behind_nat { NAT_AUTO, NAT_PUBLISH, NAT_IGNORE };
enum config_check {
	CHECK_AUTHORITATIVE,
	CHECK_RECURSIVE,
	CHECK_PROVIDER,
	CHECK_NONE,
};

struct config_strings {
	char **items;
	size_t n;
};

struct config_source {
	char *name;
	struct config_strings interfaces; /* names or globs; none: the default */
	enum config_temporary ipv6_temporary;
	bool scope_any;
	bool keep_all;
	enum config_confirm confirm;
	struct config_strings reflectors4, reflectors6;
	bool reflectors4_set, reflectors6_set; /* else the shipped list */
	unsigned int quorum;                   /* 0: by kind of address */
	enum config_behind_nat behind_nat;
	uint32_t confirm_timeout_ms;
	uint64_t nat_recheck_ms; /* 0: never */
	char *ca_file;           /* of https reflectors; NULL: the system's */
	uint32_t fwmark;         /* 0: none */
	bool bind;
	const char *file;
	unsigned int line;
};

struct config_provider {
	char *name;
	const char *file;
	unsigned int line;
};

struct config_record {
	char *name;        /* lower case, A-labels, no final dot */
	size_t *providers; /* indices into config.providers */
	size_t n_providers;
	size_t source; /* index into config.sources */
	bool ipv4, ipv6;
	uint32_t ttl_s; /* 0: the provider's */
	struct addr ipv6_host; /* family 0: none; upper bits are zero */
	unsigned int ipv6_prefix_length; /* 64 */
	char *prefix_from;               /* NULL: the source's interface */
	bool remove_on_loss, remove_on_stop;
	uint64_t on_loss_hold_ms;
	enum config_check check;
	struct config_strings nameservers; /* host or address, :port */
	uint64_t recheck_ms;               /* 0: never */
	bool verify;
	char *owner; /* NULL: none */
	uint64_t owner_expire_ms;
	bool create;
	bool ptr;
	const char *file;
	unsigned int line;
};

struct config {
	struct config_source *sources; /* "default" is always among them */
	size_t n_sources;
	struct config_provider *providers;
	size_t n_providers;
	struct config_record *records;
	size_t n_records;

	char *hooks_directory;
	const char *hooks_file; /* where it is named; NULL: the usual one */
	unsigned int hooks_line;
	uint64_t hooks_timeout_ms;
	unsigned int hooks_parallel;

	char *control_group, *control_admin_group; /* NULL: none */
	const char *control_file; /* where they stand */
	unsigned int control_line;

	uint64_t notify_linger_ms; /* UINT64_MAX: always */

	enum log_level log_level;
	enum log_format log_format;
	bool log_level_set, log_format_set;

	struct config_strings resolver_servers; /* none: resolv.conf */
	uint32_t resolver_timeout_ms;
	unsigned int resolver_tries;

	struct config_strings files; /* each file read */
};

/*
 * Reads and checks path. 0 and a configuration to be freed, or -EINVAL with
 * every fault added (a syntax error ends the reading). sysconfdir is where
 * hooks.d is looked for by default.
 */
int config_load(const char *path, const char *sysconfdir, struct config **ret,
		struct faults *faults);
void config_free(struct config *c);

#endif
