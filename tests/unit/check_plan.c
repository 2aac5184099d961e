#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "notify/types/plan.h"
#include "notify/types/ptype_find.h"
#include "notify/types/value.h"
#include "tests/support/suite.h"

/* Addresses are letters here: "a" is 192.0.2.1, "b" 192.0.2.2, … */
static const struct row {
	const char *held, *wanted, *was; /* was "-": nobody said */
	bool one, no_create;
	enum plan_verdict verdict;
	const char *ops, *merged; /* "+c" made, "a>c" changed, "-a" removed */
} rows[] = {
	{ "a", "a", "-", false, false, PLAN_SAME, "", "a" },
	{ "a", "b", "-", false, false, PLAN_CHANGE, "a>b", "b" },
	{ "", "a", "-", false, false, PLAN_CHANGE, "+a", "a" },
	{ "", "a", "-", false, true, PLAN_FORBIDDEN, "+a", "a" },
	{ "a", "b", "-", false, true, PLAN_CHANGE, "a>b", "b" },
	/* Another's value stays. */
	{ "ab", "c", "b", false, false, PLAN_CHANGE, "b>c", "ac" },
	{ "ab", "b", "-", false, false, PLAN_SAME, "", "ab" },
	{ "ab", "c", "d", false, false, PLAN_CHANGE, "+c", "abc" },
	{ "a", "c", "d", false, false, PLAN_CHANGE, "a>c", "c" },
	{ "ab", "c", "-", false, false, PLAN_CHANGE, "a>c", "cb" },
	/* Sets. */
	{ "a", "ab", "-", false, false, PLAN_CHANGE, "+b", "ab" },
	{ "ab", "bc", "ab", false, false, PLAN_CHANGE, "a>c", "cb" },
	{ "abc", "d", "ab", false, false, PLAN_CHANGE, "a>d -b", "dc" },
	/* What holds one only. */
	{ "ab", "c", "d", true, false, PLAN_CHANGE, "a>c", "cb" },
	/* Taken away: all of it, or exactly what was ours. */
	{ "ab", "", "-", false, false, PLAN_CHANGE, "-a -b", "" },
	{ "ab", "", "b", false, false, PLAN_CHANGE, "-b", "a" },
	{ "ab", "", "c", false, false, PLAN_SAME, "", "ab" },
	{ "", "", "-", false, false, PLAN_SAME, "", "" },
};

static struct addr addr_of(char c)
{
	struct addr a = { .family = AF_INET, .bytes = { 192, 0, 2 } };

	a.bytes[3] = (uint8_t)(c - 'a' + 1);
	return a;
}

static char letter_of(json_t *v)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(json_string_value(v), &a), 0);
	return (char)('a' + a.bytes[3] - 1);
}

static size_t addrs_of(const char *letters, struct addr *out)
{
	size_t n = 0;

	for (; *letters && *letters != '-'; letters++)
		out[n++] = addr_of(*letters);
	return n;
}

static void list_ops(const struct thing *family, struct buf *out)
{
	for (size_t i = 0; i < family->n_below; i++) {
		const struct thing *t = family->below[i];
		json_t *old = json_object_get(t->vars, "old");
		json_t *addr = json_object_get(t->vars, "address");
		const char *space = out->len > 0 ? " " : "";

		if (t->scope == SCOPE_UPDATE)
			buf_addf(out, "%s%c>%c", space, letter_of(old),
				 letter_of(addr));
		else if (t->scope == SCOPE_CREATE)
			buf_addf(out, "%s+%c", space, letter_of(addr));
		else if (t->scope == SCOPE_DELETE)
			buf_addf(out, "%s-%c", space, letter_of(old));
	}
}

static json_t *records_of(const char *letters)
{
	json_t *list = json_array();
	char text[ADDR_STRLEN];

	for (; *letters; letters++) {
		struct addr a = addr_of(*letters);

		(void)json_array_append_new(list, json_pack(
			"{ss si si}", "value", addr_print(&a, text), "id",
			*letters, "ttl", 300));
	}
	return list;
}

