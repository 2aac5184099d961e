#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ev.h>

#include "net/dns_msg.h"
#include "resolver/inquiry.h"
#include "resolver/natpmp.h"
#include "resolver/resolver.h"
#include "tests/support/fake_dns.h"
#include "tests/support/fake_egress.h"
#include "tests/support/fake_udp.h"
#include "tests/support/netns.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

/* The candidate; what leaves from it is seen as itself. */
#define OURS   "127.0.0.1"
#define PUBLIC "5.6.7.9"

static const struct fake_dns_rule rules[] = {
	{ .name = "ours.example", .type = DNS_TXT, .flags = FAKE_AA,
	  .records = "an @ 1 TXT " OURS },
	{ .name = "public.example", .type = DNS_A, .flags = FAKE_AA,
	  .records = "an @ 1 A " PUBLIC },
	{ .name = "private.example", .type = DNS_A, .flags = FAKE_AA,
	  .records = "an @ 1 A 192.168.1.1" },
	{ .name = "other.example", .type = DNS_TXT, .flags = FAKE_AA,
	  .records = "an @ 1 TXT 2a0a:600::1" },
	{ .name = "noaa.example", .type = DNS_A, .flags = FAKE_RA,
	  .records = "an @ 1 A " PUBLIC },
	{ .name = "deaf.example", .flags = FAKE_SILENT },
	{ .name = "server.example", .type = DNS_A,
	  .records = "an @ 60 A 127.0.0.1" },
	{ .name = "nowhere.example", .rcode = DNS_NXDOMAIN },
};

static struct ev_loop *loop;
static struct resolver *resolver;
static struct fake_dns *dns;
static struct fake_udp *stun, *router;
static struct inquiry inquiry;
static const char *said_by_router; /* NULL: it has no address */

static struct {
	int done;
	int status;
	bool no_public;
	char addr[ADDR_STRLEN];
	char why[REFLECTOR_WHY_SIZE];
} result;

/* ---- who fetches ---- */

static struct {
	int started, cancelled;
	int error;
	struct resolver_fetch what;
	char pointer[32];
	resolver_fetched_fn *done;
	void *user;
} fetcher;

static int fetch_start(void *owner, const struct resolver_fetch *f,
		       resolver_fetched_fn *done, void *user)
{
	ck_assert_ptr_eq(owner, &fetcher);
	if (fetcher.error < 0)
		return fetcher.error;
	fetcher.what = *f;
	(void)snprintf(fetcher.pointer, sizeof(fetcher.pointer), "%s",
		       f->pointer ? f->pointer : "-");
	fetcher.done = done;
	fetcher.user = user;
	return ++fetcher.started;
}

static void fetch_cancel(void *owner, int id)
{
	ck_assert_ptr_eq(owner, &fetcher);
	ck_assert_int_eq(id, fetcher.started);
	fetcher.cancelled++;
}

static const struct resolver_fetcher fetches = {
	&fetcher, fetch_start, fetch_cancel,
};

/* ---- who answers ---- */

static size_t stun_answer(void *user, struct fake_udp *f, unsigned int nth,
			  const uint8_t *data, size_t len,
			  uint8_t out[FAKE_UDP_SIZE])
{
	static const uint8_t value[] = { 0x00, 0x20, 0, 8, 0, 1, 0x12, 0x34,
					 0x24, 0x14, 0xa3, 0x4b };

	(void)user;
	(void)f;
	(void)nth;
	ck_assert_uint_eq(len, STUN_REQUEST_SIZE);
	memcpy(out, data, STUN_HEADER_SIZE);
	out[0] = 1;
	out[1] = 1;
	out[3] = sizeof(value);
	memcpy(out + STUN_HEADER_SIZE, value, sizeof(value));
	return STUN_HEADER_SIZE + sizeof(value);
}

static size_t router_answer(void *user, struct fake_udp *f, unsigned int nth,
			    const uint8_t *data, size_t len,
			    uint8_t out[FAKE_UDP_SIZE])
{
	struct addr a = { 0 };

	(void)user;
	(void)f;
	(void)nth;
	ck_assert_uint_eq(len, NATPMP_REQUEST_SIZE);
	(void)data;
	if (said_by_router)
		ck_assert_int_eq(addr_parse(said_by_router, &a), 0);
	memcpy(out, "\0\x80\0\0\0\0\0\1", 8);
	memcpy(out + 8, a.bytes, 4);
	return 12;
}

static void setup(void)
{
	const char *servers[1];
	struct resolver_options o = { .timeout_ms = 5000, .tries = 2,
				      .n_servers = 1, .fetcher = &fetches };

	netns_enter(); /* the router's port is a fixed one */
	loop = ev_loop_new(0);
	dns = fake_dns_new(loop, "127.0.0.1", 0, rules, SUITE_COUNT(rules));
	stun = fake_udp_new(loop, "127.0.0.1", 0, stun_answer, NULL);
	router = fake_udp_new(loop, "127.0.0.1", NATPMP_PORT, router_answer,
			      NULL);
	servers[0] = fake_dns_text(dns);
	o.servers = servers;
	ck_assert_int_eq(resolver_new(loop, &o, &resolver), 0);
	fake_egress_failures = 0;
}

