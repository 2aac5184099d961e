/*
 * nl_replay - feeds recorded streams to the real monitor.
 *
 * nl_replay [-v] FILE...
 *
 * Tells where the mirror is not what the kernel's tables were after, and
 * then ends with 1. With -v it also prints the mirror after each datagram,
 * and what the recorder was told.
 */
#include "config.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/replay.h"
#include "tests/support/stream.h"

static void tell(const struct replay *r)
{
	char *text = replay_text(r);

	puts(text);
	free(text);
}

static bool replay_file(const char *path, bool verbose)
{
	struct stream s;
	struct replay r;
	char *fault;
	int rc = stream_read(path, &s);

	if (rc < 0)
		errx(1, "%s: %s", path, strerror(-rc));
	replay_start(&r, &s);
	for (size_t i = 0; i < s.n; i++) {
		if (s.frames[i].kind == STREAM_SAID && verbose)
			printf("# %s", (const char *)s.frames[i].data);
		if (s.frames[i].kind != STREAM_HEARD)
			continue;
		replay_hear(&s.frames[i]);
		replay_turn(&r);
		if (verbose)
			tell(&r);
	}
	fault = replay_fault(&r);
	printf("%s: %s\n", path, fault ? fault : "right");
	replay_end(&r);
	free(fault);
	stream_free(&s);
	return fault == NULL;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	int first = verbose ? 2 : 1, failed = 0;

	if (argc <= first)
		errx(64, "usage: nl_replay [-v] FILE...");
	for (int i = first; i < argc; i++)
		failed |= !replay_file(argv[i], verbose);
	return failed;
}
