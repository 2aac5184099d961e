#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <ares.h>
#include <curl/curl.h>
#include <ev.h>
#include <jansson.h>
#include <ldns/ldns.h>

#include "base/file.h"
#include "base/log.h"
#include "base/loop_memory.h"
#include "base/slice.h"
#include "base/str.h"
#include "net/lookup.h"
#include "net/route.h"
#include "notify/core/resolve.h"
#include "notify/core/type.h"
#include "notify/desk/account_read.h"
#include "notify/desk/desk.h"
#include "notify/desk/load.h"
#include "notify/desk/sealed.h"
#include "notify/desk/secret.h"
#include "notify/desk/show.h"
#include "notify/http/http.h"

#define LOOKUP_TIMEOUT_MS 2000
#define LOOKUP_TRIES 2

struct options {
	bool list;        /* --list-providers */
	const char *show; /* --show-provider */
	const char *config;
	bool load;
	int sealed; /* -1: none */
	bool verbose, dry_run;
};

enum long_option { OPTION_LOAD = 256, OPTION_SEALED, OPTION_DRY_RUN,
		   OPTION_GROUP, OPTION_LIST, OPTION_SHOW };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "load", no_argument, NULL, OPTION_LOAD },
	{ "sealed", required_argument, NULL, OPTION_SEALED },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "group", required_argument, NULL, OPTION_GROUP },
	{ "list-providers", no_argument, NULL, OPTION_LIST },
	{ "show-provider", required_argument, NULL, OPTION_SHOW },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *to)
{
	(void)fputs("usage: evddns-notify [-nv] [--group GID] -c FILE\n"
		    "       evddns-notify --load [--group GID] -c FILE\n"
		    "       evddns-notify [-nv] --sealed FD\n"
		    "       evddns-notify --list-providers | --show-provider "
		    "TYPE [-c FILE]\n"
		    "Reads one job per line, as JSON, and answers each by a "
		    "line: evddns-notify(8).\n"
		    "  -c, --config FILE  where the accounts are\n"
		    "  -n, --dry-run      print requests instead of sending "
		    "them\n"
		    "  -v, --verbose      trace requests and answers\n"
		    "      --load         check the accounts and list them\n"
		    "      --sealed FD    take checked accounts from FD\n"
		    "      --group GID    a group that secret files may have\n"
		    "  -V, --version      -h, --help\n", to);
}

static void version(void)
{
	(void)printf("evddns-notify %s\ntypes:", PACKAGE_VERSION);
	for (size_t i = 0; types[i]; i++)
		(void)printf(" %s", types[i]->name);
	(void)printf(", and those of --list-providers\n%s\nldns %s\nc-ares %s\nlibev %d.%d\njansson %s\n",
		     curl_version(), ldns_version(), ares_version(NULL),
		     ev_version_major(), ev_version_minor(), JANSSON_VERSION);
}

/* Secrets pass through jansson's memory. */
static void wiping_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/*
 * Requests and what is sealed are built of JSON. A value that there was no
 * memory for would be missing there: rather no process than a wrong update.
 * The daemon starts another one, and asks DNS what this one has done.
 */
static void *needed_malloc(size_t size)
{
	void *p = malloc(size);

	if (!p) {
		log_error("out of memory");
		_exit(EX_OSERR);
	}
	return p;
}

/* Nothing of the secrets may end in a core file or a debugger. */
static void hide(void)
{
	const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	json_set_alloc_funcs(needed_malloc, wiping_free);
}

static bool take_number(int option, struct options *o)
{
	uint32_t n;

	if (str_to_u32(optarg, INT32_MAX, &n) < 0)
		return false;
	if (option == OPTION_SEALED)
		o->sealed = (int)n;
	else
		secret_allow_group((gid_t)n);
	return true;
}

/* One source of accounts, or a type to be shown. */
static bool is_complete(const struct options *o)
{
	if (o->list || o->show)
		return true;
	return (o->config != NULL) != (o->sealed >= 0) &&
	       (o->config || !o->load);
}

