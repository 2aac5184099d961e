#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/netns.h"

static int netns_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	(void)close(fd);
	return r;
}

int netns_sysctl(const char *name, const char *value)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	return netns_write(path, value);
}

static int netns_try(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];
	int r;

	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -errno;
	/* Root in there, so that ip(8) may do what we may. */
	(void)netns_write("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	r = netns_write("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
	return r < 0 ? r : netns_write("/proc/self/gid_map", map);
}

int netns_ip(const char *format, ...)
{
	char command[512] = "PATH=$PATH:/usr/sbin:/sbin ip ";
	size_t len = strlen(command);
	va_list ap;
	int status;

	va_start(ap, format);
	(void)vsnprintf(command + len, sizeof(command) - len, format, ap);
	va_end(ap);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void netns_enter(void)
{
	if (netns_try() < 0 || netns_ip("link set lo up") != 0)
		abort();
}

void netns_or_skip(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int r = netns_try();

		if (r < 0)
			printf("no network namespaces here: %s\n",
			       strerror(-r));
		else if (netns_ip("link add w0 type veth peer name w1") != 0)
			printf("no ip(8) or no veth here\n");
		else
			_exit(0);
		(void)fflush(stdout);
		_exit(77);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		exit(77);
}

pid_t netns_other(void)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) < 0 || write(ready[1], &byte, 1) < 0)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	if (pid < 0 || read(ready[0], &byte, 1) != 1)
		abort();
	(void)close(ready[0]);
	return pid;
}

void netns_leave_other(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
