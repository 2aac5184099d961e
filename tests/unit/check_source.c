/*
 * A source beside a machine in memory (fake_mirror) and reflectors that say
 * what the test wants: who is asked about what, and what the owner is told.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <ev.h>
#include <linux/if_addr.h>

#include "base/log.h"
#include "daemon/source/source.h"
#include "monitor/monitor.h"
#include "tests/support/fake_mirror.h"
#include "tests/support/suite.h"

#define WAN  2
#define WAN1 3
#define LAN  4
#define VETH 5

static struct source_world world;
static struct config_source config;
static struct source *source;
static char said[256];
static unsigned int healed;

/* ---- reflectors ---- */

static struct {
	struct resolver_confirm question;
	resolver_confirm_fn *done;
	void *user;
	int id; /* 0: nothing is asked */
	unsigned int asked;
} reflector;

int resolver_confirm(struct resolver *r, const struct resolver_confirm *c,
		     resolver_confirm_fn *done, void *user)
{
	(void)r;
	reflector.question = *c;
	reflector.done = done;
	reflector.user = user;
	reflector.id = (int)++reflector.asked;
	return reflector.id;
}

void resolver_cancel(struct resolver *r, int id)
{
	(void)r;
	if (id != 0 && id == reflector.id)
		reflector.id = 0;
}

static void answer(enum resolver_seen seen)
{
	const struct resolver_confirmation c = { .seen = seen };

	ck_assert_int_ne(reflector.id, 0);
	reflector.id = 0;
	reflector.done(reflector.user, &c);
}

/* Nobody announces anything here. */
int resolver_watch_new(struct ev_loop *loop,
		       const struct resolver_watch_options *o,
		       resolver_watch_fn *news, void *user,
		       struct resolver_watch **ret)
{
	(void)loop;
	(void)o;
	(void)news;
	(void)user;
	(void)ret;
	return -EOPNOTSUPP;
}

void resolver_watch_free(struct resolver_watch *w)
{
	(void)w;
}

void resolver_watch_ask(struct resolver_watch *w)
{
	(void)w;
}

bool resolver_watch_speaks(const struct resolver_watch *w,
			   struct addr *ret_addr)
{
	(void)w;
	(void)ret_addr;
	return false;
}

/* ---- the owner ---- */

static void heard(void *user, struct source *s, enum source_event event)
{
	static const char *const names[] = {
		[SOURCE_CHANGED] = "changed ",
		[SOURCE_CONFIRMED] = "confirmed ",
		[SOURCE_PATH] = "path ",
		[SOURCE_LOST] = "lost ",
		[SOURCE_GONE] = "gone ",
		[SOURCE_GONE_SURE] = "sure ",
		[SOURCE_UNSEEN] = "unseen ",
		[SOURCE_STIRRED] = "stirred ",
	};

	(void)user;
	(void)s;
	strncat(said, names[event], sizeof(said) - strlen(said) - 1);
}

/* Looks, and holds what was said against what should have been. */
#define LOOK(want)                                                             \
	do {                                                                   \
		said[0] = '\0';                                                \
		source_look(source, 1, false);                                 \
		ck_assert_str_eq(said, want);                                  \
	} while (0)

static struct source *source_of(int family, const char *prefix_from)
{
	struct source *s;

	ck_assert_int_eq(source_new(&world, &config, family, prefix_from, heard,
				    NULL, &s), 0);
	return s;
}

static void setup(void)
{
	static char dns[] = "dns:x";
	static char *one[] = { dns };
	static const struct config_strings list = { one, 1 };

	log_start("check_source", LOG_LEVEL_ERROR, LOG_FORMAT_TEXT,
		  LOG_SINK_STDERR);
	fake_mirror_reset();
	fake_link(WAN, "wan0", "", FAKE_LIVE);
	fake_link(WAN1, "wan1", "", FAKE_LIVE);
	fake_link(LAN, "br-lan", "bridge", FAKE_LIVE);
	fake_link(VETH, "veth7", "veth", FAKE_LIVE);
	world = (struct source_world){
		.loop = ev_loop_new(EVFLAG_AUTO),
		.reflectors4 = &list,
		.reflectors6 = &list,
	};
	config = (struct config_source){
		.name = (char *)"default",
		.confirm_timeout_ms = 2000,
		.bind = true,
	};
	memset(&reflector, 0, sizeof(reflector));
	source = source_of(AF_INET, NULL);
}

static void teardown(void)
{
	source_free(source);
	ev_loop_destroy(world.loop);
}

static void gateway(void)
{
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	LOOK("changed ");
	answer(RESOLVER_SEEN);
	ck_assert_str_eq(said, "changed confirmed ");
}

static const char *asked_from(void)
{
	static char text[ADDR_STRLEN];

	ck_assert(addr_equal(&reflector.question.egress.source,
			     &reflector.question.candidate));
	return addr_print(&reflector.question.candidate, text);
}

static void on_healed(void *user)
{
	(void)user;
	healed++;
}

/* ---- whom it follows, and how it asks ---- */

