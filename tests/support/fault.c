/*
 * fault - runs a program and does something to its n-th system call.
 *
 * A tracer, not a preloaded library: it sees every call, also those that
 * libraries, the loader and libc make for themselves. It needs no rights,
 * for it traces only its own children, and they die with it.
 *
 *     fault [-p PROGRAM,…] [-a ARGUMENT] [-s CALL,…] [-f END] [-t FILE]
 *           [-n N [-c COUNT] [-e ERRNO]] -- COMMAND…
 *
 * Counted are the calls (those named by -s; else all) of each process that
 * runs one of PROGRAM,… (else the command's own), with that argument, if -a
 * names one, and with -f only calls about a file whose name ends so, or its
 * descriptor; "-p fork" counts those between any fork and its exec. At the
 * N-th the process is killed, before the call; or COUNT calls from there on
 * fail with ERRNO. -t writes "NUMBER PID PROGRAM CALL RESULT PATH" of each
 * call that returned, and "killed NUMBER CALL" or "failed NUMBER CALL" of
 * what was done.
 *
 * TERM, INT, HUP and USR1 are handed on; it ends as the command ends.
 */
#include "config.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "tests/support/fault_calls.h"

#define PROCESSES_MAX 256
#define CALLS_MAX 32
#define CMDLINE_MAX 4096
#define PATH_LEN 256
#define PROGRAM_LEN 32

struct process {
	pid_t pid; /* 0: a free place */
	bool counted;
	bool about; /* this call is about the file of -f */
	bool failing; /* this call: its result is to be replaced */
	uint64_t call, number;
	int64_t fd; /* of the file that -f names; -1 */
	char path[PATH_LEN]; /* that it names; "" for none */
	char program[PROGRAM_LEN];
};

static struct {
	const char *program, *argument, *file;
	const char *calls[CALLS_MAX]; /* NULL first: all */
	unsigned long long n, count, seen;
	int error; /* 0: kill */
	FILE *trace;
	struct process processes[PROCESSES_MAX];
	pid_t command;
} f = { .count = 1 };

static void die(const char *what)
{
	(void)fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
	exit(99);
}

/* ---- registers ---- */

/* At its entry: the kernel finds no such call and does nothing. */
static void skip_call(pid_t pid)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return;
	regs.orig_rax = (unsigned long long)-1;
	(void)ptrace(PTRACE_SETREGS, pid, 0, &regs);
#elif defined(__aarch64__)
	int none = -1;
	struct iovec v = { &none, sizeof(none) };

	(void)ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &v);
#else
	(void)pid;
#endif
}

static void set_result(pid_t pid, int error)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return;
	regs.rax = (unsigned long long)-error;
	(void)ptrace(PTRACE_SETREGS, pid, 0, &regs);
#elif defined(__aarch64__)
	struct user_regs_struct regs;
	struct iovec v = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &v) < 0)
		return;
	regs.regs[0] = (unsigned long long)-error;
	(void)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &v);
#else
	(void)pid;
	(void)error;
#endif
}

/* ---- processes ---- */

static struct process *process_find(pid_t pid)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		if (f.processes[i].pid == pid)
			return &f.processes[i];
	return NULL;
}

/* Is it one of -p? */
static bool is_named(const char *program)
{
	size_t len = strlen(program);
	const char *at = f.program;

	for (;;) {
		if (strncmp(at, program, len) == 0 &&
		    (at[len] == '\0' || at[len] == ','))
			return true;
		at = strchr(at, ',');
		if (!at)
			return false;
		at++;
	}
}

/* A child may be seen before its parent tells of it. */
static struct process *process_get(pid_t pid)
{
	struct process *p = process_find(pid);

	if (p)
		return p;
	p = process_find(0);
	if (!p) {
		errno = EAGAIN;
		die("too many processes");
	}
	*p = (struct process){ .pid = pid, .program = "fork", .fd = -1 };
	p->counted = is_named("fork");
	return p;
}

static void find_program(struct process *p)
{
	char path[64], text[CMDLINE_MAX];
	const char *slash;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)p->pid);
	len = readlink(path, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	slash = strrchr(text, '/');
	(void)snprintf(p->program, sizeof(p->program), "%.*s",
		       PROGRAM_LEN - 1, slash ? slash + 1 : text);
}