static void teardown(void)
{
	inquiry_stop(&inquiry);
	resolver_free(resolver);
	fake_dns_free(dns);
	fake_udp_free(stun);
	fake_udp_free(router);
	ev_loop_destroy(loop);
}

static void told(void *user, const struct inquiry_reply *reply)
{
	ck_assert_ptr_eq(user, &result);
	result.done++;
	result.status = reply->status;
	result.no_public = reply->no_public;
	if (reply->status == 0)
		addr_print(&reply->addr, result.addr);
	else
		(void)snprintf(result.why, sizeof(result.why), "%s",
			       reply->why);
	inquiry_stop(&inquiry);
}

/* '%' in text is a port: of the name server, or of the STUN server. */
static int start(const char *text, const char *candidate, const char *gateway,
		 uint32_t timeout_ms)
{
	static struct reflector reflector;
	static char full[128];
	struct inquiry_question q = { .text = full, .reflector = &reflector,
				      .timeout_ms = timeout_ms };
	uint16_t port = strncmp(text, "stun", 4) == 0 ? fake_udp_port(stun)
						       : fake_dns_port(dns);
	const char *mark = strchr(text, '%');

	if (mark)
		(void)snprintf(full, sizeof(full), "%.*s%u%s",
			       (int)(mark - text), text, port, mark + 1);
	else
		(void)snprintf(full, sizeof(full), "%s", text);
	ck_assert_msg(reflector_parse(full, &reflector) == 0, "%s", full);
	ck_assert_int_eq(addr_parse(candidate, &q.candidate), 0);
	if (gateway)
		ck_assert_int_eq(addr_parse(gateway, &q.gateway), 0);
	if (q.candidate.family == AF_INET)
		q.egress.source = q.candidate;
	return inquiry_start(&inquiry, resolver, &q, told, &result,
			     result.why);
}

static const struct row {
	const char *name;
	const char *text, *candidate, *gateway;
	int status;       /* -EINVAL… also where it cannot even be asked */
	const char *said; /* the address, or a part of the reason */
	const char *by_router;
	bool no_public;
} rows[] = {
	{ "ourselves", "dns:ours.example@127.0.0.1:%/TXT", OURS, NULL, 0,
	  OURS, NULL, false },
	{ "another", "dns:public.example@127.0.0.1:%/A", OURS, NULL, 0,
	  PUBLIC, NULL, false },
	{ "a server by its name", "dns:public.example@server.example:%/A",
	  OURS, NULL, 0, PUBLIC, NULL, false },
	{ "a server that nobody knows",
	  "dns:public.example@nowhere.example:%/A", OURS, NULL, -ENOENT,
	  "its server's address is not known", NULL, false },
	{ "a private one", "dns:private.example@127.0.0.1:%/A", OURS, NULL,
	  -EPERM, "not a public address: 192.168.1.1", NULL, false },
	{ "one of the other family", "dns:other.example@127.0.0.1:%/TXT",
	  OURS, NULL, -EAFNOSUPPORT, "other family", NULL, false },
	{ "without authority", "dns:noaa.example@127.0.0.1:%/A", OURS, NULL,
	  -EPERM, "intercepted?", NULL, false },
	{ "no answer", "dns:deaf.example@127.0.0.1:%/A", OURS, NULL,
	  -ETIMEDOUT, "timed out", NULL, false },
	{ "a server of the other family", "dns:ours.example@[::1]:53/TXT",
	  OURS, NULL, -EAFNOSUPPORT, "not for this family", NULL, false },
	{ "STUN", "stun:127.0.0.1:%", OURS, NULL, 0, PUBLIC, NULL, false },
	{ "STUN by name", "stun:server.example:%", OURS, NULL, 0, PUBLIC, NULL,
	  false },
	{ "STUN that nobody knows", "stun:nowhere.example:%", OURS, NULL,
	  -ENOENT, "its server's address is not known", NULL, false },
	{ "the router", "nat-pmp", OURS, "127.0.0.1", 0, PUBLIC, PUBLIC,
	  false },
	{ "the router behind another NAT", "nat-pmp", OURS, "127.0.0.1",
	  -EPERM, "not a public address: 100.64.3.4", "100.64.3.4", true },
	{ "the router with no address", "nat-pmp", OURS, "127.0.0.1", -EPERM,
	  "", NULL, true },
	{ "no router", "nat-pmp", OURS, NULL, -EHOSTUNREACH,
	  "there is no router", NULL, false },
	{ "no NAT there", "pcp", "2a0a:600::5", "fe80::1", -EAFNOSUPPORT,
	  "not for this family", NULL, false },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	int fds = wait_open_fds(), rc;

	said_by_router = r->by_router;
	rc = start(r->text, r->candidate, r->gateway,
		   r->status == -ETIMEDOUT ? 40 : 5000);
	ck_assert_int_eq(result.done, 0);
	if (rc == 0) {
		ck_assert_msg(wait_for(loop, &result.done, 1, 10), "%s: hangs",
			      r->name);
		rc = result.status;
	}
	ck_assert_msg(rc == r->status, "%s: %s (%s)", r->name, strerror(-rc),
		      result.why);
	if (rc == 0)
		ck_assert_str_eq(result.addr, r->said);
	else
		ck_assert_msg(strstr(result.why, r->said), "%s: %s", r->name,
			      result.why);
	ck_assert(result.no_public == r->no_public);
	inquiry_stop(&inquiry);
	ck_assert_int_eq(wait_open_fds(), fds);
}
END_TEST

