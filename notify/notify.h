/*
 * notify - tell providers what a name should hold, by way of evddns-notify.
 *
 * The client side, for the daemon. It starts the update process when there
 * is, or may soon be, something to say, hands it the sealed configuration,
 * and lets it go when it has been idle for `linger`. Jobs and replies are
 * JSON lines (evddns-notify(8)). No secret ever comes to this side.
 *
 * Knows nothing of interfaces or of why; it is told what to say to whom.
 */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "config/faults.h"
#include "notify/notify_limits.h"
#include "notify/notify_secret_file.h"

struct ev_loop;
struct notify;

struct notify_options {
	const char *program; /* path of evddns-notify */
	uint64_t linger_ms;  /* after the last job; UINT64_MAX: always */
	bool dry_run;        /* say what would be sent, send nothing */
	gid_t group;         /* secret files may be its too; 0: root's only */
};

/* 0 or -errno. Copies the options. Nothing is started yet. */
int notify_new(struct ev_loop *loop, const struct notify_options *o,
	       struct notify **ret);
/* NULL is fine. Ends the process; no callback follows. */
void notify_free(struct notify *n);

/* Another linger_ms than the options said, from the next job on. */
void notify_set_linger(struct notify *n, uint64_t linger_ms);

/* ---- the running configuration ---- */

struct notify_account {
	const char *name;
	const char *type;
	bool ipv4, ipv6;           /* families that the type can carry */
	bool can_look;             /* notify_look() */
	bool zone_batch;           /* all records of a zone in one request */
	uint32_t min_interval_s;   /* spacing of requests; 0: none */
	uint32_t refresh_s;        /* forced refresh; 0: never */
	uint32_t retry_refused_s;  /* 0: never */
	uint32_t timeout_s;        /* bound on one whole request */
	const char *zone;          /* configured zone; NULL: find it out */
	struct notify_limit limits[NOTIFY_LIMITS_MAX]; /* of its type */
	size_t n_limits;
	int64_t full_ms[NOTIFY_LIMITS_MAX]; /* notify_set_limits() */
	uint64_t digest; /* another one where any setting or secret is */
	struct notify_secret_file *secret_files;
	size_t n_secret_files;
};

/* A validated configuration of accounts and its sealed memfd. */
struct notify_config;
void notify_config_free(struct notify_config *c);
const struct notify_account *notify_config_accounts(
	const struct notify_config *c, size_t *ret_n);

/*
 * config is NULL where the file has faults (added to the caller's list by
 * the loader's words) or the loader could not be run (one fault says so);
 * else the callee of this callback owns it.
 */
typedef void notify_loaded_fn(void *user, struct notify_config *config,
			      const struct faults *faults);

/*
 * Runs evddns-notify --load on the file. 0 and the callback comes once, from
 * the loop; or -errno and it does not. One load at a time: -EBUSY.
 */
int notify_load(struct notify *n, const char *config_path,
		notify_loaded_fn *done, void *user);

/* The load under way is given up; its callback does not come. */
void notify_load_cancel(struct notify *n);

/*
 * From now on jobs go by this configuration, which n takes over; a process
 * that runs by an older one ends after its jobs.
 */
void notify_use(struct notify *n, struct notify_config *config);

/* ---- jobs ---- */

enum notify_status {
	NOTIFY_DONE,
	NOTIFY_UNCHANGED, /* the provider had it so already */
	NOTIFY_RETRY,     /* not now: network, server busy */
	NOTIFY_SLOW,      /* the server asked to slow down */
	NOTIFY_REFUSED,   /* for good, until somebody changes something */
	NOTIFY_CANCELLED,
};

/* One family of a job. */
struct notify_set {
	bool given;               /* false: this family is not touched */
	const struct addr *addrs; /* n == 0: withdraw */
	size_t n;
	/*
	 * What of ours may stand there: with any of these given, exactly they
	 * are taken away, never the whole set.
	 */
	const struct addr *was;
	size_t n_was;
	struct addr source; /* to leave from; family 0: as the kernel likes */
};

struct notify_job {
	const char *account;
	const char *name;
	const char *zone; /* NULL: the update process finds it */
	struct notify_set ipv4, ipv6;
	uint32_t ttl_s;        /* 0: the provider's default */
	const char *interface; /* to leave through; NULL: any */
	uint32_t mark;
	/* A shared name: only this owner's values are touched. NULL: it is not. */
	const char *owner;
	uint32_t owner_expire_s; /* so long may an owner be silent; 0: ever */
	bool ptr;                /* keep the reverse names in step */
	const struct addr *ptr_was; /* ... and take these away, if ours */
	size_t n_ptr_was;
	bool ptr_only;           /* nothing but these: asked, then set if wrong */
	bool no_create;          /* never make what is not there */
	bool look; /* notify_look() sets it */
	bool more; /* another job for this account follows at once */
};

struct notify_reply {
	enum notify_status status; /* of the whole */
	enum notify_status ipv4, ipv6;
	uint32_t retry_after_s; /* 0: the server did not say */
	const char *text;       /* for people; from outside, made printable */
	uint64_t sent_ns;       /* monotonic: request on the wire; 0: none was */
	bool ban;   /* refused for abuse: stop until the configuration changes */
	/* What a look found, where status is done; borrowed. */
	const struct addr *ipv4_values, *ipv6_values;
	size_t n_ipv4_values, n_ipv6_values;
	bool clock; /* a retry that waits for the clock to be set */
	bool unclassified; /* ... of an error that no rule of the type knows */
	/*
	 * A retry for a fault of our own: there is no update process, and
	 * another may be started after so long. Where it died with the job,
	 * the job is lost: nobody knows whether it was sent.
	 */
	bool no_process, lost;
	uint32_t again_ms;
};

typedef void notify_done_fn(void *user, const struct notify_reply *reply);

/*
 * Makes the process ready for these accounts: starts it, resolves their
 * hosts, makes a first signature. Cheap to repeat.
 */
void notify_prepare(struct notify *n, const char *const *accounts,
		    size_t count);

/*
 * Returns an id > 0, or -errno and no callback. The callback comes at most
 * once, from the loop; NOTIFY_RETRY where the process died or would not
 * start. Everything in the job is copied.
 */
int notify_submit(struct notify *n, const struct notify_job *job,
		  notify_done_fn *done, void *user);

/* A page that holds an address: from an HTTPS reflector. */
struct notify_fetch {
	const char *url; /* https:// */
	const char *pointer; /* into a JSON answer (RFC 6901); NULL: none */
	const char *ca_file; /* NULL: the system's */
	int family;          /* of the address, and to ask by */
	struct addr source;  /* to leave from, as it is; family 0: any */
	const char *interface;
	uint32_t mark;
	uint32_t timeout_ms;
};

/*
 * The contract of notify_submit(); NOTIFY_DONE's text is the address. The
 * process needs a configuration, but no account.
 */
int notify_fetch(struct notify *n, const struct notify_fetch *f,
		 notify_done_fn *done, void *user);

/*
 * What the provider holds for the name: as notify_submit(), of whose job only
 * account, name, zone and the families that are given count. NOTIFY_DONE and
 * values, or NOTIFY_REFUSED where they cannot be read.
 */
int notify_look(struct notify *n, const struct notify_job *job,
		notify_done_fn *done, void *user);

/* The result of what was already sent stays unknown. No callback follows. */
void notify_cancel(struct notify *n, int id);

/* Jobs under way. */
size_t notify_pending(const struct notify *n);

#endif
