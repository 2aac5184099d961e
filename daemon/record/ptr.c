#include "config.h"

#include "daemon/record/account.h"
#include "daemon/record/offer.h"
#include "daemon/record/ptr.h"
#include "daemon/record/tell.h"

static void ptr_done(void *user, const struct notify_reply *reply)
{
	struct entry *e = user;

	e->ptr_id = 0;
	if (reply->status == NOTIFY_CANCELLED)
		return;
	tell_ptr(e, reply);
	e->ptr_wrong = reply->status != NOTIFY_DONE &&
		       reply->status != NOTIFY_UNCHANGED;
	e->world->moved(e->world->user); /* one pass waits for it */
}

void ptr_check(struct entry *e)
{
	struct notify_job job = {
		.account = account_info(e->account)->name,
	};
	int id;

	if (!e->config->ptr || e->published.n == 0 || e->ptr_id > 0 ||
	    e->world->dry_run || e->stopping)
		return;
	offer_fill_ptr(&job, e);
	id = notify_submit(account_notify(e->account), &job, ptr_done, e);
	e->ptr_id = id > 0 ? id : 0;
}

void ptr_cancel(struct entry *e)
{
	if (e->ptr_id > 0)
		notify_cancel(account_notify(e->account), e->ptr_id);
	e->ptr_id = 0;
}
