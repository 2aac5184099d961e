#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "notify/core/type.h"
#include "notify/desk/desk.h"
#include "notify/desk/fetch.h"
#include "notify/desk/gathering.h"

#define WORKS_MAX 100000
#define OUT_MAX (64 * 1024 * 1024)
/* A pipe that is writable takes this much without blocking. */
#define PIPE_ATOMIC 4096

struct desk {
	struct engine *engine;
	struct accounts *accounts;
	struct account fetch; /* of the jobs that ask a reflector */
	int in, out;
	ev_io in_io, out_io;
	ev_timer later; /* what is prepared after the jobs at hand */
	struct buf in_buf, out_buf;
	bool skipping; /* the rest of a line that is too long */
	bool eof;
	int status;
	struct work *works;
	size_t n_works;
	int64_t highest_id; /* of all that ever came */
};

static void check_finished(struct desk *d)
{
	if (d->status < 0 ||
	    (d->eof && d->n_works == 0 && d->out_buf.len == 0 &&
	     d->engine->busy == 0))
		ev_break(d->engine->loop, EVBREAK_ALL);
}

/* As much as goes out without waiting. */
static void write_some(struct desk *d)
{
	size_t len = d->out_buf.len;
	ssize_t n = send(d->out, d->out_buf.data, len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK)
		n = write(d->out, d->out_buf.data,
			  len < PIPE_ATOMIC ? len : PIPE_ATOMIC);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		d->status = -errno;
	if (n > 0)
		buf_drop(&d->out_buf, (size_t)n);
}

static void say(struct desk *d, char *line)
{
	if (line)
		buf_add_str(&d->out_buf, line);
	if (!line || d->out_buf.failed)
		d->status = -ENOMEM;
	free(line);
	ev_io_start(d->engine->loop, &d->out_io);
}

static void refuse(struct desk *d, const struct job *j, const char *format,
		   const char *what)
{
	struct outcome o;
	char text[160];

	(void)str_printable(what, strlen(what), 100, text, sizeof(text));
	outcome_set(&o, NOTIFY_REFUSED, 0, "%s%s", format, text);
	say(d, outcome_print(j, &o, NULL));
}

static void unlink_work(struct desk *d, struct work *w)
{
	if (w->next)
		w->next->before = w->before;
	if (w->before)
		w->before->next = w->next;
	else
		d->works = w->next;
	d->n_works--;
}

static void desk_done(struct work *w, const struct outcome *o, json_t *values)
{
	struct desk *d = w->desk;

	say(d, outcome_print(w->job, o, values));
	unlink_work(d, w);
	job_free(w->job);
	free(w);
}

static void desk_idle(void *user)
{
	check_finished(user);
}

/* ---- jobs ---- */

static int open_account(struct desk *d, struct account *a)
{
	int r = a->open ? 0 : a->type->open(d->engine, a);

	a->open = a->open || r == 0;
	return r;
}

static struct work *find_work(const struct desk *d, int64_t id)
{
	struct work *w = id > d->highest_id ? NULL : d->works;

	while (w && w->job->id != id)
		w = w->next;
	return w;
}

static int add_work(struct desk *d, struct job *j, struct account *a,
		    struct gathering *g)
{
	struct work *w = calloc(1, sizeof(*w)), *one;
	bool more = j->more;

	if (!w)
		return -ENOMEM;
	*w = (struct work){ .job = j, .account = a, .desk = d,
			    .next = d->works, .done = desk_done };
	if (w->next)
		w->next->before = w;
	d->works = w;
	d->n_works++;
	if (j->id > d->highest_id)
		d->highest_id = j->id;
	if (!more && g->n == 0) {
		one = w;
		a->type->submit(a, &one, 1);
		return 0;
	}
	if (gathering_add(g, w) < 0) {
		unlink_work(d, w);
		free(w);
		return -ENOMEM;
	}
	if (!more)
		gathering_flush(g, d->engine->loop);
	else
		gathering_wait(g, d->engine->loop);
	return 0;
}

