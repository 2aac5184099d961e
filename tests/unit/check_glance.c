/*
 * What is worth a look: events on an interface that holds the address a
 * source has chosen, with what the kernel has to be asked for each.
 */
#include "config.h"

#include <string.h>

#include <linux/if_addr.h>

#include "daemon/source/glance.h"
#include "daemon/source/source_inside.h"
#include "tests/support/fake_mirror.h"
#include "tests/support/suite.h"

#define WAN  2
#define WAN1 3

static struct source_world world;
static struct config_source config;
static struct source source;

static struct addr parsed(const char *text)
{
	struct addr a = { 0 };

	if (text)
		ck_assert_int_eq(addr_parse(text, &a), 0);
	return a;
}

/* A source that has chosen this address of wan0. */
static void choose(const char *text)
{
	source = (struct source){
		.world = &world,
		.config = &config,
		.family = parsed(text).family,
		.n = 1,
		.uplink = WAN,
	};
	source.candidates[0].addr = parsed(text);
	source.candidates[0].ifindex = WAN;
}

static void choose_of_two(void)
{
	choose("5.6.7.5");
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN, "5.6.9.5/24", 0, 0);
}

static void setup(void)
{
	config = (struct config_source){ .name = (char *)"default" };
	fake_mirror_reset();
	fake_link(WAN, "wan0", "", FAKE_LIVE);
	fake_link(WAN1, "wan1", "", FAKE_LIVE);
}

struct held {
	const char *addr;
	uint32_t flags, preferred_s; /* 0: for ever */
	const char *peer;
};

/*
 * An event about "event", on an interface that holds what is given in its
 * order. kernel: what it would say when asked; where it is not given it must
 * not be asked.
 */
static const struct row {
	const char *name;
	struct held held[4];
	const char *event, *gateway, *prefsrc, *kernel;
	bool news;
	const char *before; /* the kernel's choice at the last look */
	size_t ours;        /* which of them is chosen */
} rows[] = {
	{ "one that comes later, of no gateway's net",
	  { { "5.6.7.5/24" }, { "5.6.9.1/32" } }, "5.6.9.1", "5.6.7.1" },
	{ "one that comes later, of the gateway's net too",
	  { { "5.6.7.5/24" }, { "5.6.7.9/24" } }, "5.6.7.9", "5.6.7.1" },
	{ "the gateway is a neighbour of the later one only",
	  { { "5.6.7.5/24" }, { "5.6.9.5/24" } }, "5.6.9.5", "5.6.9.1", NULL,
	  "5.6.9.5", true },
	{ "... and yet the kernel stays",
	  { { "5.6.7.5/24" }, { "5.6.9.5/24" } }, "5.6.9.5", "5.6.9.1", NULL,
	  "5.6.7.5", false },
	{ "... or it takes a third one",
	  { { "5.6.7.5/24" }, { "5.6.9.5/24" }, { "5.6.9.6/24" } }, "5.6.9.6",
	  "5.6.9.1", NULL, "5.6.9.5", true },
	{ "the gateway is its peer",
	  { { "5.6.7.5/24" }, { "5.6.9.5/32", 0, 0, "5.6.8.1" } }, "5.6.9.5",
	  "5.6.8.1", NULL, "5.6.9.5", true },
	{ "both have that peer",
	  { { "5.6.7.5/32", 0, 0, "5.6.8.1" },
	    { "5.6.9.5/32", 0, 0, "5.6.8.1" } }, "5.6.9.5", "5.6.8.1" },
	{ "no gateway at all: the first",
	  { { "5.6.7.5/32" }, { "5.6.9.5/32" } }, "5.6.9.5" },
	{ "a gateway that is nobody's neighbour: the first",
	  { { "5.6.7.5/32" }, { "5.6.9.5/32" } }, "5.6.9.5", "172.31.1.1" },
	{ "the route sends from the later one",
	  { { "5.6.7.5/24" }, { "5.6.7.9/24" } }, "5.6.7.9", "5.6.7.1",
	  "5.6.7.9", "5.6.7.9", true },
	{ "it stands before ours",
	  { { "5.6.9.1/24" }, { "5.6.7.5/24" } }, "5.6.9.1", "5.6.7.1", NULL,
	  "5.6.7.5", false, .ours = 1 },
	{ "ours is a secondary one",
	  { { "5.6.7.5/24", IFA_F_SECONDARY }, { "5.6.7.9/24" } }, "5.6.7.9",
	  "5.6.7.1", NULL, "5.6.7.9", true },
	{ "private: of no use", { { "5.6.7.5/24" }, { "10.0.0.1/8" } },
	  "10.0.0.1", "10.0.0.9" },
	{ "deprecated: of no use",
	  { { "5.6.7.5/24" }, { "5.6.9.5/24", IFA_F_DEPRECATED } },
	  "5.6.9.5", "5.6.9.1" },
	{ "of the other family", { { "5.6.7.5/24" }, { "2a00:1::5/64" } },
	  "2a00:1::5", "5.6.7.1" },
	{ "one that is gone again", { { "5.6.7.5/24" } }, "5.6.9.5",
	  "5.6.7.1" },
	{ "ours", { { "5.6.7.5/24" } }, "5.6.7.5", "5.6.7.1", .news = true },
	{ "what the kernel sent from, and is gone", { { "5.6.7.5/24" } },
	  "10.0.0.1", "10.0.0.9", .news = true, .before = "10.0.0.1" },
	{ "IPv6: another of the same /64",
	  { { "2a00:1::5/64" }, { "2a00:1::6/64" } }, "2a00:1::6", "fe80::1" },
	{ "IPv6: of another /64, and the kernel takes it",
	  { { "2a00:1::5/64" }, { "2a00:2::5/64" } }, "2a00:2::5", "fe80::1",
	  NULL, "2a00:2::5", true },
	{ "IPv6: of another /64, and the kernel does not",
	  { { "2a00:1::5/64" }, { "2a00:2::5/64" } }, "2a00:2::5", "fe80::1",
	  NULL, "2a00:1::5", false },
	{ "IPv6: another that lives longer",
	  { { "2a00:1::5/64", 0, 1000 }, { "2a00:1::6/64", 0, 3000 } },
	  "2a00:1::6", "fe80::1", NULL, "2a00:1::5", true },
	{ "IPv6: of another /64, but dies sooner",
	  { { "2a00:1::5/64", 0, 3000 }, { "2a00:2::5/64", 0, 1000 } },
	  "2a00:2::5", "fe80::1" },
	{ "IPv6: a privacy address",
	  { { "2a00:1::5/64" }, { "2a00:2::6/64", IFA_F_TEMPORARY } },
	  "2a00:2::6", "fe80::1" },
	{ "IPv6: not ready yet",
	  { { "2a00:1::5/64" }, { "2a00:2::6/64", IFA_F_TENTATIVE } },
	  "2a00:2::6", "fe80::1" },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	char ours[64];

	for (size_t i = 0; i < 4 && r->held[i].addr; i++) {
		fake_addr(WAN, r->held[i].addr, r->held[i].flags,
			  r->held[i].preferred_s);
		(void)strcpy(ours, r->held[i].addr);
		*strchr(ours, '/') = '\0';
		if (r->held[i].peer)
			fake_addr_peer(WAN, ours, r->held[i].peer);
	}
	(void)strcpy(ours, r->held[r->ours].addr);
	*strchr(ours, '/') = '\0';
	choose(ours);
	source.candidates[0].kernel = parsed(r->before);
	fake_route(source.family, WAN, 100, FAKE_MAIN);
	fake_route_by(r->gateway, r->prefsrc);
	if (r->kernel)
		fake_choice(WAN, r->kernel);
	fake_touch(WAN, r->event);
	ck_assert_msg(glance_finds_news(&source, WAN) == r->news, "%s",
		      r->name);
	ck_assert_msg(fake_questions() == (r->kernel ? 1 : 0), "%s: %u asked",
		      r->name, fake_questions());
}
END_TEST

