/*
 * type - what one kind of provider needs: its settings and its acts.
 */
#ifndef NOTIFY_TYPE_H
#define NOTIFY_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/faults.h"
#include "notify/notify.h"

struct account;
struct accounts;
struct ptype_folders;
struct config_section;
struct engine;
struct work;

enum setting_kind {
	SETTING_TEXT,
	SETTING_LIST,   /* one value or several */
	SETTING_SECRET, /* X, X-file or X-credential */
	SETTING_NAME,   /* a domain name, normalized when it is read */
};

struct type_setting {
	const char *name;
	enum setting_kind kind;
	bool required;
	const char *same_as; /* another name of that setting; NULL */
};

/* A section that is being checked. */
struct type_check {
	const struct config_section *section;
	struct account *account;
	struct accounts *accounts;
	const struct ptype_folders *folders;
	struct faults *faults;
};

struct type {
	const char *name;
	const char *title;
	const struct type_setting *settings; /* ends with name NULL */
	bool http;       /* takes endpoint, ca-file and proxy */
	bool ipv4, ipv6; /* families that it can carry */
	bool zone_batch; /* all records of a zone in one request */
	bool abstract;   /* only a base of others */
	bool can_look;   /* what it holds can be read */
	bool shared;     /* several owners of one name */
	uint32_t min_interval_s, refresh_s, retry_refused_s; /* defaults */
	const char *lease; /* the setting that says how long records live */
	const struct notify_limit *limits;
	size_t n_limits; /* <= NOTIFY_LIMITS_MAX */

	/* What the table cannot say; may change and add values ("hosts"). */
	void (*check)(struct type_check *c);
	/* Makes account->state; 0 or -errno. Then close() comes once. */
	int (*open)(struct engine *e, struct account *a);
	void (*close)(struct account *a);
	/* Addresses, first signatures: whatever takes time later. */
	void (*prepare)(struct account *a);
	/*
	 * All works of one account that came together; work_done() for each,
	 * now or later. Those that must not share a request are kept apart.
	 */
	void (*submit)(struct account *a, struct work *const *works, size_t n);
	/* Forgets the work; no work_done() follows. */
	void (*cancel)(struct work *w);
};

extern const struct type type_rfc2136;

/* A fault at the setting's line, or the section's where it is not there. */
void type_fault(struct type_check *c, const char *setting, const char *format,
		...) __attribute__((format(printf, 3, 4)));
/* Not that setting's fault. */
void type_no_memory(struct type_check *c, const char *setting);

#endif
