#include "config.h"

#include <errno.h>
#include <string.h>

#include "resolver/pcp.h"
#include "tests/support/suite.h"

static const struct pcp_request request = {
	.client = { AF_INET, { 192, 168, 77, 2 } },
	.port = 0x1234,
	.nonce = "abcdefghijkl",
	.lifetime_s = 120,
};

/* What is changed in the right answer, byte by byte. */
static const struct row {
	const char *name;
	struct { int at, value; } changes[2]; /* at 0, value 0: none */
	size_t len;			      /* 0: all of it */
	int want;
	unsigned int result;
	const char *addr;
} rows[] = {
	{ "a mapping", { { 0, 2 } }, 0, 0, 0, "5.6.7.9" },
	{ "options follow", { { 0, 2 } }, 64, 0, 0, "5.6.7.9" },
	{ "no address now", { { 3, 7 } }, 0, 0, 7, "none" },
	{ "refused", { { 3, 2 } }, 0, 0, 2, "none" },
	{ "an external IPv6 address", { { 44, 0x2a }, { 54, 0 } }, 0, 0, 0,
	  "2a00::ff:506:709" },
	{ "another nonce", { { 24, 'x' } }, 0, -EAGAIN, 0, "" },
	{ "... in an error too", { { 35, 'x' }, { 3, 7 } }, 0, -EAGAIN, 0,
	  "" },
	{ "another port", { { 41, 0x35 } }, 0, -EAGAIN, 0, "" },
	{ "another protocol", { { 36, 6 } }, 0, -EAGAIN, 0, "" },
	{ "another version", { { 0, 1 } }, 0, -EAGAIN, 0, "" },
	{ "another opcode", { { 1, 0x80 } }, 0, -EAGAIN, 0, "" },
	{ "a request", { { 1, 1 } }, 0, -EAGAIN, 0, "" },
	{ "cut", { { 0, 2 } }, 56, -EAGAIN, 0, "" },
	{ "no multiple of four", { { 0, 2 } }, 61, -EAGAIN, 0, "" },
	{ "longer than any", { { 0, 2 } }, 1104, -EAGAIN, 0, "" },
	{ "it speaks NAT-PMP only", { { 0, 0 + 256 }, { 3, 1 } }, 8, 0, 1,
	  "none" },
	{ "nothing", { { 0, 2 } }, 1, -EAGAIN, 0, "" },
};

static void answer(uint8_t *out)
{
	static const uint8_t external[16] = { [10] = 0xff, [11] = 0xff, 5, 6,
					      7, 9 };

	pcp_request_build(&request, out);
	out[1] = 0x81;
	memset(out + 8, 0, 16);
	out[10] = 1; /* the epoch: 258 */
	out[11] = 2;
	memcpy(out + 44, external, 16);
}

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct pcp_answer a = { .epoch_s = 99 };
	uint8_t data[1200] = { 0 };
	char text[ADDR_STRLEN];
	int rc;

	answer(data);
	for (size_t i = 0; i < 2; i++)
		if (r->changes[i].at || r->changes[i].value)
			data[r->changes[i].at] =
				(uint8_t)r->changes[i].value;
	rc = pcp_read(&request, data, r->len ? r->len : PCP_REQUEST_SIZE, &a);
	ck_assert_msg(rc == r->want, "%s: %d", r->name, rc);
	if (rc < 0) {
		ck_assert_uint_eq(a.epoch_s, 99); /* untouched */
		return;
	}
	ck_assert_uint_eq(a.result, r->result);
	ck_assert_str_eq(addr_print(&a.addr, text), r->addr);
}
END_TEST

START_TEST(test_request)
{
	uint8_t out[PCP_REQUEST_SIZE];
	static const uint8_t head[24] = {
		2, 1, 0, 0, 0, 0, 0, 120, [18] = 0xff, 0xff, 192, 168, 77, 2,
	};
	static const uint8_t any[16] = { [10] = 0xff, [11] = 0xff };

	pcp_request_build(&request, out);
	ck_assert_mem_eq(out, head, sizeof(head));
	ck_assert_mem_eq(out + 24, "abcdefghijkl", 12);
	ck_assert_uint_eq(out[36], 17);
	ck_assert_uint_eq(out[40], 0x12);
	ck_assert_uint_eq(out[41], 0x34);
	ck_assert_uint_eq(out[42] | out[43], 0);
	ck_assert_mem_eq(out + 44, any, sizeof(any));
	for (unsigned int i = 0; i < 16; i++)
		ck_assert_str_ne(pcp_result_text(i), "");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pcp");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_request);
	suite_add_tcase(s, tc);
	return s;
}
