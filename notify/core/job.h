/*
 * job - one line of evddns-notify's input, and the reply to it (pure).
 *
 * The words are those of evddns-notify(8).
 */
#ifndef NOTIFY_JOB_H
#define NOTIFY_JOB_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/addr.h"
#include "config/domain.h"
#include "notify/core/job_fetch.h"
#include "notify/core/job_limits.h"
#include "notify/notify.h"

/* Longest line, each way, with its newline. */
#define JOB_LINE_MAX 65536
/* Most addresses of one family. */
#define JOB_ADDRS_MAX 1000
/* An owner's name: [A-Za-z0-9_.-], as a section's. */
#define JOB_OWNER_SIZE 64
/* Room for text that people read. */
#define JOB_TEXT_SIZE 320

enum job_kind { JOB_UPDATE, JOB_LOOK, JOB_CANCEL, JOB_PREPARE, JOB_LIMITS,
		JOB_FETCH };

/* One family. */
struct job_set {
	bool given; /* false: not touched */
	struct addr *addrs;
	size_t n; /* 0: withdraw */
	bool was_given; /* then exactly these go, not the whole set */
	struct addr *was;
	size_t n_was;
	struct addr source;
};

struct rfc2136_record;

/* What the caller knows of a host already. */
struct job_hint {
	char *host;
	struct addr *addrs;
	size_t n;
};

struct job {
	enum job_kind kind;
	int64_t id; /* not of JOB_PREPARE */
	char *account;
	char name[DOMAIN_SIZE];
	char zone[DOMAIN_SIZE];
	bool zone_given; /* "" is the root */
	struct job_set ipv4, ipv6;
	uint32_t ttl_s; /* 0: the provider's */
	char interface[IF_NAMESIZE]; /* "": any */
	uint32_t mark;
	char owner[JOB_OWNER_SIZE]; /* "": the name is ours alone */
	uint32_t owner_expire_s;    /* 0: never */
	bool ptr, ptr_only, no_create;
	struct addr *ptr_was; /* whose reverse names may still be ours */
	size_t n_ptr_was;
	/* A type's own, not of the line: records, and where they go. */
	const struct rfc2136_record *records;
	size_t n_records;
	bool at_primary; /* not at the account's servers */
	const char *ptr_to; /* ask first: nothing to do where PTR says this */
	struct job_hint *hints;
	size_t n_hints;
	bool more;
	struct job_fetch fetch; /* JOB_FETCH */
	char **accounts; /* JOB_PREPARE */
	size_t n_accounts;
	struct job_limits *limits; /* JOB_LIMITS */
	size_t n_limits;
};

/* Why a line is no job; with the id that the line names, where it does. */
struct job_fault {
	bool has_id;
	int64_t id;
	char text[JOB_TEXT_SIZE];
};

/* 0 and a job to be freed; -EINVAL and *ret_fault; -ENOMEM. */
int job_parse(const char *line, size_t len, struct job **ret,
	      struct job_fault *ret_fault);
/* The same, of any form of JSON; job_parse() knows a short way for most. */
int job_read(const char *line, size_t len, struct job **ret,
	     struct job_fault *ret_fault);
void job_free(struct job *j);

/* What became of a job. */
struct outcome {
	enum notify_status status;     /* of the whole: the worse one */
	enum notify_status ipv4, ipv6; /* meant only where the job gave it */
	uint32_t retry_after_s;
	uint64_t sent_ns; /* monotonic; 0: nothing went on the wire */
	bool ban;         /* abuse: not before something is changed */
	bool clock;       /* the clock must be set first */
	bool unclassified; /* a retry because of what no rule knows */
	char text[JOB_TEXT_SIZE];
};

/* The same status for all; text is a format. sent_ns stays 0. */
void outcome_set(struct outcome *o, enum notify_status status,
		 uint32_t retry_after_s, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The reply line, newline included, to be freed; NULL without memory. values,
 * taken over, is what a look found, {"ipv4":[...]}; or NULL.
 */
char *outcome_print(const struct job *j, const struct outcome *o,
		    json_t *values);
/* The reply to what was no job. */
char *job_fault_print(const struct job_fault *f);

/* Goes through the motions of job_parse(), so that it is warm. */
void job_rehearse(void);

#endif
