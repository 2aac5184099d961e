/*
 * job_fetch - the members of a job that asks an HTTPS reflector (pure).
 */
#ifndef NOTIFY_JOB_FETCH_H
#define NOTIFY_JOB_FETCH_H

#include <stdint.h>

#include <jansson.h>

struct job_fetch {
	char *url;     /* NULL: another kind of job */
	char *pointer; /* NULL: the whole body */
	char *ca_file; /* NULL: the system's */
	int family;
	uint32_t timeout_ms;
};

/* 0; -EINVAL (not of the right form), -ENOENT (not its member), -ENOMEM. */
int job_fetch_take(const char *key, json_t *v, struct job_fetch *f);
/* What was left out. */
void job_fetch_complete(struct job_fetch *f);
void job_fetch_done(struct job_fetch *f);

#endif
