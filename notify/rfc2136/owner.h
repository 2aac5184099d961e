/*
 * owner - one name that several gateways hold together (pure).
 *
 * Each has its values in the A and AAAA sets of the name, and beside it, at
 * _evddns.NAME, a TXT record (a mark) for each value, which says whose it
 * is and until when:
 *
 *   v=evddns1 owner=gw1 ipv4=192.0.2.7 until=1900000300
 *
 * A value and its mark come and go in one message. What stands in no mark
 * belongs to nobody and is left alone.
 */
#ifndef NOTIFY_OWNER_H
#define NOTIFY_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/domain.h"
#include "notify/core/job.h"
#include "notify/rfc2136/rfc2136.h"

#define OWNER_LABEL "_evddns"
/* Most records read of one name. */
#define OWNER_MARKS_MAX 4000
/* A TXT record of one string. */
#define OWNER_DATA_MAX 256

struct owner_mark {
	char owner[JOB_OWNER_SIZE]; /* "": a record of somebody else */
	struct addr addr;
	int64_t until_s; /* 0: for ever */
	uint8_t data[OWNER_DATA_MAX];
	uint16_t len;
};

/* What stands at the name of the marks, all of it. */
struct owner_marks {
	struct owner_mark *items;
	size_t n;
	bool strange; /* there are records too large to be taken along */
};

void owner_marks_done(struct owner_marks *m);

/* Where the marks of a name are. 0, or -EINVAL: it would be too long. */
int owner_mark_name(const char *name, char out[DOMAIN_SIZE]);

/* A mark of a TXT record's data; one without owner where it is none. */
void owner_mark_read(const uint8_t *data, size_t len, struct owner_mark *ret);

/*
 * The marks in an answer to query, a TXT question about their name. 0 (none
 * is an answer), -EACCES where the server refuses to tell, -EBADMSG, or
 * -ENOMEM.
 */
int owner_marks_read(const uint8_t *query, size_t query_len,
		     const uint8_t *data, size_t len, struct owner_marks *ret);

/* What a job of an owner comes to. */
struct owner_plan {
	struct rfc2136_change change; /* refers to what is below */
	struct job_set ipv4, ipv6;
	struct rfc2136_record *records;
	struct owner_mark *marks; /* the data of the records */
	char mark_name[DOMAIN_SIZE];
	struct addr *back; /* what a repair puts back */
	bool equals; /* it holds only if the marks still are as they were */
};

/*
 * The job's own values go and come. now_s is the server's time. Where alone,
 * nothing that concerns others is done: no part of a silent owner is removed,
 * and a value that another one has too is left to it without asking whether
 * it still has it. The plan refers to the job (not to m) and is to be freed. 0, -EINVAL
 * or -ENOMEM.
 */
int owner_plan_new(const struct job *j, const struct owner_marks *m,
		   int64_t now_s, bool alone, struct owner_plan **ret);
/*
 * Afterwards: values that were taken away, as nobody else had them when we
 * looked, and that somebody has taken up in that moment, are put back. *ret
 * is NULL where there are none. 0 or -ENOMEM.
 */
int owner_plan_repair(const struct job *j, const struct owner_marks *m,
		      int64_t now_s, const struct addr *gone, size_t n_gone,
		      struct owner_plan **ret);
void owner_plan_free(struct owner_plan *p);

#endif