static bool has_argument(pid_t pid)
{
	char path[64], text[CMDLINE_MAX];
	ssize_t len;
	FILE *file;

	if (!f.argument)
		return true;
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	file = fopen(path, "re");
	len = file ? (ssize_t)fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file)
		(void)fclose(file);
	text[len] = '\0';
	for (const char *at = text; at < text + len; at += strlen(at) + 1)
		if (strcmp(at, f.argument) == 0)
			return true;
	return false;
}

/* ---- calls ---- */

static bool is_chosen(uint64_t call)
{
	const char *name = fault_call_name(call);

	if (!f.calls[0])
		return true;
	for (size_t i = 0; f.calls[i]; i++)
		if (strcmp(f.calls[i], name) == 0)
			return true;
	return false;
}

static void tell(const char *what, const struct process *p)
{
	if (!f.trace)
		return;
	(void)fprintf(f.trace, "%s %llu %s\n", what,
		      (unsigned long long)p->number, fault_call_name(p->call));
	(void)fflush(f.trace);
}

/* The file that the call is about, of the calls that matter here. */
static void take_path(struct process *p, const uint64_t *args)
{
	int which = fault_call_path(p->call);
	struct iovec to = { p->path, sizeof(p->path) - 1 }, from;

	p->path[0] = '\0';
	if (which < 0)
		return;
	from.iov_base = (void *)(uintptr_t)args[which];
	from.iov_len = to.iov_len;
	/* The next page may not be there: then less. */
	while (from.iov_len > 0 &&
	       process_vm_readv(p->pid, &to, 1, &from, 1, 0) < 0)
		from.iov_len /= 2;
	p->path[from.iov_len] = '\0';
}

/* Is it about the file of -f? */
static bool is_about(const struct process *p, const uint64_t *args)
{
	size_t len = strlen(p->path), end = f.file ? strlen(f.file) : 0;

	if (!f.file)
		return true;
	if (len > 0)
		return len >= end && strcmp(p->path + len - end, f.file) == 0;
	return p->fd >= 0 && (int64_t)args[0] == p->fd &&
	       fault_call_takes_fd(p->call);
}

static void call_begins(struct process *p, const uint64_t *args)
{
	p->number = 0;
	p->about = false;
	if (!p->counted)
		return;
	take_path(p, args);
	p->about = is_about(p, args);
	if (!is_chosen(p->call) || !p->about)
		return;
	p->number = ++f.seen;
	if (f.n == 0 || f.seen < f.n || f.seen >= f.n + f.count)
		return;
	if (f.error == 0) {
		tell("killed", p);
		(void)kill(p->pid, SIGKILL);
		return;
	}
	tell("failed", p);
	p->failing = true;
	skip_call(p->pid);
}

static void call_ends(struct process *p, int64_t result)
{
	if (p->failing)
		set_result(p->pid, f.error);
	else if (p->number && f.trace)
		(void)fprintf(f.trace, "%llu %d %s %s %lld %s\n",
			      (unsigned long long)p->number, (int)p->pid,
			      p->program, fault_call_name(p->call),
			      (long long)result, p->path);
	p->failing = false;
	if (!f.file || !p->about)
		return;
	if (p->path[0] != '\0' && result >= 0 && fault_call_opens(p->call))
		p->fd = result;
	else if (strcmp(fault_call_name(p->call), "close") == 0)
		p->fd = -1;
}

static void call_stopped(struct process *p)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		p->call = info.entry.nr;
		call_begins(p, (const uint64_t *)info.entry.args);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		call_ends(p, info.exit.rval);
	}
}

/* ---- the loop ---- */

/* What nobody asked about goes its way untraced. */
static bool process_became(struct process *p)
{
	find_program(p);
	p->counted = is_named(p->program) && has_argument(p->pid);
	return p->counted || p->pid == f.command;
}

