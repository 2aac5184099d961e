#include "config.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <ev.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "daemon/control.h"

#define CLIENTS_MAX 16
#define REQUEST_MAX 4096
#define ANSWER_MAX (16 << 20)
#define GROUPS_MAX 128

struct client {
	struct control *control;
	struct client *next;
	ev_io in, out;
	struct buf request, answer;
	bool may_act;
};

struct control {
	struct ev_loop *loop;
	control_answer_fn *answer;
	void *user;
	char *path;
	gid_t group, admin_group;
	bool has_group, has_admin_group;
	ev_io listen;
	struct client *clients;
	unsigned int n_clients;
};

json_t *control_error(const char *text)
{
	return json_pack("{s:s}", "error", text);
}

/* ---- who ---- */

static bool peer_in_group(int fd, gid_t primary, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (primary == wanted)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static bool peer_may_ask(const struct control *c, int fd, bool *ret_act)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	*ret_act = peer.uid == 0 || peer.uid == geteuid() ||
		   (c->has_admin_group &&
		    peer_in_group(fd, peer.gid, c->admin_group));
	return *ret_act ||
	       (c->has_group && peer_in_group(fd, peer.gid, c->group));
}

/* ---- one client ---- */

static void client_free(struct client *cl)
{
	struct client **at = &cl->control->clients;

	while (*at != cl)
		at = &(*at)->next;
	*at = cl->next;
	cl->control->n_clients--;
	ev_io_stop(cl->control->loop, &cl->in);
	ev_io_stop(cl->control->loop, &cl->out);
	(void)close(cl->in.fd);
	buf_done(&cl->request);
	buf_done(&cl->answer);
	free(cl);
}

/* Sends what the socket takes. false: the client is gone. */
static bool client_flush(struct client *cl)
{
	while (cl->answer.len > 0) {
		ssize_t n = send(cl->in.fd, cl->answer.data, cl->answer.len,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			ev_io_start(cl->control->loop, &cl->out);
			return true;
		}
		if (n <= 0) {
			client_free(cl);
			return false;
		}
		buf_drop(&cl->answer, (size_t)n);
	}
	ev_io_stop(cl->control->loop, &cl->out);
	return true;
}

static void client_answer(struct client *cl, const char *line, size_t len)
{
	const struct control *c = cl->control;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *answer = json_is_object(request)
				 ? c->answer(c->user, request, cl->may_act)
				 : control_error("this is not a JSON object");
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;

	buf_add_str(&cl->answer, text ? text : "{\"error\":\"no memory\"}");
	buf_add_str(&cl->answer, "\n");
	free(text);
	json_decref(answer);
	json_decref(request);
}

/* Answers each whole line, as long as earlier answers have gone out. */
static void client_serve(struct client *cl)
{
	char *end;

	while (cl->request.len > 0 && cl->answer.len == 0 &&
	       (end = memchr(cl->request.data, '\n', cl->request.len))) {
		size_t len = (size_t)(end - cl->request.data);

		client_answer(cl, cl->request.data, len);
		buf_drop(&cl->request, len + 1);
		if (cl->answer.failed) {
			client_free(cl);
			return;
		}
		if (!client_flush(cl))
			return;
	}
}

static void client_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *cl = w->data;
	char data[1024];
	ssize_t n = recv(w->fd, data, sizeof(data), MSG_DONTWAIT);

	(void)loop;
	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		buf_add(&cl->request, data, (size_t)n);
	if (n <= 0 || cl->request.failed) {
		client_free(cl); /* gone, or a line without end */
		return;
	}
	client_serve(cl);
}

static void client_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *cl = w->data;

	(void)loop;
	(void)revents;
	if (client_flush(cl))
		client_serve(cl);
}

static void control_accept(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *c = w->data;
	struct client *cl;
	bool act = false;
	int fd;

	(void)revents;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	cl = c->n_clients < CLIENTS_MAX && peer_may_ask(c, fd, &act)
		     ? calloc(1, sizeof(*cl))
		     : NULL;
	if (!cl) {
		(void)close(fd);
		return;
	}
	cl->control = c;
	cl->may_act = act;
	cl->request = (struct buf)BUF_INIT(REQUEST_MAX);
	cl->answer = (struct buf)BUF_INIT(ANSWER_MAX);
	cl->next = c->clients;
	c->clients = cl;
	c->n_clients++;
	ev_io_init(&cl->in, client_readable, fd, EV_READ);
	ev_io_init(&cl->out, client_writable, fd, EV_WRITE);
	cl->in.data = cl;
	cl->out.data = cl;
	ev_io_start(loop, &cl->in);
}

/* ---- the socket ---- */

static int find_group(const char *name, gid_t *ret)
{
	const struct group *gr = getgrnam(name);

	if (!gr)
		return -ENOENT;
	*ret = gr->gr_gid;
	return 0;
}

/* Is anybody listening there? A dead socket is taken away. */
static int clear_the_way(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    errno == EAGAIN)
		r = -EADDRINUSE;
	else if (errno == ECONNREFUSED)
		(void)unlink(sun->sun_path);
	(void)close(fd);
	return r;
}

static void make_folder(const char *path)
{
	char *folder = str_dup(path), *slash = folder ? strrchr(folder, '/')
						      : NULL;

	if (slash && slash != folder) {
		*slash = '\0';
		(void)mkdir(folder, 0755); /* bind() tells if it is missing */
	}
	free(folder);
}

static int control_listen(struct control *c)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	bool shared = c->has_group || c->has_admin_group;
	int fd, r;

	if (strlen(c->path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, c->path, strlen(c->path));
	make_folder(c->path);
	r = clear_the_way(&sun);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Mode before it can be reached; then who else may come in. */
	(void)fchmod(fd, 0600);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    chmod(c->path, shared ? 0660 : 0600) < 0 ||
	    (shared && chown(c->path, (uid_t)-1,
			     c->has_group ? c->group : c->admin_group) < 0) ||
	    listen(fd, 8) < 0) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	ev_io_init(&c->listen, control_accept, fd, EV_READ);
	c->listen.data = c;
	ev_io_start(c->loop, &c->listen);
	return 0;
}

int control_open(struct ev_loop *loop, const struct control_options *o,
		 control_answer_fn *answer, void *user, struct control **ret)
{
	struct control *c = calloc(1, sizeof(*c));
	int r = 0;

	if (!c)
		return -ENOMEM;
	c->loop = loop;
	c->answer = answer;
	c->user = user;
	c->listen.fd = -1;
	c->path = str_dup(o->path);
	c->has_group = o->group != NULL;
	c->has_admin_group = o->admin_group != NULL;
	if (!c->path)
		r = -ENOMEM;
	if (r == 0 && o->group)
		r = find_group(o->group, &c->group);
	if (r == 0 && o->admin_group)
		r = find_group(o->admin_group, &c->admin_group);
	if (r == 0)
		r = control_listen(c);
	if (r < 0) {
		free(c->path);
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void control_close(struct control *c)
{
	if (!c)
		return;
	while (c->clients)
		client_free(c->clients);
	ev_io_stop(c->loop, &c->listen);
	(void)close(c->listen.fd);
	(void)unlink(c->path);
	free(c->path);
	free(c);
}
