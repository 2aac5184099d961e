#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/control/listening.h"
#include "daemon/control/peer.h"

#define BACKLOG 64

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

int listening_open(const char *path, const struct peer_groups *groups)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, strlen(path));
	make_folder(path);
	r = clear_the_way(&sun);
	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Mode before it can be reached; then who else may come in. */
	(void)fchmod(fd, 0600);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		r = -errno;
	else
		r = peer_open_up(path, groups);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	return fd;
}