/* Takes the job over, or frees it. */
static void take_update(struct desk *d, struct job *j)
{
	struct account *a = j->kind == JOB_FETCH ?
		&d->fetch : accounts_find(d->accounts, j->account);
	struct gathering *g = a ? gathering_of(a) : NULL;
	struct outcome o;
	int r = g ? open_account(d, a) : -ENOMEM;

	if (!a) {
		refuse(d, j, "there is no account ", j->account);
	} else if (find_work(d, j->id)) {
		struct job_fault f = { .text = "id: a job of this id is under "
					       "way" };

		say(d, job_fault_print(&f));
	} else if ((j->ipv4.given && !a->type->ipv4) ||
		   (j->ipv6.given && !a->type->ipv6)) {
		refuse(d, j, "a family that cannot be told to type ",
		       a->type->name);
	} else if (j->kind == JOB_LOOK && !a->type->can_look) {
		refuse(d, j, "cannot be read: type ", a->type->name);
	} else if ((j->owner[0] || j->ptr_only) && !a->type->shared) {
		refuse(d, j, j->ptr_only ? "ptr_only needs type rfc2136, not "
			     : "a shared name (owner) needs type rfc2136, not ",
		       a->type->name);
	} else if (r < 0 || d->n_works >= WORKS_MAX ||
		   add_work(d, j, a, g) < 0) {
		outcome_set(&o, NOTIFY_RETRY, 0, "%s", r < 0 ? strerror(-r)
						: "too many jobs at a time");
		say(d, outcome_print(j, &o, NULL));
	} else {
		return;
	}
	job_free(j);
}

/* Says nothing of a job that has been answered: the lines crossed. */
static void take_cancel(struct desk *d, int64_t id)
{
	struct work *w = find_work(d, id);
	struct outcome o;

	if (!w)
		return;
	if (w->batch)
		w->account->type->cancel(w);
	else
		gathering_forget(w);
	outcome_set(&o, NOTIFY_CANCELLED, 0, "cancelled; what was sent of it "
		    "is not known");
	work_done(w, &o);
}

static void take_prepare(struct desk *d, const struct job *j)
{
	for (size_t i = 0; i < j->n_accounts; i++) {
		struct account *a = accounts_find(d->accounts, j->accounts[i]);
		struct gathering *g = a ? gathering_of(a) : NULL;

		if (g && open_account(d, a) == 0)
			g->prepare = true;
		else
			log_warning("prepare: no account of that name, or no "
				    "memory");
	}
	ev_timer_stop(d->engine->loop, &d->later);
	ev_timer_set(&d->later, 0., 0.);
	ev_timer_start(d->engine->loop, &d->later);
}

static void desk_prepare(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct desk *d = w->data;

	(void)loop;
	(void)revents;
	/* What was not used for long is cold: go through the motions. */
	job_rehearse();
	for (size_t i = 0; i < d->accounts->n; i++) {
		struct account *a = &d->accounts->items[i];
		struct gathering *g = a->gathering;

		if (!g || !g->prepare)
			continue;
		g->prepare = false;
		if (a->type->prepare)
			a->type->prepare(a);
	}
}

/*
 * Told at once, before the request that it is about can have left: whoever
 * started this process goes on counting where it ends.
 */
static void desk_spent(void *user, const struct account *a)
{
	struct desk *d = user;
	json_t *o = json_pack("{si ss}", "spent", 1, "account", a->name);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	say(d, text ? str_dupf("%s\n", text) : NULL);
	free(text);
	write_some(d);
}

/* Another process has counted, or counts beside this one. */
static void take_limits(struct desk *d, const struct job *j)
{
	uint64_t now_ms = clock_mono_ms();
	int64_t wall_ms = clock_wall_ms();

	d->engine->spent = desk_spent;
	for (size_t i = 0; i < j->n_limits; i++) {
		const struct job_limits *l = &j->limits[i];
		struct account *a = accounts_find(d->accounts, l->account);

		for (size_t k = 0; a && k < NOTIFY_LIMITS_MAX; k++)
			a->full_ms[k] = l->full_ms[k] > wall_ms
				? now_ms + (uint64_t)(l->full_ms[k] - wall_ms)
				: 0;
		if (a)
			a->recalled = true;
	}
}

static void take_line(struct desk *d, const char *line, size_t len)
{
	struct job_fault f;
	struct job *j;
	int r = job_parse(line, len, &j, &f);

	if (r == -ENOMEM)
		f = (struct job_fault){ .text = "out of memory" };
	if (r < 0) {
		say(d, job_fault_print(&f));
		return;
	}
	switch (j->kind) {
	case JOB_UPDATE:
	case JOB_FETCH:
	case JOB_LOOK:
		take_update(d, j);
		return;
	case JOB_CANCEL:
		take_cancel(d, j->id);
		break;
	case JOB_PREPARE:
		take_prepare(d, j);
		break;
	case JOB_LIMITS:
		take_limits(d, j);
		break;
	}
	job_free(j);
}

