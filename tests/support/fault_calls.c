#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "tests/support/fault_calls.h"

#define CALL(name) { #name, SYS_##name }

static const struct call {
	const char *name;
	uint64_t number;
} calls[] = {
#ifdef SYS_open
	CALL(open), CALL(pipe), CALL(dup2), CALL(fork), CALL(vfork),
	CALL(rename), CALL(unlink), CALL(mkdir), CALL(stat), CALL(lstat),
	CALL(access), CALL(poll), CALL(readlink), CALL(epoll_wait),
	CALL(epoll_create), CALL(eventfd), CALL(time), CALL(arch_prctl),
	CALL(getdents64), CALL(chmod), CALL(umask), CALL(getrlimit),
#endif
#ifdef SYS_faccessat2
	CALL(faccessat2),
#endif
#ifdef SYS_close_range
	CALL(close_range),
#endif
#ifdef SYS_clone3
	CALL(clone3),
#endif
#ifdef SYS_epoll_pwait2
	CALL(epoll_pwait2),
#endif
#ifdef SYS_rseq
	CALL(rseq),
#endif
#ifdef SYS_newfstatat
	CALL(newfstatat),
#endif
#ifdef SYS_renameat
	CALL(renameat),
#endif
	CALL(accept), CALL(accept4), CALL(bind), CALL(brk),
	CALL(clock_gettime), CALL(clone), CALL(close), CALL(connect),
	CALL(dup), CALL(dup3), CALL(epoll_create1), CALL(epoll_ctl),
	CALL(epoll_pwait), CALL(eventfd2), CALL(execve), CALL(exit),
	CALL(exit_group), CALL(faccessat), CALL(fchmod), CALL(fchmodat),
	CALL(fcntl), CALL(fdatasync), CALL(fstat), CALL(fsync),
	CALL(ftruncate), CALL(futex), CALL(getpeername), CALL(getpid),
	CALL(getppid), CALL(getrandom), CALL(getsockname), CALL(getsockopt),
	CALL(ioctl), CALL(kill), CALL(linkat), CALL(listen), CALL(lseek),
	CALL(memfd_create), CALL(mkdirat), CALL(mmap), CALL(mprotect),
	CALL(munmap), CALL(openat), CALL(pipe2), CALL(ppoll), CALL(prctl),
	CALL(pread64), CALL(prlimit64), CALL(pwrite64), CALL(read),
	CALL(readlinkat), CALL(readv), CALL(recvfrom), CALL(recvmmsg),
	CALL(recvmsg), CALL(renameat2), CALL(rt_sigaction),
	CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sendmmsg),
	CALL(sendmsg), CALL(sendto), CALL(set_robust_list),
	CALL(set_tid_address), CALL(setpgid), CALL(setsockopt),
	CALL(shutdown), CALL(signalfd4), CALL(socket), CALL(socketpair),
	CALL(statfs), CALL(statx), CALL(sync), CALL(sync_file_range),
	CALL(syncfs), CALL(timerfd_create), CALL(timerfd_settime),
	CALL(uname), CALL(unlinkat), CALL(wait4), CALL(write), CALL(writev),
	CALL(madvise), CALL(mremap), CALL(sysinfo), CALL(geteuid),
	CALL(getuid), CALL(getegid), CALL(getgid), CALL(tgkill),
	CALL(gettid), CALL(setitimer), CALL(sched_getaffinity),
};

static const struct error {
	const char *name;
	int number;
} errors[] = {
	{ "EACCES", EACCES }, { "EAGAIN", EAGAIN }, { "EINTR", EINTR },
	{ "EIO", EIO }, { "EMFILE", EMFILE }, { "ENFILE", ENFILE },
	{ "ENOBUFS", ENOBUFS }, { "ENOMEM", ENOMEM }, { "ENOSPC", ENOSPC },
	{ "EPERM", EPERM }, { "EROFS", EROFS }, { "EDQUOT", EDQUOT },
	{ "ENETUNREACH", ENETUNREACH }, { "ECONNREFUSED", ECONNREFUSED },
};

const char *fault_call_name(uint64_t call)
{
	static char text[24];

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == call)
			return calls[i].name;
	(void)snprintf(text, sizeof(text), "%" PRIu64, call);
	return text;
}

bool fault_call_is_known(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, name) == 0)
			return true;
	return false;
}

int fault_call_path(uint64_t call)
{
	switch (call) {
#ifdef SYS_open
	case SYS_open:
	case SYS_rename:
	case SYS_unlink:
		return 0;
#endif
	case SYS_openat:
	case SYS_renameat2:
	case SYS_unlinkat:
#ifdef SYS_renameat
	case SYS_renameat:
#endif
		return 1;
	default:
		return -1;
	}
}

bool fault_call_opens(uint64_t call)
{
	const char *name = fault_call_name(call);

	return strcmp(name, "open") == 0 || strcmp(name, "openat") == 0;
}

bool fault_call_takes_fd(uint64_t call)
{
	static const char *const names[] = {
		"read", "write", "close", "fstat", "newfstatat", "ftruncate",
		"fchmod", "fsync", "pread64", "pwrite64",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(fault_call_name(call), names[i]) == 0)
			return true;
	return false;
}

int fault_error(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	return 0;
}
