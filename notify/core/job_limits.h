/*
 * job_limits - the line that says how far the limits of accounts are used
 * up (pure).
 */
#ifndef NOTIFY_JOB_LIMITS_H
#define NOTIFY_JOB_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "notify/notify.h"

struct job_limits {
	char *account;
	/* Milliseconds since 1970; 0 past those given. */
	int64_t full_ms[NOTIFY_LIMITS_MAX];
};

/* 0 and a list to be freed; -EINVAL; -ENOMEM. */
int job_limits_take(json_t *o, struct job_limits **ret, size_t *ret_n);
void job_limits_free(struct job_limits *list, size_t n);

#endif