START_TEST(test_plan)
{
	const struct row *r = &rows[_i];
	struct addr wanted[8], was[8];
	struct ptype p = { .many = !r->one, .creates = true };
	struct job j = { .no_create = r->no_create };
	struct thing *batch = thing_new(SCOPE_BATCH, NULL), *f;
	struct buf ops = BUF_INIT(256), merged = BUF_INIT(256);
	enum plan_verdict verdict;
	json_t *v;
	size_t i;

	j.ipv4 = (struct job_set){
		.given = true, .addrs = wanted, .was = was,
		.n = addrs_of(r->wanted, wanted), .n_was = addrs_of(r->was,
								    was),
		.was_given = r->was[0] != '-',
	};
	(void)snprintf(j.name, sizeof(j.name), "www.example.org");
	ck_assert_int_eq(thing_add_name(batch, &p, &j, "example.org"), 0);
	f = batch->below[0]->below[0];
	f->records = records_of(r->held);
	ck_assert_int_eq(plan_make(&p, f, &verdict), 0);
	buf_add(&ops, "", 0);
	buf_add(&merged, "", 0);
	list_ops(f, &ops);
	json_array_foreach(json_object_get(f->vars, "merged"), i, v)
		buf_addf(&merged, "%c", letter_of(v));
	ck_assert_msg(verdict == r->verdict &&
			      strcmp(ops.data, r->ops) == 0 &&
			      strcmp(merged.data, r->merged) == 0,
		      "%s -> %s: %d \"%s\" \"%s\"", r->held, r->wanted,
		      (int)verdict, ops.data, merged.data);
	ck_assert(value_is_set(json_object_get(f->vars, "absent")) ==
		  (r->held[0] == '\0'));
	buf_done(&ops);
	buf_done(&merged);
	thing_free(batch);
}
END_TEST

static const struct label_row {
	const char *name, *zone, *apex, *wildcard, *label;
} label_rows[] = {
	{ "www.example.org", "example.org", NULL, NULL, "www" },
	{ "example.org", "example.org", NULL, NULL, "" },
	{ "example.org", "example.org", "@", NULL, "@" },
	{ "*.example.org", "example.org", "@", NULL, "*" },
	{ "*.a.example.org", "example.org", "@", "%", "%.a" },
	{ "a.b.example.org", "example.org", NULL, NULL, "a.b" },
	{ "example.org", "", NULL, NULL, "example.org" },
};

START_TEST(test_label)
{
	const struct label_row *r = &label_rows[_i];
	char apex[4], wildcard[4];
	struct ptype p = { .apex = NULL };
	char *label;

	(void)snprintf(apex, sizeof(apex), "%s", r->apex ? r->apex : "");
	(void)snprintf(wildcard, sizeof(wildcard), "%s",
		       r->wildcard ? r->wildcard : "");
	p.apex = r->apex ? apex : NULL;
	p.wildcard = r->wildcard ? wildcard : NULL;
	label = thing_label(&p, r->name, r->zone);
	ck_assert_str_eq(label, r->label);
	free(label);
}
END_TEST

START_TEST(test_ttl)
{
	uint32_t values[] = { 300, 3600, 86400 };
	struct ptype p = { .ttl_min = 60, .ttl_max = 3600 };

	ck_assert_uint_eq(thing_ttl(&p, 0), 0);
	ck_assert_uint_eq(thing_ttl(&p, 1), 60);
	ck_assert_uint_eq(thing_ttl(&p, 100), 100);
	ck_assert_uint_eq(thing_ttl(&p, 100000), 3600);
	p = (struct ptype){ .ttl_values = values, .n_ttl_values = 3 };
	ck_assert_uint_eq(thing_ttl(&p, 1), 300);
	ck_assert_uint_eq(thing_ttl(&p, 301), 3600);
	ck_assert_uint_eq(thing_ttl(&p, 100000), 86400);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_plan, 0, SUITE_COUNT(rows));
	tcase_add_loop_test(tc, test_label, 0, SUITE_COUNT(label_rows));
	tcase_add_test(tc, test_ttl);
	suite_add_tcase(s, tc);
	return s;
}
