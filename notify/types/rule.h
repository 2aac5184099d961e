/*
 * rule - what an answer means, by the answer sections of a type (pure).
 */
#ifndef NOTIFY_RULE_H
#define NOTIFY_RULE_H

#include "notify/http/http.h"
#include "notify/types/context.h"

struct rule_answer {
	unsigned int status;
	const char *body; /* ended by NUL */
	size_t len;
	json_t *json;     /* of the body; NULL: it is none */
	uint32_t retry_after_s;
	const char *location; /* of a redirect; "": none */
};

struct rule_verdict {
	enum answer_class class;
	uint32_t wait_s; /* 0: nobody said */
	const char *says; /* NULL: nothing */
	bool by_words;    /* by neither HTTP's status nor JSON */
	bool unknown; /* a 3xx or 4xx that nothing says more about */
};

/*
 * line is the part of the body that is judged by its words (all of it where
 * answers are not per line).
 */
void rule_judge(struct context *c, const struct rule_answer *a,
		const char *line, struct rule_verdict *ret);

/*
 * What the provider said: its own message where there is one, else the first
 * line. Borrowed, and as it came: with what secrets it may repeat.
 */
const char *rule_words(const struct rule_answer *a, const char *line,
		       size_t *ret_len);

/* Line i of the body without white space around it, to be freed; NULL: none. */
char *rule_line(const char *body, size_t i);
size_t rule_count_lines(const char *body);

#endif
