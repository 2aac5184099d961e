/*
 * fetch_judge - the address in an HTTPS reflector's answer.
 *
 * Pure. Strict on purpose: pages of error, captive portals and headers have
 * been published as addresses often enough.
 */
#ifndef NOTIFY_FETCH_JUDGE_H
#define NOTIFY_FETCH_JUDGE_H

#include <stddef.h>

#include "base/addr.h"

#define FETCH_BODY_MAX 4096
#define FETCH_WHY_SIZE 160

struct fetch_answer {
	unsigned int status; /* HTTP's: 200 and nothing else */
	const char *body;
	size_t len;
	const char *pointer; /* into a JSON body (RFC 6901); NULL: all of it */
	int family;
};

/*
 * 0, or -EBADMSG with a reason for people in why. But for white space around
 * it the body, or the string that the pointer names, is one address of the
 * family.
 */
int fetch_judge(const struct fetch_answer *a, struct addr *ret,
		char why[FETCH_WHY_SIZE]);

#endif
