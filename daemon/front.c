#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "daemon/control/control.h"
#include "daemon/modules.h"
#include "daemon/report/command.h"
#include "daemon/front.h"

static json_t *front_answer(void *user, const json_t *request,
			    bool may_act, struct buf *out)
{
	const struct front *f = user;
	const struct command_world world = {
		.setup = f->modules->setup,
		.monitor = f->modules->monitor,
		.announce = &f->modules->announce,
		.started_ms = f->started_ms,
		.reload = f->reload,
		.user = f->user,
	};

	return command_answer(&world, request, may_act, out);
}

/* 0 or -errno. */
static int front_listen(struct front *f, const struct config *config)
{
	struct control_options o = {
		.path = f->path,
		.group = config->control_group,
		.admin_group = config->control_admin_group,
	};
	int r = control_open(f->loop, &o, front_answer, f, &f->control);

	if (r < 0)
		log_warning("control socket %s cannot be opened (%s), going "
			    "on without until a reload", f->path,
			    r == -ENOENT && (o.group || o.admin_group)
				    ? "no such group or folder"
				    : strerror(-r));
	f->modules->announce.control = f->control;
	return r;
}

void front_open(struct front *f, struct ev_loop *loop, const char *path,
		const struct config *config)
{
	f->loop = loop;
	f->path = path;
	(void)front_listen(f, config);
}

void front_use(struct front *f, const struct config *config)
{
	int r;

	if (!f->control) {
		if (f->path && front_listen(f, config) == 0)
			log_notice("control socket %s is open", f->path);
		return;
	}
	r = control_use_groups(f->control, config->control_group,
			       config->control_admin_group);
	if (r < 0)
		log_warning("control socket: its groups cannot be set (%s)",
			    r == -ENOENT ? "no such group" : strerror(-r));
}

void front_reloaded(struct front *f, const struct faults *faults, int error)
{
	char line[1024];
	json_t *answer;

	if (!f->control)
		return;
	if (!error)
		answer = json_pack("{s:b}", "ok", 1);
	else
		answer = json_pack("{s:s+,s:[]}", "error",
				   faults->n ? "faults" : strerror(-error),
				   ", the old configuration goes on",
				   "faults");
	for (size_t i = 0; answer && i < faults->n; i++)
		(void)json_array_append_new(
			json_object_get(answer, "faults"),
			json_string(faults_print(&faults->items[i], line,
						 sizeof(line))));
	control_settle(f->control, answer);
	json_decref(answer);
}

void front_close(struct front *f)
{
	control_close(f->control);
	f->control = NULL;
	if (f->modules)
		f->modules->announce.control = NULL;
}
