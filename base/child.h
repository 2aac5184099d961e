/*
 * child - a program run beside the loop: started, watched, ended, reaped.
 *
 * Knows nothing of what the program is for. The loop must be libev's default
 * loop: only that one reaps children.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <sys/types.h>

struct ev_loop;
struct child;

struct child_options {
	const char *path;  /* executed as it is: no shell, no search */
	char *const *argv;
	char *const *envp; /* the whole environment; NULL: ours */
	int fds[3];        /* become 0, 1, 2; -1: /dev/null. Stay the caller's */
	int extra_fd;      /* becomes descriptor 3; -1: none */
	/*
	 * A process group of its own, which child_signal() and child_free()
	 * then reach as a whole.
	 */
	int own_group;
};

/* status is waitpid()'s. Comes once; the child may be freed in it. */
typedef void child_exited_fn(void *user, int status);

/*
 * Every descriptor above those named is closed in the child; its signal mask,
 * dispositions and slice are the default ones; it is killed when this
 * process dies. 0 and a child that the caller owns, or -errno, also where
 * the program could not be executed.
 */
int child_start(struct ev_loop *loop, const struct child_options *o,
		child_exited_fn *exited, void *user, struct child **ret);

pid_t child_pid(const struct child *c);

/* To the group where it has one. Nothing happens once it has been reaped. */
void child_signal(const struct child *c, int sig);

/* NULL is fine. One that still runs is killed, with its group, and reaped. */
void child_free(struct child *c);

#endif
