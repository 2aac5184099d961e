#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/setup/feature.h"
#include "daemon/setup/loading.h"

struct loading {
	struct notify *notify;
	loading_done_fn *done;
	void *user;
	struct loaded out;
};

void loaded_done(struct loaded *l)
{
	config_free(l->config);
	notify_config_free(l->accounts);
	faults_done(&l->faults);
	*l = (struct loaded){ 0 };
}

void loaded_tell_faults(const struct loaded *l, const char *prefix)
{
	char line[1024];

	for (size_t i = 0; i < l->faults.n; i++)
		log_error("%s%s", prefix,
			  faults_print(&l->faults.items[i], line,
				       sizeof(line)));
}

/* Both readers trip over the same syntax error: it is said once. */
static bool is_known(const struct faults *faults, const struct fault *f)
{
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *k = &faults->items[i];

		if (k->line == f->line && strcmp(k->file, f->file) == 0 &&
		    strcmp(k->text, f->text) == 0)
			return true;
	}
	return false;
}

static void loading_loaded(void *user, struct notify_config *accounts,
			   const struct faults *faults)
{
	struct loading *l = user;
	struct loaded out = l->out;

	for (size_t i = 0; i < faults->n; i++)
		if (!is_known(&out.faults, &faults->items[i]))
			faults_add(&out.faults, faults->items[i].file,
				   faults->items[i].line, "%s",
				   faults->items[i].text);
	out.faults.failed |= faults->failed;
	if (accounts && out.config) {
		size_t n;
		const struct notify_account *all =
			notify_config_accounts(accounts, &n);

		feature_check_accounts(out.config, all, n, &out.faults);
	}
	faults_sort(&out.faults);
	out.accounts = accounts;
	if (out.faults.n > 0) {
		notify_config_free(out.accounts);
		out.accounts = NULL;
	}
	l->out = (struct loaded){ 0 };
	l->notify = NULL; /* nothing left to wait for */
	l->done(l->user, &out);
}

int loading_start(struct notify *notify, const char *path,
		  const char *sysconfdir, loading_done_fn *done, void *user,
		  struct loading **ret)
{
	struct loading *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->notify = notify;
	l->done = done;
	l->user = user;
	/* A file with faults is read by the other side too: all in one run. */
	if (config_load(path, sysconfdir, &l->out.config, &l->out.faults) == 0)
		feature_check(l->out.config, &l->out.faults);
	r = notify_load(notify, path, loading_loaded, l);
	if (r < 0) {
		loaded_done(&l->out);
		free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void loading_free(struct loading *l)
{
	if (!l)
		return;
	if (l->notify)
		notify_load_cancel(l->notify);
	loaded_done(&l->out);
	free(l);
}
