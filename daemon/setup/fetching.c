#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/setup/fetching.h"
#include "notify/notify.h"

/* One on its way; ended by its answer or by the one who asked. */
struct fetching {
	struct fetching *next;
	struct fetchings *owner;
	int id;
	resolver_fetched_fn *done;
	void *user;
};

static struct fetching *fetching_take(struct fetchings *owner,
				      const struct fetching *which, int id)
{
	for (struct fetching **p = &owner->all; *p; p = &(*p)->next)
		if (*p == which || (!which && (*p)->id == id)) {
			struct fetching *f = *p;

			*p = f->next;
			return f;
		}
	return NULL;
}

static void fetching_answered(void *user, const struct notify_reply *reply)
{
	struct fetching *f = user;
	resolver_fetched_fn *done = f->done;
	void *owner = f->user;

	(void)fetching_take(f->owner, f, 0);
	free(f);
	done(owner, reply->status == NOTIFY_DONE ? 0 : -EREMOTEIO,
	     reply->text);
}

static int fetching_submit(struct notify *notify,
			   const struct resolver_fetch *what, const char *url,
			   struct fetching *f)
{
	char interface[IF_NAMESIZE];
	struct notify_fetch job = {
		.url = url,
		.pointer = what->pointer,
		.ca_file = what->ca_file,
		.family = what->family,
		.source = what->egress.source,
		.mark = what->egress.mark,
		.timeout_ms = what->timeout_ms,
	};

	if (what->egress.ifindex) {
		job.interface = if_indextoname(
			(unsigned int)what->egress.ifindex, interface);
		if (!job.interface)
			return -ENODEV;
	}
	return notify_fetch(notify, &job, fetching_answered, f);
}

static int fetching_start(void *owner, const struct resolver_fetch *what,
			  resolver_fetched_fn *done, void *user)
{
	struct fetchings *all = owner;
	struct fetching *f = calloc(1, sizeof(*f));
	char *url = f ? strndup(what->url, what->url_len) : NULL;
	int id = -ENOMEM;

	if (url)
		id = fetching_submit(all->notify, what, url, f);
	free(url);
	if (id < 0) {
		free(f);
		return id;
	}
	*f = (struct fetching){ .next = all->all, .owner = all, .id = id,
				.done = done, .user = user };
	all->all = f;
	return id;
}

static void fetching_cancel(void *owner, int id)
{
	struct fetchings *all = owner;
	struct fetching *f = fetching_take(all, NULL, id);

	if (!f)
		return;
	notify_cancel(all->notify, id);
	free(f);
}

struct resolver_fetcher fetching_by(struct fetchings *all)
{
	return (struct resolver_fetcher){
		.owner = all,
		.start = fetching_start,
		.cancel = fetching_cancel,
	};
}