/* ---- pages ---- */

static const struct page {
	const char *name;
	const char *text;
	int status;
	const char *body; /* or why not */
	int want;
	const char *said;
	const char *pointer;
} pages[] = {
	{ "an address", "https://echo.example/", 0, PUBLIC, 0, PUBLIC, "-" },
	{ "of a JSON answer", "https://echo.example/#/you/ip", 0, PUBLIC, 0,
	  PUBLIC, "/you/ip" },
	{ "IPv6", "https://echo.example/", 0, "2a0a:600::1", -EAFNOSUPPORT,
	  "other family", "-" },
	{ "more than an address", "https://echo.example/", 0, PUBLIC " !",
	  -EBADMSG, "not an address", "-" },
	{ "a page", "https://echo.example/", 0, "<html>", -EBADMSG,
	  "not an address", "-" },
	{ "nothing", "https://echo.example/", 0, "", -EBADMSG,
	  "not an address", "-" },
	{ "private", "https://echo.example/", 0, "10.0.0.7", -EPERM,
	  "not a public address", "-" },
	{ "no page", "https://echo.example/", -EREMOTEIO, "HTTP 503",
	  -EREMOTEIO, "HTTP 503", "-" },
};

START_TEST(test_page)
{
	const struct page *p = &pages[_i];

	ck_assert_int_eq(start(p->text, OURS, NULL, 5000), 0);
	ck_assert_int_eq(fetcher.started, 1);
	ck_assert_uint_eq(fetcher.what.url_len, strlen("https://echo.example/"));
	ck_assert_str_eq(fetcher.pointer, p->pointer);
	ck_assert_int_eq(fetcher.what.family, AF_INET);
	ck_assert_int_eq(result.done, 0);
	fetcher.done(fetcher.user, p->status, p->body);
	ck_assert_int_eq(result.done, 1);
	ck_assert_int_eq(result.status, p->want);
	if (p->want == 0)
		ck_assert_str_eq(result.addr, p->said);
	else
		ck_assert_msg(strstr(result.why, p->said), "%s: %s", p->name,
			      result.why);
	ck_assert_int_eq(fetcher.cancelled, 0);
}
END_TEST

START_TEST(test_nobody_who_fetches)
{
	fetcher.error = -EMFILE;
	ck_assert_int_eq(start("https://echo.example/", OURS, NULL, 5000),
			 -EMFILE);
	resolver_free(resolver);
	ck_assert_int_eq(resolver_new(loop, &(struct resolver_options){ 0 },
				      &resolver), 0);
	ck_assert_int_eq(start("https://echo.example/", OURS, NULL, 5000),
			 -EOPNOTSUPP);
	ck_assert_str_eq(result.why, "nobody here can fetch it");
}
END_TEST

/* Stopped at whatever it is: nobody is told, and nothing stays open. */
START_TEST(test_stopped)
{
	static const char *const texts[] = {
		"dns:deaf.example@127.0.0.1:%/A",
		"dns:public.example@server.example:%/A",
		"stun:127.0.0.1:%", "stun:server.example:%", "nat-pmp",
		"https://echo.example/",
	};
	int fds = wait_open_fds(), never = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(start(texts[i], OURS, "127.0.0.1", 50), 0);
		inquiry_stop(&inquiry);
		inquiry_stop(&inquiry);
		ck_assert_int_eq(wait_open_fds(), fds);
	}
	ck_assert_int_eq(fetcher.cancelled, 1);
	(void)wait_for(loop, &never, 1, .1);
	ck_assert_int_eq(result.done, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("inquiry");
	TCase *tc = tcase_create("rows");

	netns_or_skip();
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_page, 0, SUITE_COUNT(pages));
	tcase_add_test(tc, test_nobody_who_fetches);
	tcase_add_test(tc, test_stopped);
	suite_add_tcase(s, tc);
	return s;
}
