/*
 * The resolver against a real name server, found through DNS on port 53, in
 * a network namespace of its own. The server is its own "local resolver":
 * it holds every zone that is looked for.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ev.h>

#include "net/route.h"
#include "resolver/resolver.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define KNOTD	"/usr/sbin/knotd"
#define READY_S 10.

static char dir[] = "/tmp/check_resolver_knot.XXXXXX";
static pid_t owner, knot;

static void skip(const char *why)
{
	(void)fprintf(stderr, "skipped: %s\n", why);
	exit(77);
}

static bool put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	return (!f || fclose(f) == 0) && ok;
}

/* A namespace of this process and its children, loopback up. */
static void enter(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	unsigned int uid = getuid(), gid = getgid();
	char map[32];
	int fd;

	if (unshare(CLONE_NEWNET) < 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			skip("no rights to make a network namespace");
		(void)put_file("/proc/self/setgroups", "deny");
		(void)snprintf(map, sizeof(map), "0 %u 1", uid);
		(void)put_file("/proc/self/uid_map", map);
		(void)snprintf(map, sizeof(map), "0 %u 1", gid);
		(void)put_file("/proc/self/gid_map", map);
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		skip("loopback cannot be brought up");
	(void)close(fd);
}

static void put_zone(const char *name, const char *text)
{
	static char zone[16384];
	char path[128];
	size_t at = 0;

	at += (size_t)snprintf(zone, sizeof(zone),
			       "$ORIGIN %s.\n$TTL 60\n"
			       "@ SOA ns1.example. host.example. 1 60 60 600 60\n"
			       "@ NS ns1.example.\n@ NS ns2.example.\n%s",
			       name, text);
	if (strcmp(name, "example") == 0)
		for (int i = 1; i <= 40; i++)
			at += (size_t)snprintf(zone + at, sizeof(zone) - at,
					       "many A 192.0.2.%d\n"
					       "many A 198.51.100.%d\n"
					       "many A 203.0.113.%d\n",
					       i, i, i);
	(void)snprintf(path, sizeof(path), "%s/%s.zone", dir, name);
	if (!put_file(path, zone))
		skip("no room for the server's files");
}

static void put_config(void)
{
	char text[2048], path[128];

	(void)snprintf(text, sizeof(text),
		       "server:\n"
		       "  rundir: %s\n"
		       "  listen: [ 127.0.0.53@53, 127.0.0.54@53, ::1@53 ]\n"
		       "log:\n  - target: stderr\n    any: error\n"
		       "database:\n  storage: %s\n"
		       "template:\n  - id: default\n    storage: %s\n"
		       "    file: %%s.zone\n    zonefile-load: whole\n"
		       "    journal-content: none\n"
		       "zone:\n  - domain: example\n  - domain: sub.example\n",
		       dir, dir, dir);
	(void)snprintf(path, sizeof(path), "%s/knot.conf", dir);
	if (!put_file(path, text))
		skip("no room for the server's files");
}

static void clean_up(void)
{
	char command[160];

	if (getpid() != owner)
		return;
	if (knot > 0) {
		(void)kill(knot, SIGKILL);
		(void)waitpid(knot, NULL, 0);
	}
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	(void)!system(command);
}

static void run_knot(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/knot.conf", dir);
	knot = fork();
	if (knot == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl(KNOTD, KNOTD, "-c", path, (char *)NULL);
		_exit(127);
	}
}

/* ---- */

struct result {
	int done;
	int status;
	char zone[256];
	size_t n;
	enum resolver_outcome outcome; /* of all the same, else: */
	bool mixed;
	size_t n_addrs;
	char addr[ADDR_STRLEN];
};

static struct ev_loop *loop;
static struct route *route;
static struct resolver *resolver;

static void teardown(void)
{
	resolver_free(resolver);
	route_close(route);
	ev_loop_destroy(loop);
}

static void checked(void *user, const struct resolver_answer *a)
{
	struct result *r = user;

	r->done++;
	r->status = a->status;
	(void)snprintf(r->zone, sizeof(r->zone), "%s", a->zone ? a->zone : "-");
	r->n = a->n_servers;
	for (size_t i = 0; i < a->n_servers; i++) {
		const struct resolver_server *s = &a->servers[i];

		if (i > 0 && s->outcome != r->outcome)
			r->mixed = true;
		r->outcome = s->outcome;
		r->n_addrs = s->n_addrs;
		if (s->n_addrs > 0)
			addr_print(&s->addrs[0], r->addr);
	}
}

static void check(const char *name, int family, struct result *r)
{
	struct resolver_question q = { .name = name, .family = family };

	memset(r, 0, sizeof(*r));
	ck_assert_int_gt(resolver_check(resolver, &q, checked, r), 0);
	ck_assert(wait_for(loop, &r->done, 1, 20));
}

/* The server takes a moment to start: it is asked until it answers. */
static void setup(void)
{
	static const char *const servers[] = { "127.0.0.53" };
	struct resolver_options o = { .servers = servers, .n_servers = 1,
				      .timeout_ms = 2000, .tries = 3 };

	ev_tstamp begun;
	struct result r;

	loop = ev_loop_new(0);
	ck_assert_int_eq(route_open(&route), 0);
	o.route = route;
	ck_assert_int_eq(resolver_new(loop, &o, &resolver), 0);
	begun = ev_time();
	do
		check("ns1.example", AF_INET, &r);
	while (r.status < 0 && ev_time() - begun < READY_S);
	ck_assert_msg(r.status == 0, "knotd does not answer");
}

static const struct row {
	const char *name;
	int family;
	int status;
	const char *zone;
	enum resolver_outcome outcome;
	size_t n_addrs;
	const char *addr;
} rows[] = {
	{ "home.example", AF_INET, 0, "example", RESOLVER_ANSWERED, 1,
	  "192.0.2.7" },
	{ "home.example", AF_INET6, 0, "example", RESOLVER_ANSWERED, 1,
	  "2001:db8::7" },
	{ "four.example", AF_INET6, 0, "example", RESOLVER_ANSWERED, 0, "" },
	{ "absent.example", AF_INET, 0, "example", RESOLVER_ANSWERED, 0, "" },
	{ "many.example", AF_INET, 0, "example", RESOLVER_ANSWERED, 64, NULL },
	{ "alias.example", AF_INET, 0, "example", RESOLVER_CNAME, 0, "" },
	{ "out.example", AF_INET, 0, "example", RESOLVER_CNAME, 0, "" },
	{ "any.wild.example", AF_INET, 0, "example", RESOLVER_ANSWERED, 1,
	  "192.0.2.8" },
	{ "ent.example", AF_INET, 0, "example", RESOLVER_ANSWERED, 0, "" },
	{ "example", AF_INET, 0, "example", RESOLVER_ANSWERED, 0, "" },
	{ "a.sub.example", AF_INET, 0, "sub.example", RESOLVER_ANSWERED, 1,
	  "192.0.2.9" },
	{ "sub.example", AF_INET, 0, "sub.example", RESOLVER_ANSWERED, 0, "" },
	{ "elsewhere.test", AF_INET, -EREMOTEIO, NULL, RESOLVER_SILENT, 0,
	  NULL },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct result r;

	check(row->name, row->family, &r);
	ck_assert_msg(r.status == row->status, "%s: %s", row->name,
		      strerror(-r.status));
	if (r.status < 0)
		return;
	ck_assert_str_eq(r.zone, row->zone);
	ck_assert_uint_eq(r.n, 3); /* ns1 by IPv4 and IPv6, ns2 */
	ck_assert(!r.mixed);
	ck_assert_msg(r.outcome == row->outcome, "%s: %d", row->name,
		      (int)r.outcome);
	ck_assert_uint_eq(r.n_addrs, row->n_addrs);
	if (row->addr)
		ck_assert_str_eq(r.addr, row->addr);
	ck_assert_str_eq(r.zone, row->zone);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("resolver_knot");
	TCase *tc = tcase_create("knot");

	if (access(KNOTD, X_OK) < 0)
		skip(KNOTD " is missing");
	enter();
	owner = getpid();
	if (!mkdtemp(dir))
		skip("no temporary directory");
	(void)atexit(clean_up);
	put_zone("example", "ns1 A 127.0.0.53\nns1 AAAA ::1\n"
			    "ns2 A 127.0.0.54\nhome A 192.0.2.7\n"
			    "home AAAA 2001:db8::7\nfour A 192.0.2.4\n"
			    "alias CNAME home\nout CNAME www.elsewhere.test.\n"
			    "*.wild A 192.0.2.8\na.ent A 192.0.2.5\n"
			    "sub NS ns1\nsub NS ns2\n");
	put_zone("sub.example", "a A 192.0.2.9\n");
	put_config();
	run_knot();

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	suite_add_tcase(s, tc);
	return s;
}
