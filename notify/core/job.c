#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "config/form.h"
#include "notify/core/job.h"
#include "notify/core/job_scan.h"

#define HINTS_MAX 16
#define PREPARE_MAX 1000
/* RFC 2181, section 8. */
#define TTL_MAX 0x7fffffff

static int job_wrong(struct job_fault *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int job_wrong(struct job_fault *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* A member's text as it may be shown: from outside. */
static const char *shown(const char *text, char out[64])
{
	return str_printable(text, strlen(text), 56, out, 64);
}

static int take_addrs(json_t *v, const char *what, int family,
		      struct addr **ret, size_t *ret_n, struct job_fault *f)
{
	size_t n = json_array_size(v);
	struct addr *addrs;
	char text[64];

	if (!json_is_array(v))
		return job_wrong(f, "%s: a list of addresses is wanted", what);
	if (n > JOB_ADDRS_MAX)
		return job_wrong(f, "%s: more than %d addresses", what,
				 JOB_ADDRS_MAX);
	addrs = calloc(n + 1, sizeof(*addrs));
	if (!addrs)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(v, i));

		if (!s || addr_parse(s, &addrs[i]) < 0 ||
		    (family != AF_UNSPEC && addrs[i].family != family)) {
			free(addrs);
			return job_wrong(f, "%s: \"%s\" is no %saddress", what,
					 shown(s ? s : "", text),
					 family == AF_INET  ? "IPv4 "
					 : family == AF_INET6 ? "IPv6 " : "");
		}
	}
	*ret = addrs;
	*ret_n = n;
	return 0;
}

static int take_source(json_t *v, int family, struct job *j,
		       struct job_fault *f)
{
	struct addr a;

	if (json_is_null(v))
		return 0;
	if (!json_is_string(v) || addr_parse(json_string_value(v), &a) < 0 ||
	    (family != AF_UNSPEC && a.family != family))
		return job_wrong(f, "source: no address of the family");
	if (a.family == AF_INET)
		j->ipv4.source = a;
	else
		j->ipv6.source = a;
	return 0;
}