/* -1 to go on, else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){ .sealed = -1 };
	while ((c = getopt_long(argc, argv, "c:nvVh", long_options, NULL)) !=
	       -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'n':
		case OPTION_DRY_RUN:
			o->dry_run = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case OPTION_LOAD:
			o->load = true;
			break;
		case OPTION_LIST:
			o->list = true;
			break;
		case OPTION_SHOW:
			o->show = optarg;
			break;
		case OPTION_SEALED:
		case OPTION_GROUP:
			if (take_number(c, o))
				break;
			usage(stderr);
			return EX_USAGE;
		case 'V':
			version();
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind < argc || !is_complete(o)) {
		usage(stderr);
		return EX_USAGE;
	}
	return -1;
}

static int take_sealed(int fd, struct accounts *as)
{
	int r = sealed_read(fd, as);

	(void)close(fd);
	if (r == 0)
		return 0;
	log_error("descriptor %d: %s", fd,
		  r == -EPERM ? "not sealed" : "no accounts");
	return EX_DATAERR;
}

static int take_config(const char *path, struct accounts *as)
{
	struct faults faults = { .n = 0 };
	char text[1024];
	int r = account_read_file(path, as, &faults);
	bool failed = faults.failed;

	faults_sort(&faults);
	for (size_t i = 0; i < faults.n; i++)
		(void)fprintf(stderr, "%s\n", faults_print(&faults.items[i],
							   text,
							   sizeof(text)));
	faults_done(&faults);
	if (r == -ENOMEM)
		log_error("out of memory");
	if (r == 0)
		return 0;
	return failed || r == -ENOMEM ? EX_OSERR : EX_CONFIG;
}

static bool wants_http(const struct accounts *as)
{
	for (size_t i = 0; i < as->n; i++)
		if (as->items[i].type->http)
			return true;
	return false;
}

static int serve(struct engine *e, struct accounts *as)
{
	const struct lookups *l = &as->lookups;
	const struct lookup_options lo = {
		.servers = (const char *const *)l->servers,
		.n_servers = l->n_servers,
		.timeout_ms = l->timeout_ms ? l->timeout_ms : LOOKUP_TIMEOUT_MS,
		.tries = l->tries ? l->tries : LOOKUP_TRIES,
	};
	struct desk *d = NULL;
	int r = lookup_new(e->loop, &lo, &e->lookup);

	if (r == 0)
		r = resolve_new(e->lookup, &e->resolve);
	/* Without it sources count everywhere: egress_for(). */
	if (r == 0 && route_open(&e->route) < 0)
		log_warning("no netlink: every job leaves as it says");
	e->ioctl_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (r == 0 && wants_http(as))
		r = http_need(e->loop, &e->http);
	if (r == 0)
		r = desk_new(e, as, STDIN_FILENO, STDOUT_FILENO, &d);
	if (r == 0) {
		(void)ev_run(e->loop, 0);
		r = desk_status(d);
	}
	desk_free(d);
	http_free(e->http);
	resolve_free(e->resolve);
	lookup_free(e->lookup);
	route_close(e->route);
	if (e->ioctl_fd >= 0)
		(void)close(e->ioctl_fd);
	if (r < 0)
		log_error("%s", strerror(-r));
	return r == 0 ? 0 : EX_IOERR;
}

int main(int argc, char **argv)
{
	struct accounts as = { .n = 0 };
	struct engine e = { .ioctl_fd = -1 };
	struct options o;
	int status = file_open_standard() < 0 ? EX_OSERR
					      : parse(argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.list)
		return show_list(o.config);
	if (o.show)
		return show_type(o.config, o.show);
	hide();
	log_start_as_told("evddns-notify",
			  o.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (o.load)
		return load_run(o.config, STDOUT_FILENO);
	if (o.sealed >= 0)
		status = take_sealed(o.sealed, &as);
	else
		status = take_config(o.config, &as);
	if (status == 0) {
		(void)slice_ask_short();
		e.trace = o.verbose;
		e.dry_run = o.dry_run;
		loop_memory_guard("evddns-notify");
		e.loop = ev_default_loop(EVFLAG_AUTO);
		status = e.loop ? serve(&e, &as) : EX_OSERR;
	}
	accounts_done(&as);
	return status;
}
