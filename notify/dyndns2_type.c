#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "notify/account.h"
#include "notify/dyndns2_request.h"
#include "notify/engine.h"
#include "notify/resolve.h"
#include "notify/type.h"

#define DEFAULT_PATH "/nic/update"

static const struct type_setting settings[] = {
	{ "server", SETTING_TEXT, false, NULL },
	{ "username", SETTING_TEXT, true, NULL },
	{ "password", SETTING_SECRET, true, NULL },
	{ "ipv6-parameter", SETTING_TEXT, false, NULL },
	{ NULL, SETTING_TEXT, false, NULL },
};

static void check_url(struct type_check *c, const char *setting,
		      const char *path, bool replace)
{
	const char *text = account_get(c->account, setting);
	struct http_url u;
	char *full = NULL;

	if (!text)
		return;
	if (http_url_parse(text, path, &u, &full) < 0 ||
	    strpbrk(full, "?#")) {
		type_fault(c, setting, "%s: \"%.100s\" is not of the form "
			   "https://host[:port][/path]", setting, text);
	} else if (replace) {
		if (!u.tls)
			log_warning("provider \"%s\": %s is http: the password "
				    "goes over the wire in clear",
				    c->account->name, setting);
		if (account_set(c->account, setting, full) < 0 ||
		    (!account_get(c->account, "proxy") &&
		     account_add(c->account, "hosts", u.host) < 0))
			type_fault(c, setting, "out of memory");
	} else if (account_add(c->account, "hosts", u.host) < 0) {
		type_fault(c, setting, "out of memory");
	}
	free(full);
}

static void check_server(struct type_check *c)
{
	const char *server = account_get(c->account, "server");
	char *url;

	if (!server && !account_get(c->account, "endpoint"))
		type_fault(c, NULL, "provider \"%.60s\": endpoint (or server) "
			   "is missing, which type dyndns2 needs",
			   c->account->name);
	if (server && account_get(c->account, "endpoint"))
		type_fault(c, "server", "server: endpoint says it already");
	if (!server || account_get(c->account, "endpoint"))
		return;
	if (strpbrk(server, "/?#@ ")) {
		type_fault(c, "server", "server: \"%.100s\" is no host", server);
		return;
	}
	url = str_dupf("https://%s" DEFAULT_PATH, server);
	if (!url || account_set(c->account, "endpoint", url) < 0)
		type_fault(c, "server", "out of memory");
	free(url);
}

static void check_parameter(struct type_check *c)
{
	const char *p = account_get(c->account, "ipv6-parameter");

	if (p && p[strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			     "WXYZ0123456789-_.")] != '\0')
		type_fault(c, "ipv6-parameter",
			   "ipv6-parameter: \"%.60s\" is no name of a "
			   "parameter, such as myip or myipv6", p);
}

static void check_ca_file(struct type_check *c)
{
	const char *path = account_get(c->account, "ca-file");
	FILE *f = path ? fopen(path, "re") : NULL;

	if (path && !f)
		type_fault(c, "ca-file", "ca-file: %.200s: %s", path,
			   strerror(errno));
	if (f)
		(void)fclose(f);
}

static void dyndns2_check(struct type_check *c)
{
	if (strchr(account_get(c->account, "username"), ':'))
		type_fault(c, "username",
			   "username: a colon cannot be sent (RFC 7617)");
	check_server(c);
	check_url(c, "proxy", "/", false);
	check_url(c, "endpoint", DEFAULT_PATH, true);
	check_parameter(c);
	check_ca_file(c);
}

static void dyndns2_close(struct account *a)
{
	struct dyndns2 *d = a->state;

	if (d)
		dyndns2_drop(d);
	free(d);
	a->state = NULL;
}

static int dyndns2_open(struct engine *e, struct account *a)
{
	struct dyndns2 *d = calloc(1, sizeof(*d));
	const char *proxy = account_get(a, "proxy");
	char *text = NULL;
	int r;

	if (!d)
		return -ENOMEM;
	d->engine = e;
	d->account = a;
	d->endpoint = account_get(a, "endpoint");
	r = d->endpoint ? http_url_parse(proxy ? proxy : d->endpoint, "/",
					 &d->dialled, &text)
			: -EINVAL;
	free(text);
	if (r < 0) {
		free(d);
		return r;
	}
	a->state = d;
	return 0;
}

static void dyndns2_prepared(void *user, int status, const struct addr *addrs,
			     size_t n, uint32_t ttl_s)
{
	(void)user;
	(void)status;
	(void)addrs;
	(void)n;
	(void)ttl_s;
}

static void dyndns2_prepare(struct account *a)
{
	struct dyndns2 *d = a->state;
	struct addr addrs[RESOLVE_ADDRS_MAX];

	if (resolve_now(d->engine->resolve, NULL, d->dialled.host, addrs) == 0)
		(void)resolve_ask(d->engine->resolve, d->dialled.host,
				  dyndns2_prepared, NULL);
}

const struct type type_dyndns2 = {
	.name = "dyndns2",
	.title = "the protocol of dyndns.org, which many services speak",
	.settings = settings,
	.http = true,
	.ipv4 = true,
	.ipv6 = true,
	.zone_batch = false,
	.min_interval_s = 30,
	.refresh_s = 0,
	.retry_refused_s = 86400,
	.check = dyndns2_check,
	.open = dyndns2_open,
	.close = dyndns2_close,
	.prepare = dyndns2_prepare,
	.submit = dyndns2_submit,
	.cancel = dyndns2_cancel,
};