START_TEST(test_asked_from_itself)
{
	gateway();
	ck_assert_str_eq(asked_from(), "5.6.7.5");
	ck_assert_int_eq(reflector.question.egress.ifindex, WAN);
	ck_assert_uint_eq(source_public(source)->n, 1);
	/* Said again, and renewed: nobody is asked again. */
	LOOK("");
	fake_addr(WAN, "5.6.7.5/24", 0, 900);
	LOOK("");
	ck_assert_uint_eq(reflector.asked, 1);
}
END_TEST

START_TEST(test_moves_with_the_route)
{
	gateway();
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	fake_route(AF_INET, WAN1, 200, FAKE_MAIN);
	LOOK("");
	fake_route_del(AF_INET, WAN, FAKE_MAIN);
	LOOK("changed ");
	ck_assert_ptr_null(source_public(source));
	ck_assert_str_eq(asked_from(), "5.6.9.5");
	ck_assert_int_eq(reflector.question.egress.ifindex, WAN1);
	/* And back, before anybody answered. */
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	LOOK("changed ");
	ck_assert_str_eq(asked_from(), "5.6.7.5");
	answer(RESOLVER_SEEN);
	ck_assert_uint_eq(reflector.asked, 3);
}
END_TEST

/* The way of packets from this very address. */
START_TEST(test_policy_routing)
{
	static char *names[] = { (char *)"wan1" };

	config.interfaces = (struct config_strings){ names, 1 };
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	fake_route(AF_INET, WAN1, 0, 102);
	fake_rule("5.6.9.5", 0, 102);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	LOOK("changed ");
	ck_assert_str_eq(asked_from(), "5.6.9.5");
	ck_assert_int_eq(reflector.question.egress.ifindex, WAN1);
}
END_TEST

START_TEST(test_mark_and_no_bind)
{
	config.fwmark = 7;
	config.bind = false;
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	fake_route(AF_INET, WAN1, 0, 102);
	fake_rule(NULL, 7, 102);
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN1, "5.6.9.5/24", 0, 0);
	LOOK("changed ");
	ck_assert_str_eq(asked_from(), "5.6.9.5");
	ck_assert_uint_eq(reflector.question.egress.mark, 7);
}
END_TEST

/* The device of the route, not that of the address. */
START_TEST(test_delegated_prefix)
{
	source_free(source);
	source = source_of(AF_INET6, NULL);
	fake_route(AF_INET6, WAN, 0, FAKE_MAIN);
	fake_addr(LAN, "2a00::1/64", 0, 0);
	fake_choice(WAN, "2a00::1");
	LOOK("changed ");
	ck_assert_str_eq(asked_from(), "2a00::1");
	ck_assert_int_eq(reflector.question.egress.ifindex, WAN);
	/* Hosts' prefixes are asked about from the gateway's address there. */
	source_free(source);
	source = source_of(AF_INET6, "br-lan");
	LOOK("changed ");
	ck_assert_str_eq(asked_from(), "2a00::1");
}
END_TEST

/* The address before its route, as PPPoE and DHCP have it. */
START_TEST(test_route_comes_later)
{
	static char *names[] = { (char *)"wan*" };

	config.interfaces = (struct config_strings){ names, 1 };
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	LOOK("changed ");
	ck_assert_uint_eq(reflector.asked, 1);
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	LOOK("path ");
	ck_assert_uint_eq(reflector.asked, 2);
}
END_TEST

/* ---- loss ---- */

static void dumped(void)
{
	fake_resynced();
}

START_TEST(test_deleted)
{
	gateway();
	fake_addr_del(WAN, "5.6.7.5");
	LOOK("lost gone ");
	ck_assert(source_is_gone(source));
	ck_assert_uint_eq(fake_resyncs_wanted(), 0);
	source_verify_loss(source);
	source_verify_loss(source);
	ck_assert_uint_eq(fake_resyncs_wanted(), 1);
	/* Until a dump agrees nothing is known. */
	LOOK("");
	dumped();
	LOOK("sure ");
	dumped();
	LOOK("");
}
END_TEST

START_TEST(test_back_before_the_dump)
{
	gateway();
	fake_addr_del(WAN, "5.6.7.5");
	LOOK("lost gone ");
	source_verify_loss(source);
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	dumped();
	LOOK("changed ");
	ck_assert(!source_is_gone(source));
	dumped();
	LOOK("");
}
END_TEST

START_TEST(test_deprecated_is_not_gone)
{
	gateway();
	fake_addr(WAN, "5.6.7.5/24", IFA_F_DEPRECATED, 0);
	LOOK("lost ");
	source_verify_loss(source);
	ck_assert_uint_eq(fake_resyncs_wanted(), 0);
	fake_addr_del(WAN, "5.6.7.5");
	LOOK("gone ");
}
END_TEST

START_TEST(test_links)
{
	gateway();
	/* The cable is out: the address is there. */
	fake_link(WAN, "wan0", "", FAKE_UP);
	LOOK("");
	fake_link(WAN, "wan0", "", 0);
	LOOK("lost gone ");
	fake_link(WAN, "wan0", "", FAKE_LIVE);
	LOOK("changed ");
	answer(RESOLVER_SEEN);
	fake_link_del(WAN);
	LOOK("lost gone ");
}
END_TEST

