#include "config.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>

#include "base/clock.h"
#include "resolver/confirm.h"
#include "resolver/natpmp.h"
#include "resolver/pcp.h"
#include "tests/support/fake_udp.h"
#include "tests/support/netns.h"
#include "tests/support/suite.h"
#include "tests/support/wait.h"

#define IP(...) ck_assert_int_eq(netns_ip(__VA_ARGS__), 0)
#define GATEWAY "192.0.2.1"

static struct ev_loop *loop;
static struct fake_udp *port;
static struct resolver_watch *watch;
static int speaker = -1;

static struct {
	bool natpmp, pcp; /* what it speaks; neither: it is silent */
	uint8_t addr[4];  /* all zero: it has none */
	uint32_t epoch_s;
	unsigned int by_natpmp, by_pcp; /* questions; takings back do not count */
} router;

static struct {
	int n;
	struct resolver_router_word last;
	char addr[ADDR_STRLEN];
} words;

static void put_epoch(uint8_t *out)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(router.epoch_s >> (24 - 8 * i));
}

static size_t answer(void *user, struct fake_udp *f, unsigned int nth,
		     const uint8_t *data, size_t len,
		     uint8_t out[FAKE_UDP_SIZE])
{
	bool has = router.addr[0] != 0;

	(void)user;
	(void)f;
	(void)nth;
	if (len == NATPMP_REQUEST_SIZE) {
		router.by_natpmp++;
		memcpy(out, "\0\x80\0\0", 4);
		out[3] = router.natpmp ? has ? 0 : 3 : 1;
		put_epoch(out + 4);
		memcpy(out + 8, router.addr, 4);
		return router.natpmp || router.pcp ? 12 : 0;
	}
	ck_assert_uint_eq(len, PCP_REQUEST_SIZE);
	if (data[7] == 0)
		return 0;
	router.by_pcp++;
	memcpy(out, data, PCP_REQUEST_SIZE);
	out[1] |= 0x80;
	out[3] = has ? 0 : 7;
	put_epoch(out + 8);
	memset(out + 12, 0, 12);
	memset(out + 44, 0, 10);
	out[54] = out[55] = 0xff;
	memcpy(out + 56, router.addr, 4);
	return router.pcp ? PCP_REQUEST_SIZE : 0;
}

static void news(void *user, const struct resolver_router_word *word)
{
	ck_assert_ptr_eq(user, &words);
	words.n++;
	words.last = *word;
	addr_print(&word->addr, words.addr);
}

static void setup(void)
{
	struct resolver_watch_options o = { .gateway = { 0 } };
	struct ip_mreqn m = { 0 };

	netns_enter();
	IP("link add w0 type veth peer name p0");
	IP("link set p0 up");
	IP("link set w0 up");
	IP("addr add %s/24 dev w0", GATEWAY);
	loop = ev_loop_new(0);
	memset(&router, 0, sizeof(router));
	memset(&words, 0, sizeof(words));
	router.natpmp = true;
	memcpy(router.addr, "\5\6\7\5", 4);
	router.epoch_s = 1000;
	port = fake_udp_new(loop, GATEWAY, NATPMP_PORT, answer, NULL);
	ck_assert_int_eq(addr_parse(GATEWAY, &o.gateway), 0);
	o.ifindex = (int)if_nametoindex("w0");
	o.egress.source = o.gateway;
	ck_assert_int_eq(resolver_watch_new(loop, &o, news, &words, &watch),
			 0);
	speaker = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	m.imr_ifindex = o.ifindex;
	ck_assert_int_eq(setsockopt(speaker, IPPROTO_IP, IP_MULTICAST_IF, &m,
				    sizeof(m)), 0);
}

static void teardown(void)
{
	resolver_watch_free(watch);
	fake_udp_free(port);
	(void)close(speaker);
	ev_loop_destroy(loop);
}

/* As the router, or anybody on its link: it is the same. */
static void announce(void)
{
	static const uint8_t forged[] = "\0\x80\0\0\0\0\0\x01\6\6\6\6";
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(5350),
		.sin_addr = { .s_addr = htonl(INADDR_ALLHOSTS_GROUP) },
	};

	ck_assert_int_eq(sendto(speaker, forged, 12, 0, (struct sockaddr *)&to,
				sizeof(to)), 12);
}

static void word(int n)
{
	ck_assert_msg(wait_for(loop, &words.n, n, 10), "word %d of %d",
		      words.n, n);
}

static void quiet(double seconds)
{
	int n = words.n;

	(void)wait_for(loop, &words.n, n + 1, seconds);
	ck_assert_int_eq(words.n, n);
}

