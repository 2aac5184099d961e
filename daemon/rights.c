#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/rights.h"

/* The kernel asks for CAP_NET_ADMIN or CAP_NET_RAW; so it is the kernel's word. */
static bool may_mark(uint32_t mark)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool may;

	if (fd < 0)
		return false;
	may = setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0;
	(void)close(fd);
	return may;
}

/* The usual directory may be missing; one that somebody names is a slip. */
static void check_hooks(const struct config *c, struct faults *faults)
{
	if (c->hooks_file && access(c->hooks_directory, F_OK) < 0)
		faults_add(faults, c->hooks_file, c->hooks_line,
			   "directory: %s: %s", c->hooks_directory,
			   strerror(errno));
}

void rights_check(const struct config *c, bool gives_up, struct faults *faults)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		const struct config_source *s = &c->sources[i];

		if (s->fwmark != 0 && (gives_up || !may_mark(s->fwmark)))
			faults_add(faults, s->file, s->line,
				   "source \"%s\": fwmark needs CAP_NET_ADMIN "
				   "or CAP_NET_RAW, which %s", s->name,
				   gives_up ? "-u gives up"
					    : "this process has not");
	}
	check_hooks(c, faults);
}