/* The signal to go on with. */
static int process_stopped(struct process *p, int status)
{
	int sig = WSTOPSIG(status);
	unsigned long child;

	switch (status >> 16) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (ptrace(PTRACE_GETEVENTMSG, p->pid, 0, &child) == 0)
			(void)process_get((pid_t)child);
		return 0;
	case PTRACE_EVENT_EXEC:
		if (process_became(p))
			return 0;
		(void)ptrace(PTRACE_DETACH, p->pid, 0, 0);
		p->pid = 0;
		return -1;
	case PTRACE_EVENT_STOP: /* a child's first one */
		return 0;
	default:
		break;
	}
	if (sig == (SIGTRAP | 0x80)) {
		call_stopped(p);
		return 0;
	}
	return sig;
}

static void end_as(int status)
{
	if (f.trace)
		(void)fclose(f.trace);
	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL);
		(void)raise(WTERMSIG(status));
	}
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static void watch(void)
{
	for (;;) {
		int status, sig;
		pid_t pid = waitpid(-1, &status, __WALL);
		struct process *p;

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			die("waitpid");
		p = process_get(pid);
		if (!WIFSTOPPED(status)) {
			p->pid = 0;
			if (pid == f.command)
				end_as(status);
			continue;
		}
		sig = process_stopped(p, status);
		if (sig >= 0)
			(void)ptrace(PTRACE_SYSCALL, pid, 0, (long)sig);
	}
}

static void hand_on(int sig)
{
	if (f.command > 0)
		(void)kill(f.command, sig);
}

static void begin(char **command)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
			     PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction sa = { .sa_handler = hand_on,
				.sa_flags = SA_RESTART };
	int go[2];
	char byte = 0;

	if (pipe(go) < 0)
		die("pipe");
	f.command = fork();
	if (f.command < 0)
		die("fork");
	if (f.command == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(go[1]);
		if (read(go[0], &byte, 1) != 1)
			_exit(127);
		(void)close(go[0]);
		(void)execvp(command[0], command);
		(void)fprintf(stderr, "fault: %s: %s\n", command[0],
			      strerror(errno));
		_exit(127);
	}
	(void)close(go[0]);
	if (ptrace(PTRACE_SEIZE, f.command, 0, options) < 0)
		die("ptrace");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaction(signals[i], &sa, NULL);
	if (write(go[1], &byte, 1) != 1)
		die("write");
	(void)close(go[1]);
}

/* ---- options ---- */

static void usage(void)
{
	(void)fputs("usage: fault [-p PROGRAM,...] [-a ARGUMENT] [-s CALL,...] "
		    "[-f END] [-t FILE]\n             [-n N [-c COUNT] [-e ERRNO]] "
		    "-- COMMAND...\n", stderr);
	exit(64);
}

static void take_calls(char *list)
{
	size_t n = 0;

	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		if (n == CALLS_MAX - 1 || !fault_call_is_known(name)) {
			(void)fprintf(stderr, "fault: no call %s\n", name);
			exit(64);
		}
		f.calls[n++] = name;
	}
}

static void take_error(const char *name)
{
	f.error = fault_error(name);
	if (f.error == 0) {
		(void)fprintf(stderr, "fault: no error %s\n", name);
		exit(64);
	}
#if !defined(__x86_64__) && !defined(__aarch64__)
	(void)fputs("fault: calls cannot be made to fail here\n", stderr);
	exit(77);
#endif
}

int main(int argc, char **argv)
{
	const char *slash;
	int c;

	while ((c = getopt(argc, argv, "+p:a:s:f:t:n:c:e:")) != -1) {
		switch (c) {
		case 'p': f.program = optarg; break;
		case 'a': f.argument = optarg; break;
		case 's': take_calls(optarg); break;
		case 'f': f.file = optarg; break;
		case 't':
			f.trace = fopen(optarg, "we");
			if (!f.trace)
				die(optarg);
			break;
		case 'n': f.n = strtoull(optarg, NULL, 10); break;
		case 'c': f.count = strtoull(optarg, NULL, 10); break;
		case 'e': take_error(optarg); break;
		default: usage();
		}
	}
	if (optind >= argc)
		usage();
	slash = strrchr(argv[optind], '/');
	if (!f.program)
		f.program = slash ? slash + 1 : argv[optind];
	begin(argv + optind);
	watch();
}
