#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "notify/core/account.h"
#include "notify/core/engine.h"
#include "notify/core/type.h"
#include "notify/rfc2136/key_file.h"
#include "notify/rfc2136/update.h"

#define DEFAULT_ALGORITHM "hmac-sha256"

static const struct type_setting settings[] = {
	{ "server", SETTING_LIST, false, NULL },
	{ "zone", SETTING_NAME, false, NULL },
	{ "key-name", SETTING_TEXT, false, NULL },
	{ "key-algorithm", SETTING_TEXT, false, NULL },
	{ "key", SETTING_SECRET, false, NULL },
	{ "secret", SETTING_SECRET, false, "key" },
	{ NULL, SETTING_TEXT, false, NULL },
};

static int parse_server(const char *text, struct update_server *ret)
{
	struct update_server s = { .port = UPDATE_PORT };
	char addr[ADDR_STRLEN];
	struct addr a;

	if (addr_parse_endpoint(text, UPDATE_PORT, &a, &s.port, s.host,
				sizeof(s.host)) < 0 || s.port == 0)
		return -EINVAL;
	if (a.family)
		(void)snprintf(s.host, sizeof(s.host), "%s",
			       addr_print(&a, addr));
	else if (domain_normalize(s.host, s.host, &(const char *){ NULL }) < 0)
		return -EINVAL;
	*ret = s;
	return 0;
}

static void check_servers(struct type_check *c)
{
	const struct account_value *v = account_values(c->account, "server");
	struct update_server s;

	if (v && v->n > UPDATE_SERVERS_MAX)
		type_fault(c, "server", "server: more than %d",
			   UPDATE_SERVERS_MAX);
	for (size_t i = 0; v && i < v->n; i++) {
		if (parse_server(v->texts[i], &s) < 0)
			type_fault(c, "server",
				   "server: \"%.100s\" is no host or address "
				   "(with a port: host:53, [2001:db8::1]:53)",
				   v->texts[i]);
		else if (account_add(c->account, "hosts", s.host) < 0)
			type_no_memory(c, "server");
		v = account_values(c->account, "server"); /* it may move */
	}
}

static bool known_algorithm(const char *algorithm)
{
	size_t len = strlen(algorithm);
	char name[32];

	(void)snprintf(name, sizeof(name), "%s", algorithm);
	if (len > 0 && len < sizeof(name) && name[len - 1] == '.')
		name[len - 1] = '\0';
	for (size_t i = 0; tsig_algorithms[i]; i++)
		if (str_case_compare(tsig_algorithms[i], name) == 0)
			return true;
	return false;
}

/* What stands in the file fills in what the settings leave open. */
static void merge_key(struct type_check *c, const struct key_file *k)
{
	const char *name = account_get(c->account, "key-name");
	const char *algorithm = account_get(c->account, "key-algorithm");
	int r;

	if (!name)
		name = k->name;
	if (algorithm && k->algorithm[0] &&
	    str_case_compare(algorithm, k->algorithm) != 0)
		type_fault(c, "key-algorithm", "key-algorithm: %.40s, but the "
			   "key itself says %s", algorithm, k->algorithm);
	if (!algorithm)
		algorithm = k->algorithm[0] ? k->algorithm : DEFAULT_ALGORITHM;
	if (*name == '\0')
		type_fault(c, "key", "key-name is missing, and the key does "
			   "not tell it");
	if (!known_algorithm(algorithm))
		type_fault(c, account_get(c->account, "key-algorithm")
				      ? "key-algorithm" : "key",
			   "key-algorithm: \"%.40s\" is not known; known are "
			   "hmac-sha1, hmac-sha256 and hmac-sha512",
			   algorithm);
	r = account_set(c->account, "key", k->secret);
	/* Last: name and algorithm may point into the account. */
	if (r == 0 && !account_get(c->account, "key-name"))
		r = account_set(c->account, "key-name", name);
	if (r == 0 && !account_get(c->account, "key-algorithm"))
		r = account_set(c->account, "key-algorithm", algorithm);
	if (r < 0)
		type_no_memory(c, "key");
}

static void check_name(struct type_check *c)
{
	const char *name = account_get(c->account, "key-name");
	struct tsig_key k;
	int r;

	if (!name || *name == '\0')
		return;
	r = tsig_key_init(&k, name, DEFAULT_ALGORITHM, "AAAA");
	if (r == -ENOMEM)
		type_no_memory(c, "key-name");
	else if (r < 0)
		type_fault(c, "key-name", "key-name: \"%.100s\" is no name",
			   name);
	else
		tsig_key_done(&k);
}

static void check_key(struct type_check *c)
{
	const char *key = account_get(c->account, "key");
	const char *name = account_get(c->account, "key-name");
	const char *why = "";
	struct key_file k;

	if (!key && !name && !account_get(c->account, "key-algorithm")) {
		log_warning("provider \"%s\": no key: updates go unsigned, "
			    "which few servers take", c->account->name);
		return;
	}
	if (!key) {
		type_fault(c, name ? "key-name" : "key-algorithm",
			   "provider \"%.60s\": key (or key-file, "
			   "key-credential) is missing", c->account->name);
		return;
	}
	if (key_file_parse(key, strlen(key), name, &k, &why) < 0) {
		type_fault(c, account_get(c->account, "key") ? "key" : NULL,
			   "key: %s", why);
		return;
	}
	merge_key(c, &k);
	explicit_bzero(&k, sizeof(k));
	check_name(c);
}

static void rfc2136_check(struct type_check *c)
{
	check_servers(c);
	check_key(c);
}

static int open_key(struct update *u, const struct account *a)
{
	const char *key = account_get(a, "key");
	const char *name = account_get(a, "key-name");
	const char *algorithm = account_get(a, "key-algorithm");

	if (!key)
		return 0;
	if (!name || !algorithm)
		return -EINVAL;
	u->has_key = true;
	return tsig_key_init(&u->key, name, algorithm, key);
}

static void rfc2136_close(struct account *a)
{
	struct update *u = a->state;

	if (!u)
		return;
	update_done(u);
	free(u);
	a->state = NULL;
}

static int rfc2136_open(struct engine *e, struct account *a)
{
	const struct account_value *v = account_values(a, "server");
	struct update *u = calloc(1, sizeof(*u));
	int r = u ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	u->engine = e;
	u->account = a;
	u->spare.fd = -1;
	u->zone = account_get(a, "zone");
	a->state = u;
	for (size_t i = 0; v && i < v->n && r == 0; i++) {
		if (u->n_servers >= UPDATE_SERVERS_MAX)
			break;
		r = parse_server(v->texts[i], &u->servers[u->n_servers++]);
	}
	if (r == 0)
		r = open_key(u, a);
	if (r < 0)
		rfc2136_close(a);
	return r;
}

static void rfc2136_prepare(struct account *a)
{
	update_prepare(a->state);
}

static void rfc2136_submit(struct account *a, struct work *const *works,
			   size_t n)
{
	update_submit(a->state, works, n);
}

const struct type type_rfc2136 = {
	.name = "rfc2136",
	.title = "DNS UPDATE (RFC 2136) with TSIG",
	.settings = settings,
	.ipv4 = true,
	.ipv6 = true,
	.zone_batch = true,
	.shared = true,
	.can_look = true,
	.min_interval_s = 0,
	.refresh_s = 0,
	.retry_refused_s = 86400,
	.check = rfc2136_check,
	.open = rfc2136_open,
	.close = rfc2136_close,
	.prepare = rfc2136_prepare,
	.submit = rfc2136_submit,
	.cancel = update_cancel,
};