static int take_sources(json_t *v, struct job *j, struct job_fault *f)
{
	const char *key;
	json_t *one;
	int r = 0;

	if (!json_is_object(v))
		return take_source(v, AF_UNSPEC, j, f);
	json_object_foreach(v, key, one) {
		if (strcmp(key, "ipv4") == 0)
			r = take_source(one, AF_INET, j, f);
		else if (strcmp(key, "ipv6") == 0)
			r = take_source(one, AF_INET6, j, f);
		else
			r = job_wrong(f, "source: only ipv4 and ipv6");
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_was(json_t *v, struct job *j, struct job_fault *f)
{
	const char *key;
	json_t *one;
	int r;

	if (!json_is_object(v))
		return job_wrong(f, "was: an object is wanted");
	json_object_foreach(v, key, one) {
		bool four = strcmp(key, "ipv4") == 0;
		struct job_set *set = four ? &j->ipv4 : &j->ipv6;

		if (!four && strcmp(key, "ipv6") != 0)
			return job_wrong(f, "was: only ipv4 and ipv6");
		set->was_given = true;
		r = take_addrs(one, "was", four ? AF_INET : AF_INET6,
			       &set->was, &set->n_was, f);
		if (r < 0)
			return r;
	}
	return 0;
}

static int take_owner(json_t *v, struct job *j, struct job_fault *f)
{
	const char *s = json_string_value(v);

	if (!s || form_name(s))
		return job_wrong(f, "owner: %s is wanted", form_name(""));
	(void)snprintf(j->owner, sizeof(j->owner), "%s", s);
	return 0;
}

static int take_flag(json_t *v, const char *what, bool yes, bool *ret,
		     struct job_fault *f)
{
	if (!json_is_boolean(v))
		return job_wrong(f, "%s: true or false is wanted", what);
	*ret = json_is_true(v) == yes;
	return 0;
}

static int take_hints(json_t *v, struct job *j, struct job_fault *f)
{
	const char *host;
	json_t *one;
	int r;

	if (!json_is_object(v) || json_object_size(v) > HINTS_MAX)
		return job_wrong(f, "resolve: an object of at most %d hosts is "
				 "wanted", HINTS_MAX);
	j->hints = calloc(json_object_size(v) + 1, sizeof(*j->hints));
	if (!j->hints)
		return -ENOMEM;
	json_object_foreach(v, host, one) {
		struct job_hint *h = &j->hints[j->n_hints];

		r = take_addrs(one, "resolve", AF_UNSPEC, &h->addrs, &h->n, f);
		if (r < 0)
			return r;
		j->n_hints++;
		h->host = str_dup(host);
		if (!h->host)
			return -ENOMEM;
	}
	return 0;
}

static int take_name(json_t *v, const char *what, char out[DOMAIN_SIZE],
		     struct job_fault *f)
{
	const char *why = "not a string";
	char text[64];

	if (json_is_string(v) &&
	    domain_normalize(json_string_value(v), out, &why) == 0)
		return 0;
	return job_wrong(f, "%s: \"%s\": %s", what,
			 shown(json_is_string(v) ? json_string_value(v) : "",
			       text), why);
}

static int take_number(json_t *v, const char *what, json_int_t most,
		       uint32_t *ret, struct job_fault *f)
{
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || n > most)
		return job_wrong(f, "%s: a number from 0 to %lld is wanted",
				 what, (long long)most);
	*ret = (uint32_t)n;
	return 0;
}

static int take_interface(json_t *v, struct job *j, struct job_fault *f)
{
	const char *s = json_string_value(v);

	if (!s || strlen(s) >= sizeof(j->interface))
		return job_wrong(f, "interface: no name of an interface");
	(void)snprintf(j->interface, sizeof(j->interface), "%s", s);
	return 0;
}

static int take_account(json_t *v, struct job *j, struct job_fault *f)
{
	if (!json_is_string(v))
		return job_wrong(f, "account: a string is wanted");
	j->account = str_dup(json_string_value(v));
	return j->account ? 0 : -ENOMEM;
}

static int take_look(json_t *v, struct job *j, struct job_fault *f)
{
	if (!json_is_boolean(v))
		return job_wrong(f, "look: true or false");
	if (json_is_true(v))
		j->kind = JOB_LOOK;
	return 0;
}

static int take_families(json_t *v, struct job *j, struct job_fault *f)
{
	json_t *one;
	size_t i;

	json_array_foreach(v, i, one) {
		const char *text = json_is_string(one) ? json_string_value(one)
						       : "";

		if (strcmp(text, "ipv4") == 0)
			j->ipv4.given = true;
		else if (strcmp(text, "ipv6") == 0)
			j->ipv6.given = true;
		else
			return job_wrong(f, "families: ipv4 and ipv6");
	}
	return json_is_array(v) ? 0
				: job_wrong(f, "families: a list is wanted");
}

/* What few jobs have. */
static int take_rare(const char *key, json_t *v, struct job *j,
		     struct job_fault *f)
{
	char text[64];
	int r;

	if (strcmp(key, "was") == 0)
		return take_was(v, j, f);
	if (strcmp(key, "owner") == 0)
		return take_owner(v, j, f);
	if (strcmp(key, "owner_expire_s") == 0)
		return take_number(v, key, UINT32_MAX, &j->owner_expire_s, f);
	if (strcmp(key, "ptr_was") == 0)
		return take_addrs(v, key, AF_UNSPEC, &j->ptr_was,
				  &j->n_ptr_was, f);
	if (strcmp(key, "ptr") == 0)
		return take_flag(v, key, true, &j->ptr, f);
	if (strcmp(key, "ptr_only") == 0)
		return take_flag(v, key, true, &j->ptr_only, f);
	if (strcmp(key, "look") == 0)
		return take_look(v, j, f);
	if (strcmp(key, "families") == 0 && j->kind == JOB_LOOK)
		return take_families(v, j, f);
	if (strcmp(key, "create") == 0)
		return take_flag(v, key, false, &j->no_create, f);
	r = job_fetch_take(key, v, &j->fetch);
	if (r != -ENOENT)
		return r == -EINVAL ? job_wrong(f, "%s: not of the right form",
						key) : r;
	return job_wrong(f, "%s: no member of a job, or of another kind",
			 shown(key, text));
}

/* Strict: a member that is misread would publish something else. */
static int take_member(const char *key, json_t *v, struct job *j,
		       struct job_fault *f)
{
	if (strcmp(key, "id") == 0)
		return 0;
	if (strcmp(key, "account") == 0)
		return take_account(v, j, f);
	if (strcmp(key, "name") == 0)
		return take_name(v, key, j->name, f);
	if (strcmp(key, "ipv4") == 0 || strcmp(key, "ipv6") == 0) {
		bool four = key[3] == '4';
		struct job_set *set = four ? &j->ipv4 : &j->ipv6;

		set->given = true;
		return take_addrs(v, key, four ? AF_INET : AF_INET6,
				  &set->addrs, &set->n, f);
	}
	if (json_is_null(v))
		return 0; /* the rest is optional */
	if (strcmp(key, "zone") == 0) {
		j->zone_given = true;
		if (json_is_string(v) && strcmp(json_string_value(v), ".") == 0)
			return 0;
		return take_name(v, key, j->zone, f);
	}
	if (strcmp(key, "ttl") == 0)
		return take_number(v, key, TTL_MAX, &j->ttl_s, f);
	if (strcmp(key, "mark") == 0)
		return take_number(v, key, UINT32_MAX, &j->mark, f);
	if (strcmp(key, "interface") == 0)
		return take_interface(v, j, f);
	if (strcmp(key, "source") == 0)
		return take_sources(v, j, f);
	if (strcmp(key, "resolve") == 0)
		return take_hints(v, j, f);
	if (strcmp(key, "more") == 0)
		return take_flag(v, key, true, &j->more, f);
	return take_rare(key, v, j, f);
}

static int take_update(json_t *o, struct job *j, struct job_fault *f)
{
	const char *key;
	json_t *v;
	int r;

	j->kind = json_is_true(json_object_get(o, "look")) ? JOB_LOOK
							   : JOB_UPDATE;
	json_object_foreach(o, key, v) {
		r = take_member(key, v, j, f);
		if (r < 0)
			return r;
	}
	if (!f->has_id)
		return job_wrong(f, "id: a whole number is wanted");
	if (j->fetch.url) {
		if (j->account || j->ipv4.given || j->ipv6.given)
			return job_wrong(f, "fetch: goes with no account and "
					 "no address");
		j->kind = JOB_FETCH;
		job_fetch_complete(&j->fetch);
		return 0;
	}
	if (!j->account)
		return job_wrong(f, "account: missing");
	if (j->name[0] == '\0')
		return job_wrong(f, "name: missing");
	if (j->kind == JOB_LOOK && !json_object_get(o, "families"))
		j->ipv4.given = j->ipv6.given = true;
	if (!j->ipv4.given && !j->ipv6.given)
		return job_wrong(f, "neither ipv4 nor ipv6: nothing to do");
	if (j->zone_given && !domain_is_within(j->name, j->zone))
		return job_wrong(f, "%.100s is not in the zone %.100s", j->name,
				 j->zone);
	return 0;
}

static int take_prepare(json_t *v, struct job *j, struct job_fault *f)
{
	size_t n = json_array_size(v);

	j->kind = JOB_PREPARE;
	if (!json_is_array(v) || n > PREPARE_MAX)
		return job_wrong(f, "prepare: a list of accounts is wanted");
	j->accounts = calloc(n + 1, sizeof(*j->accounts));
	if (!j->accounts)
		return -ENOMEM;
	for (; j->n_accounts < n; j->n_accounts++) {
		const char *s = json_string_value(
			json_array_get(v, j->n_accounts));

		if (!s)
			return job_wrong(f, "prepare: an account is a string");
		j->accounts[j->n_accounts] = str_dup(s);
		if (!j->accounts[j->n_accounts])
			return -ENOMEM;
	}
	return 0;
}

static int take_object(json_t *o, struct job *j, struct job_fault *f)
{
	json_t *id = json_object_get(o, "id"), *v;

	if (!json_is_object(o))
		return job_wrong(f, "not a JSON object");
	v = json_object_get(o, "cancel");
	if (v && !json_is_integer(v))
		return job_wrong(f, "cancel: the id of a job is wanted");
	if (v) {
		j->kind = JOB_CANCEL;
		j->id = json_integer_value(v);
		return 0;
	}
	v = json_object_get(o, "prepare");
	if (v)
		return take_prepare(v, j, f);
	v = json_object_get(o, "limits");
	if (v) {
		int r = job_limits_take(v, &j->limits, &j->n_limits);

		j->kind = JOB_LIMITS;
		return r == -EINVAL ? job_wrong(f, "limits: an object of "
						"accounts with lists of times "
						"is wanted") : r;
	}
	if (json_is_integer(id)) {
		f->has_id = true;
		f->id = j->id = json_integer_value(id);
	}
	return take_update(o, j, f);
}

int job_read(const char *line, size_t len, struct job **ret,
	     struct job_fault *ret_fault)
{
	struct job_fault f = { .has_id = false };
	struct job *j = calloc(1, sizeof(*j));
	json_error_t error;
	json_t *o;
	int r;

	if (!j)
		return -ENOMEM;
	o = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (o) {
		r = take_object(o, j, &f);
	} else {
		char text[160];

		/* jansson quotes the line near the fault. */
		r = job_wrong(&f, "not JSON: %s",
			      str_printable(error.text, strlen(error.text),
					    120, text, sizeof(text)));
	}
	json_decref(o);
	if (r < 0) {
		job_free(j);
		if (r == -EINVAL)
			*ret_fault = f;
		return r;
	}
	*ret = j;
	return 0;
}

int job_parse(const char *line, size_t len, struct job **ret,
	      struct job_fault *ret_fault)
{
	int r = job_scan(line, len, ret);

	return r == -EAGAIN ? job_read(line, len, ret, ret_fault) : r;
}

void job_free(struct job *j)
{
	if (!j)
		return;
	free(j->account);
	job_fetch_done(&j->fetch);
	free(j->ipv4.addrs);
	free(j->ipv6.addrs);
	free(j->ipv4.was);
	free(j->ptr_was);
	free(j->ipv6.was);
	for (size_t i = 0; i < j->n_hints; i++) {
		free(j->hints[i].host);
		free(j->hints[i].addrs);
	}
	free(j->hints);
	job_limits_free(j->limits, j->n_limits);
	for (size_t i = 0; i < j->n_accounts; i++)
		free(j->accounts[i]);
	free(j->accounts);
	free(j);
}

void job_rehearse(void)
{
	static const char line[] =
		"{\"id\":1,\"account\":\"a\",\"name\":\"a.invalid\",\"zone\":"
		"\"invalid\",\"ipv4\":[\"192.0.2.1\"],\"source\":{\"ipv4\":"
		"\"192.0.2.1\"},\"interface\":\"lo\"}";
	struct job_fault f;
	struct job *j;

	if (job_parse(line, sizeof(line) - 1, &j, &f) == 0)
		job_free(j);
}
