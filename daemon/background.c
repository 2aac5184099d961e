#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "daemon/background.h"

struct background {
	char *pidfile;
	pid_t child; /* 0: we are it, or nobody forked */
	int pipe;    /* to or from the other; -1: none */
	bool written;
};

int background_start(bool detach, const char *pidfile,
		     struct background **ret)
{
	struct background *b = calloc(1, sizeof(*b));
	int ends[2], r;

	if (!b)
		return -ENOMEM;
	b->pipe = -1;
	b->pidfile = str_dup(pidfile);
	if (pidfile && !b->pidfile) {
		free(b);
		return -ENOMEM;
	}
	if (detach && pipe2(ends, O_CLOEXEC) == 0) {
		b->child = fork();
		b->pipe = ends[b->child == 0];
		(void)close(ends[b->child != 0]);
	}
	if (detach && (b->pipe < 0 || b->child < 0)) {
		r = -errno;
		free(b->pidfile);
		free(b);
		return r;
	}
	if (detach && b->child == 0)
		(void)setsid();
	*ret = b;
	return 0;
}

bool background_is_parent(const struct background *b)
{
	return b->child > 0;
}

int background_wait(struct background *b)
{
	char ready;
	int status;
	ssize_t n;

	do
		n = read(b->pipe, &ready, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return EX_OK;
	if (waitpid(b->child, &status, 0) < 0 || !WIFEXITED(status))
		return EX_SOFTWARE;
	return WEXITSTATUS(status);
}

static int write_pidfile(const char *path)
{
	char text[32];
	int fd, n, r = 0;

	(void)unlink(path); /* an old one, whoever's link it may be */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (write(fd, text, (size_t)n) != n)
		r = -EIO;
	(void)close(fd);
	return r;
}

void background_ready(void *user)
{
	struct background *b = user;
	int null, r;

	if (b->pidfile) {
		r = write_pidfile(b->pidfile);
		b->written = r == 0;
		if (r < 0)
			log_warning("%s cannot be written (%s), going on "
				    "without", b->pidfile, strerror(-r));
	}
	log_started();
	if (b->pipe < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		for (int fd = 0; fd < 3; fd++)
			(void)dup2(null, fd);
		(void)close(null);
	}
	if (write(b->pipe, "", 1) < 0)
		log_debug("nobody waits for the daemon to be ready");
	(void)close(b->pipe);
	b->pipe = -1;
}

void background_end(struct background *b)
{
	if (!b)
		return;
	if (b->written)
		(void)unlink(b->pidfile);
	if (b->pipe >= 0)
		(void)close(b->pipe);
	free(b->pidfile);
	free(b);
}