/* The modem's network is left on the uplink. */
START_TEST(test_private_is_no_comfort)
{
	gateway();
	fake_addr(WAN, "192.168.100.2/24", 0, 0);
	LOOK("");
	ck_assert(!source_behind_nat(source));
	fake_addr_del(WAN, "5.6.7.5");
	LOOK("changed gone ");
	ck_assert(source_behind_nat(source));
	source_verify_loss(source);
	dumped();
	LOOK("sure ");
}
END_TEST

START_TEST(test_nothing_seen_is_no_loss)
{
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	LOOK("");
	ck_assert(!source_is_gone(source));
}
END_TEST

START_TEST(test_adopted)
{
	struct source *old = source;

	gateway();
	source = source_of(AF_INET, NULL);
	source_adopt(source, old);
	source_free(old);
	fake_addr_del(WAN, "5.6.7.5");
	LOOK("gone ");
}
END_TEST

/* Not published before somebody has seen it; then others hear of that. */
START_TEST(test_nobody_answers_for_a_while)
{
	world.healed = on_healed;
	healed = 0;
	config.confirm = CONFIRM_ALWAYS;
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	LOOK("changed ");
	for (unsigned int i = 1; i <= 20; i++) {
		said[0] = '\0';
		answer(RESOLVER_NOT_SEEN);
		ck_assert_str_eq(said, "unseen ");
		ck_assert_ptr_null(source_public(source));
		source_look(source, 0, true);
		ck_assert_uint_eq(reflector.asked, i + 1);
	}
	ck_assert_uint_eq(healed, 0);
	said[0] = '\0';
	answer(RESOLVER_SEEN);
	ck_assert_str_eq(said, "confirmed ");
	ck_assert_uint_eq(healed, 1);
}
END_TEST

/* One of the set goes: another set, no loss. */
START_TEST(test_keep_all)
{
	config.keep_all = true;
	fake_route(AF_INET, WAN, 100, FAKE_MAIN);
	fake_addr(WAN, "5.6.7.5/24", 0, 0);
	fake_addr(WAN, "5.6.7.6/24", IFA_F_SECONDARY, 0);
	LOOK("changed ");
	fake_addr_del(WAN, "5.6.7.6");
	LOOK("changed ");
	answer(RESOLVER_SEEN);
	ck_assert_uint_eq(source_public(source)->n, 1);
}
END_TEST

/* ---- which news matter ---- */

START_TEST(test_concerns)
{
	static char *names[] = { (char *)"ppp*" };

	gateway();
	ck_assert(source_concerns(source, WAN));
	ck_assert(!source_concerns(source, VETH));
	ck_assert(!source_concerns(source, LAN));
	ck_assert(!source_concerns(source, 99)); /* deleted, and never ours */
	fake_addr(VETH, "8.8.8.8/24", 0, 0);
	ck_assert(!source_concerns(source, VETH));
	fake_route(AF_INET, WAN1, 200, FAKE_MAIN);
	ck_assert(source_concerns(source, WAN1));
	fake_link_del(WAN);
	ck_assert(source_concerns(source, WAN));
	source_free(source);
	config.interfaces = (struct config_strings){ names, 1 };
	source = source_of(AF_INET, NULL);
	LOOK("");
	ck_assert(!source_concerns(source, VETH));
	fake_link(12, "ppp0", "ppp", FAKE_LIVE);
	ck_assert(source_concerns(source, 12));
}
END_TEST

/* The uplink has no address of its own: whoever has a global one matters. */
START_TEST(test_concerns_of_a_delegated_prefix)
{
	source_free(source);
	source = source_of(AF_INET6, NULL);
	fake_route(AF_INET6, WAN, 0, FAKE_MAIN);
	LOOK("");
	fake_addr(VETH, "fe80::1/64", 0, 0);
	ck_assert(!source_concerns(source, VETH));
	fake_addr(LAN, "2a00::1/64", 0, 0);
	ck_assert(source_concerns(source, LAN));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("source");
	TCase *tc = tcase_create("source");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_asked_from_itself);
	tcase_add_test(tc, test_moves_with_the_route);
	tcase_add_test(tc, test_policy_routing);
	tcase_add_test(tc, test_mark_and_no_bind);
	tcase_add_test(tc, test_delegated_prefix);
	tcase_add_test(tc, test_route_comes_later);
	tcase_add_test(tc, test_deleted);
	tcase_add_test(tc, test_back_before_the_dump);
	tcase_add_test(tc, test_deprecated_is_not_gone);
	tcase_add_test(tc, test_links);
	tcase_add_test(tc, test_private_is_no_comfort);
	tcase_add_test(tc, test_nothing_seen_is_no_loss);
	tcase_add_test(tc, test_adopted);
	tcase_add_test(tc, test_nobody_answers_for_a_while);
	tcase_add_test(tc, test_keep_all);
	tcase_add_test(tc, test_concerns);
	tcase_add_test(tc, test_concerns_of_a_delegated_prefix);
	suite_add_tcase(s, tc);
	return s;
}
