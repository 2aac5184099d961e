#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/paths.h"

/* The folder of the running program; "" where it cannot be told. */
static void program_folder(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	if (slash)
		*slash = '\0';
}

/* The first of FOLDER/beside[…] that is there, else the fallback. */
static char *find_beside(const char *const beside[], int mode,
			 const char *fallback)
{
	char folder[PATH_MAX];

	program_folder(folder);
	for (size_t i = 0; folder[0] && beside[i]; i++) {
		char *path = str_dupf("%s/%s", folder, beside[i]);

		if (path && access(path, mode) == 0)
			return path;
		free(path);
	}
	return str_dup(fallback);
}

/* The service manager may give several, with colons between: the first. */
static char *find_given(const char *variable, const char *within,
			const char *fallback)
{
	const char *given = getenv(variable);
	int len = given ? (int)strcspn(given, ":") : 0;

	return len > 0 ? str_dupf("%.*s%s", len, given, within)
		       : str_dup(fallback);
}

int paths_find(struct paths *ret)
{
	static const char *const notify[] = {
		"../libexec/evddns/evddns-notify",
		"../notify/evddns-notify", /* the build tree */
		NULL,
	};
	static const char *const reflectors[] = {
		"../share/evddns/reflectors.conf",
		NULL,
	};
	struct paths p = { 0 };

	p.sysconfdir = str_dup(EVDDNS_SYSCONFDIR);
	p.config = str_dup(EVDDNS_SYSCONFDIR "/evddns.conf");
	p.notify = find_beside(notify, X_OK,
			       EVDDNS_LIBEXECDIR "/evddns-notify");
	p.reflectors = access(EVDDNS_SYSCONFDIR "/reflectors.conf", R_OK) == 0
			       ? str_dup(EVDDNS_SYSCONFDIR "/reflectors.conf")
			       : find_beside(reflectors, R_OK,
					     EVDDNS_DATADIR
					     "/reflectors.conf");
	p.state_dir = find_given("STATE_DIRECTORY", "", EVDDNS_STATEDIR);
	p.control = find_given("RUNTIME_DIRECTORY", "/control",
			       EVDDNS_RUNDIR "/control");
	if (!p.sysconfdir || !p.config || !p.notify || !p.reflectors ||
	    !p.state_dir || !p.control) {
		paths_done(&p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

int paths_replace(char **path, const char *with)
{
	char *copy;

	if (!with)
		return 0;
	copy = str_dup(with);
	if (!copy)
		return -ENOMEM;
	free(*path);
	*path = copy;
	return 0;
}

void paths_done(struct paths *p)
{
	free(p->config);
	free(p->sysconfdir);
	free(p->notify);
	free(p->reflectors);
	free(p->state_dir);
	free(p->control);
	*p = (struct paths){ 0 };
}