/* Where there is no default route nobody knows what the kernel does. */
START_TEST(test_no_route)
{
	choose_of_two();
	fake_touch(WAN, "5.6.9.5");
	ck_assert(!glance_finds_news(&source, WAN));
	ck_assert_uint_eq(fake_questions(), 1);
}
END_TEST

/* One question for all that was heard at once. */
START_TEST(test_many_events)
{
	choose_of_two();
	fake_addr(WAN, "5.6.9.6/24", 0, 0);
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	fake_route_by("5.6.9.1", NULL);
	fake_choice(WAN, "5.6.7.5");
	fake_touch(WAN, "5.6.9.5");
	fake_touch(WAN, "5.6.9.6");
	ck_assert(!glance_finds_news(&source, WAN));
	ck_assert_uint_eq(fake_questions(), 1);
}
END_TEST

/* What cannot be told from the addresses alone is looked at in whole. */
START_TEST(test_in_doubt)
{
	choose("5.6.7.5");
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	ck_assert(glance_finds_news(&source, WAN)); /* more than addresses */
	fake_touch(WAN, "5.6.9.5");
	ck_assert(!glance_finds_news(&source, WAN));
	config.keep_all = true;
	ck_assert(glance_finds_news(&source, WAN));
	config.keep_all = false;
	source.n = 0;
	ck_assert(glance_finds_news(&source, WAN));
	source.n = 1;
	source.uplink = WAN1; /* the kernel chose ours, and may choose anew */
	ck_assert(glance_finds_news(&source, WAN));
	source.uplink = WAN;
	fake_addr(WAN, "5.6.7.5/24", IFA_F_DEPRECATED, 0);
	ck_assert(glance_finds_news(&source, WAN));
	fake_addr_del(WAN, "5.6.7.5");
	ck_assert(glance_finds_news(&source, WAN));
	ck_assert_uint_eq(fake_questions(), 0);
}
END_TEST

/* On another interface nothing that is of use is without interest. */
START_TEST(test_other_interface)
{
	choose("5.6.7.5");
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	fake_addr(WAN1, "10.0.0.1/8", 0, 0);
	fake_touch(WAN1, "10.0.0.1");
	ck_assert(!glance_finds_news(&source, WAN1));
	fake_touch(WAN1, "5.6.9.5");
	ck_assert(!glance_finds_news(&source, WAN));
	ck_assert(glance_finds_news(&source, WAN1));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("glance");
	TCase *tc = tcase_create("glance");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_no_route);
	tcase_add_test(tc, test_many_events);
	tcase_add_test(tc, test_in_doubt);
	tcase_add_test(tc, test_other_interface);
	suite_add_tcase(s, tc);
	return s;
}