/* ---- input and output ---- */

static bool is_blank(const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r", line[len - 1]) &&
	       line[len - 1] != '\0')
		len--;
	return len == 0;
}

static void too_long(struct desk *d)
{
	struct job_fault f = { .text = "the line is longer than 64 KiB" };

	if (!d->skipping)
		say(d, job_fault_print(&f));
}

/* Every whole line, and at the end of input the last one without newline. */
static void take_lines(struct desk *d)
{
	size_t at = 0;

	while (at < d->in_buf.len) {
		const char *line = d->in_buf.data + at;
		const char *eol = memchr(line, '\n', d->in_buf.len - at);
		size_t len = eol ? (size_t)(eol - line) : d->in_buf.len - at;

		if (!eol && !d->eof)
			break;
		if (len >= JOB_LINE_MAX)
			too_long(d);
		else if (!d->skipping && !is_blank(line, len))
			take_line(d, line, len);
		d->skipping = false;
		at += len + (eol != NULL);
	}
	buf_drop(&d->in_buf, at);
	if (d->in_buf.len >= JOB_LINE_MAX) {
		too_long(d);
		d->skipping = true;
		buf_clear(&d->in_buf);
	}
}

static ssize_t receive(int fd, char *data, size_t size)
{
	ssize_t n = recv(fd, data, size, MSG_DONTWAIT);

	if (n < 0 && errno == ENOTSOCK)
		n = read(fd, data, size);
	return n;
}

static void end_of_input(struct desk *d)
{
	ev_io_stop(d->engine->loop, &d->in_io);
	d->eof = true;
	take_lines(d);
	for (size_t i = 0; i < d->accounts->n; i++)
		if (d->accounts->items[i].gathering)
			gathering_flush(d->accounts->items[i].gathering,
			      d->engine->loop);
	check_finished(d);
}

static void desk_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct desk *d = w->data;
	char data[4096]; /* a longer line comes in pieces */
	ssize_t n = receive(d->in, data, sizeof(data));

	(void)loop;
	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_of_input(d);
		return;
	}
	buf_add(&d->in_buf, data, (size_t)n);
	take_lines(d);
}

static void desk_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct desk *d = w->data;

	(void)revents;
	if (d->out_buf.len > 0)
		write_some(d);
	if (d->out_buf.len == 0)
		ev_io_stop(loop, w);
	check_finished(d);
}

int desk_new(struct engine *e, struct accounts *as, int in, int out,
	     struct desk **ret)
{
	struct desk *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->engine = e;
	e->idle = desk_idle;
	e->idle_user = d;
	e->spent_user = d;
	d->accounts = as;
	d->fetch.type = &type_fetch;
	d->in = in;
	d->out = out;
	d->in_buf = (struct buf)BUF_INIT(4 * JOB_LINE_MAX);
	d->out_buf = (struct buf)BUF_INIT(OUT_MAX);
	ev_io_init(&d->in_io, desk_readable, in, EV_READ);
	/* What has come already is read before a wait for it is over. */
	ev_set_priority(&d->in_io, EV_MAXPRI);
	ev_io_init(&d->out_io, desk_writable, out, EV_WRITE);
	ev_timer_init(&d->later, desk_prepare, 0., 0.);
	d->in_io.data = d->out_io.data = d->later.data = d;
	ev_io_start(e->loop, &d->in_io);
	*ret = d;
	return 0;
}

static void account_leave(struct desk *d, struct account *a)
{
	struct gathering *g = a->gathering;

	if (a->open)
		a->type->close(a);
	a->open = false;
	if (g) {
		ev_timer_stop(d->engine->loop, &g->timer);
		free(g->works);
		free(g);
	}
	a->gathering = NULL;
}

void desk_free(struct desk *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->accounts->n; i++)
		account_leave(d, &d->accounts->items[i]);
	account_leave(d, &d->fetch);
	while (d->works) {
		struct work *w = d->works;

		d->works = w->next;
		job_free(w->job);
		free(w);
	}
	ev_io_stop(d->engine->loop, &d->in_io);
	ev_io_stop(d->engine->loop, &d->out_io);
	ev_timer_stop(d->engine->loop, &d->later);
	buf_done(&d->in_buf);
	buf_done(&d->out_buf);
	free(d);
}

int desk_status(const struct desk *d)
{
	return d->status;
}