START_TEST(test_asked)
{
	struct addr own;

	ck_assert(!resolver_watch_speaks(watch, &own));
	resolver_watch_ask(watch);
	ck_assert_int_eq(words.n, 0);
	word(1);
	ck_assert_str_eq(words.addr, "5.6.7.5");
	ck_assert(words.last.changed && !words.last.lost);
	ck_assert_uint_eq(words.last.heard_ns, 0);
	ck_assert(resolver_watch_speaks(watch, &own));
	ck_assert(addr_equal(&own, &words.last.addr));
	/* The same once more is no change. */
	router.epoch_s++;
	resolver_watch_ask(watch);
	word(2);
	ck_assert(!words.last.changed && !words.last.lost);
	/* Started anew: its clock stands before what it was. */
	router.epoch_s = 3;
	resolver_watch_ask(watch);
	word(3);
	ck_assert(!words.last.changed && words.last.lost);
}
END_TEST

/* What is announced leads to a question, and the answer to it counts. */
START_TEST(test_announced)
{
	uint64_t before_ns = clock_mono_ns();

	announce();
	word(1);
	ck_assert_str_eq(words.addr, "5.6.7.5");
	ck_assert_uint_ge(words.last.heard_ns, before_ns);
	ck_assert_uint_le(words.last.heard_ns, clock_mono_ns());
	ck_assert_uint_eq(router.by_natpmp, 1);
}
END_TEST

/* A flood leads to one question, and to another after a second. */
START_TEST(test_flood)
{
	ev_tstamp begun;

	announce();
	word(1);
	begun = ev_time();
	for (int i = 0; i < 50; i++) {
		announce();
		(void)wait_for(loop, &words.n, 2, .002);
	}
	if (ev_time() - begun < .9)
		ck_assert_uint_eq(router.by_natpmp, 1);
	word(2);
	ck_assert_double_ge(ev_time() - begun, .9);
	ck_assert_uint_eq(router.by_natpmp, 2);
	ck_assert(!words.last.changed);
}
END_TEST

START_TEST(test_another_address)
{
	announce();
	word(1);
	memcpy(router.addr, "\5\6\7\11", 4);
	announce();
	word(2);
	ck_assert_str_eq(words.addr, "5.6.7.9");
	ck_assert(words.last.changed);
}
END_TEST

/* Between two addresses it has none; it is asked again at once, twice. */
START_TEST(test_between_two_addresses)
{
	memset(router.addr, 0, 4);
	announce();
	word(1);
	ck_assert_int_eq(words.last.addr.family, 0);
	announce();
	word(2);
	announce();
	word(3);
	/* From now on no sooner than after a second. */
	announce();
	quiet(.2);
	memcpy(router.addr, "\5\6\7\11", 4);
	word(4);
	ck_assert_str_eq(words.addr, "5.6.7.9");
}
END_TEST

START_TEST(test_one_that_speaks_pcp_only)
{
	router.natpmp = false;
	router.pcp = true;
	resolver_watch_ask(watch);
	word(1);
	ck_assert_str_eq(words.addr, "5.6.7.5");
	ck_assert_uint_eq(router.by_natpmp, 1);
	ck_assert_uint_eq(router.by_pcp, 1);
	/* That is remembered. */
	router.epoch_s++;
	resolver_watch_ask(watch);
	word(2);
	ck_assert_uint_eq(router.by_natpmp, 1);
	ck_assert_uint_eq(router.by_pcp, 2);
	ck_assert(!words.last.lost);
}
END_TEST

START_TEST(test_silent_router)
{
	struct addr own;

	router.natpmp = false;
	announce();
	ck_assert(wait_for(loop, (const int *)&router.by_natpmp, 1, 10));
	quiet(.1);
	ck_assert(!resolver_watch_speaks(watch, &own));
}
END_TEST

START_TEST(test_freed)
{
	int fds = wait_open_fds();

	announce();
	resolver_watch_ask(watch);
	resolver_watch_free(watch);
	watch = NULL;
	ck_assert_int_lt(wait_open_fds(), fds);
	quiet(.05);
	resolver_watch_free(NULL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("watch");
	TCase *tc = tcase_create("a link");

	netns_or_skip();
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_asked);
	tcase_add_test(tc, test_announced);
	tcase_add_test(tc, test_flood);
	tcase_add_test(tc, test_another_address);
	tcase_add_test(tc, test_between_two_addresses);
	tcase_add_test(tc, test_one_that_speaks_pcp_only);
	tcase_add_test(tc, test_silent_router);
	tcase_add_test(tc, test_freed);
	suite_add_tcase(s, tc);
	return s;
}
