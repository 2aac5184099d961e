#include "config.h"

#include <check.h>
#include <string.h>

#include "resolver/doubt.h"
#include "tests/support/suite.h"

static const struct row {
	const char *name;
	enum resolver_outcome outcome;
	bool ra;
	const char *said; /* an address, or NULL */
	const char *from;
	bool global;
	enum resolver_doubt want;
} rows[] = {
	{ "an authority speaks", RESOLVER_ANSWERED, false, "5.6.7.8",
	  "1.2.3.4", true, RESOLVER_SURE },
	{ "... of nothing", RESOLVER_ANSWERED, false, NULL, "1.2.3.4", true,
	  RESOLVER_SURE },
	{ "a resolver with authority", RESOLVER_ANSWERED, true, "5.6.7.8",
	  "1.2.3.4", true, RESOLVER_RA },
	{ "... that says absent", RESOLVER_ANSWERED, true, NULL, "1.2.3.4",
	  true, RESOLVER_RA },
	{ "... or an alias", RESOLVER_CNAME, true, NULL, "1.2.3.4", true,
	  RESOLVER_RA },
	{ "a resolver without", RESOLVER_INTERCEPTED, true, "5.6.7.8",
	  "1.2.3.4", true, RESOLVER_NO_AA },
	{ "a private address from afar", RESOLVER_ANSWERED, false,
	  "192.168.1.7", "1.2.3.4", true, RESOLVER_PRIVATE },
	{ "... a unique local one", RESOLVER_ANSWERED, false, "fd00::7",
	  "2a00::1", true, RESOLVER_PRIVATE },
	{ "... from within", RESOLVER_ANSWERED, false, "10.0.0.7",
	  "192.168.1.1", true, RESOLVER_INSIDE },
	{ "... where it is wanted", RESOLVER_ANSWERED, false, "10.0.0.7",
	  "192.168.1.1", false, RESOLVER_SURE },
	{ "... by a resolver", RESOLVER_ANSWERED, true, "10.0.0.7",
	  "192.168.1.1", false, RESOLVER_RA },
	{ "a global address from within", RESOLVER_ANSWERED, false, "5.6.7.8",
	  "192.168.1.1", true, RESOLVER_SURE },
	{ "a primary on loopback, with an old documentation address",
	  RESOLVER_ANSWERED, false, "192.0.2.1", "127.0.0.1", true,
	  RESOLVER_SURE },
	{ "lame is lame", RESOLVER_LAME, false, NULL, "1.2.3.4", true,
	  RESOLVER_SURE },
	{ "... but not with recursion", RESOLVER_LAME, true, NULL, "1.2.3.4",
	  true, RESOLVER_NO_AA },
	{ "silent is silent", RESOLVER_SILENT, false, NULL, "1.2.3.4", true,
	  RESOLVER_SURE },
};

START_TEST(test_doubt)
{
	const struct row *r = &rows[_i];
	struct said s = { .outcome = r->outcome, .ra = r->ra };
	enum resolver_doubt got;
	struct addr from;

	ck_assert_int_eq(addr_parse(r->from, &from), 0);
	if (r->said) {
		ck_assert_int_eq(addr_parse(r->said, &s.addrs[0]), 0);
		s.n_addrs = 1;
	}
	got = doubt_of(&s, &from, r->global);
	ck_assert_msg(got == r->want, "%s: %d, not %d", r->name, (int)got,
		      (int)r->want);
}
END_TEST

#define O PROOF_OPEN
#define G PROOF_GIVEN
#define F PROOF_FAILED

static const struct settle_row {
	const char *name;
	enum resolver_doubt doubt;
	enum doubt_proof soa, ident, tcp;
	enum doubt_end want;
} settles[] = {
	{ "no doubt, no proof", RESOLVER_SURE, O, O, O, DOUBT_BELIEVED },
	{ "BIND with recursion", RESOLVER_RA, G, G, O, DOUBT_BELIEVED },
	{ "... and a private address", RESOLVER_PRIVATE, G, G, F,
	  DOUBT_BELIEVED },
	{ "nothing known yet", RESOLVER_RA, O, O, O, DOUBT_OPEN },
	{ "half of it known", RESOLVER_RA, G, O, O, DOUBT_OPEN },
	{ "... the other half", RESOLVER_RA, O, G, F, DOUBT_OPEN },
	{ "no SOA, TCP is waited for", RESOLVER_RA, F, G, O, DOUBT_OPEN },
	{ "a SOA by way of dnsmasq", RESOLVER_RA, G, F, F, DOUBT_CONFIRMED },
	{ "... and TCP is waited for", RESOLVER_RA, G, F, O, DOUBT_OPEN },
	{ "TCP says no more, SOA is waited for", RESOLVER_RA, O, O, F,
	  DOUBT_OPEN },
	{ "only UDP is redirected", RESOLVER_RA, F, F, G,
	  DOUBT_BELIEVED_TCP },
	{ "... and the SOA takes long", RESOLVER_PRIVATE, O, O, G,
	  DOUBT_BELIEVED_TCP },
	{ "all of port 53 is redirected", RESOLVER_RA, F, G, F,
	  DOUBT_CONFIRMED },
	{ "without AA, a SOA is no excuse", RESOLVER_NO_AA, G, G, F,
	  DOUBT_CONFIRMED },
	{ "... TCP may be", RESOLVER_NO_AA, O, O, O, DOUBT_OPEN },
	{ "... and is", RESOLVER_NO_AA, F, O, G, DOUBT_BELIEVED_TCP },
	{ "a split horizon has nothing to prove", RESOLVER_INSIDE, G, G, G,
	  DOUBT_CONFIRMED },
};

START_TEST(test_settle)
{
	const struct settle_row *r = &settles[_i];
	struct doubt_proofs p = { r->soa, r->ident, r->tcp };
	enum doubt_end got = doubt_settle(r->doubt, &p);

	ck_assert_msg(got == r->want, "%s: %d, not %d", r->name, (int)got,
		      (int)r->want);
}
END_TEST

/* Whatever the proofs are, once all are in it is over. */
START_TEST(test_it_ends)
{
	for (int d = RESOLVER_SURE; d <= RESOLVER_INSIDE; d++)
		for (int i = 0; i < 8; i++) {
			struct doubt_proofs p = {
				i & 1 ? G : F, i & 2 ? G : F, i & 4 ? G : F,
			};

			ck_assert_int_ne(doubt_settle((enum resolver_doubt)d,
						      &p), DOUBT_OPEN);
		}
}
END_TEST

START_TEST(test_programs)
{
	ck_assert(doubt_is_resolver("dnsmasq-2.90"));
	ck_assert(doubt_is_resolver("dnsmasq-pi-hole-v2.90"));
	ck_assert(doubt_is_resolver("unbound 1.17.1"));
	ck_assert(!doubt_is_resolver("9.18.49-1~deb12u3-Debian"));
	ck_assert(!doubt_is_resolver("Knot DNS 3.2.6"));
	ck_assert(!doubt_is_resolver(""));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("doubt");
	TCase *tc = tcase_create("doubt");

	tcase_add_loop_test(tc, test_doubt, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_settle, 0, SUITE_COUNT(settles));
	tcase_add_test(tc, test_it_ends);
	tcase_add_test(tc, test_programs);
	suite_add_tcase(s, tc);
	return s;
}
