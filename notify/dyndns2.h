/*
 * dyndns2 - the update protocol that Dyn made and many speak (pure).
 */
#ifndef NOTIFY_DYNDNS2_H
#define NOTIFY_DYNDNS2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/job.h"

/* Most host names in one request. */
#define DYNDNS2_HOSTS_MAX 20

struct dyndns2_request {
	const char *endpoint;       /* "https://host/nic/update" */
	const char *ipv6_parameter; /* "myip": both in one list */
	const char *const *names;
	size_t n_names;
	const struct job_set *ipv4, *ipv6;
};

/* The URL, to be freed; NULL without memory. No secret is in it. */
char *dyndns2_url(const struct dyndns2_request *r);

/* May both be asked in one request: the same families and addresses? */
bool dyndns2_same(const struct job *a, const struct job *b);

struct dyndns2_answer {
	unsigned int http_status;
	const char *body; /* as it came, not ended by NUL */
	size_t len;
	uint32_t retry_after_s;
	const char *location; /* of a redirect; NULL: none */
	bool loopback_asked;  /* 127.0.0.1 was in the request */
};

/* One outcome for each of the n names, in order. */
void dyndns2_judge(const struct dyndns2_answer *a, size_t n,
		   struct outcome *ret);

#endif
