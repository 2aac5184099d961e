#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/crc32.h"
#include "resolver/stun.h"
#include "tests/support/suite.h"

static const uint8_t id[STUN_ID_SIZE] = "abcdefghijkl";

/* Hexadecimal digits; anything else is for the reader. */
static size_t from_hex(const char *hex, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (; *hex; hex++) {
		const char *d = strchr(digits, *hex);

		if (!d)
			continue;
		if (n % 2 == 0)
			out[n / 2] = (uint8_t)((d - digits) << 4);
		else
			out[n / 2] |= (uint8_t)(d - digits);
		n++;
	}
	return n / 2;
}

/*
 * The attributes of an answer in hexadecimal. 5.6.7.9 is 27 14 a3 4b when
 * turned over with the cookie 21 12 a4 42.
 */
static const struct row {
	const char *name;
	const char *attributes;
	int want;
	const char *addr;
	unsigned int type;   /* 0: success */
	bool other_id;
	bool fingerprint;    /* a right one is added */
	int cut;	     /* bytes off the end */
} rows[] = {
	{ .name = "XOR-MAPPED-ADDRESS",
	  .attributes = "0020 0008 0001 1234 2414a34b", .addr = "5.6.7.9" },
	{ .name = "MAPPED-ADDRESS alone: an old server",
	  .attributes = "0001 0008 0001 1234 05060709", .addr = "5.6.7.9" },
	{ .name = "both: the plain one may have been rewritten on the way",
	  .attributes = "0001 0008 0001 1234 c0a80101"
			"0020 0008 0001 1234 2414a34b", .addr = "5.6.7.9" },
	{ .name = "the number of before RFC 5389",
	  .attributes = "8020 0008 0001 1234 2414a34b", .addr = "5.6.7.9" },
	{ .name = "what coturn sends beside it",
	  .attributes = "0020 0008 0001 1234 2414a34b"
			"802b 0008 0001 0d96 01020304"
			"802c 0008 0001 0d97 01020305"
			"8022 0003 61626300", .addr = "5.6.7.9",
	  .fingerprint = true },
	{ .name = "IPv6: the transaction id turns it over too",
	  .attributes = "0020 0014 0002 1234 2112a442 6162636465666768"
			"696a6b6c", .addr = "::" },
	{ .name = "old servers' attributes are known",
	  .attributes = "0001 0008 0001 1234 05060709"
			"0004 0008 0001 0d96 01020304"
			"0005 0008 0001 0d97 01020305", .addr = "5.6.7.9" },
	{ .name = "of a third family",
	  .attributes = "0020 0008 0003 1234 2414a34b", .want = -ENOENT },
	{ .name = "an address too short",
	  .attributes = "0020 0008 0002 1234 2414a34b", .want = -ENOENT },
	{ .name = "an address too long",
	  .attributes = "0020 000c 0001 1234 2414a34b 00000000",
	  .want = -ENOENT },
	{ .name = "no attribute", .attributes = "", .want = -ENOENT },
	{ .name = "one that must be understood",
	  .attributes = "0020 0008 0001 1234 2414a34b 0030 0000",
	  .want = -EBADMSG },
	{ .name = "an error", .type = 0x0111,
	  .attributes = "0009 0008 0000 0401 4f6f7073", .want = -EREMOTEIO },
	{ .name = "an error without a code", .type = 0x0111,
	  .attributes = "", .want = -EREMOTEIO },
	{ .name = "another transaction's", .other_id = true,
	  .attributes = "0020 0008 0001 1234 2414a34b", .want = -EAGAIN },
	{ .name = "a request", .type = 0x0001,
	  .attributes = "0020 0008 0001 1234 2414a34b", .want = -EAGAIN },
	{ .name = "another method", .type = 0x0103,
	  .attributes = "0020 0008 0001 1234 2414a34b", .want = -EAGAIN },
	{ .name = "cut short", .cut = 4,
	  .attributes = "0020 0008 0001 1234 2414a34b", .want = -EAGAIN },
	{ .name = "not even a header", .cut = 25,
	  .attributes = "0020 0008 0001 1234 2414a34b", .want = -EAGAIN },
	{ .name = "an attribute longer than the message",
	  .attributes = "0020 0010 0001 1234 2414a34b", .want = -EAGAIN },
	{ .name = "a wrong fingerprint",
	  .attributes = "0020 0008 0001 1234 2414a34b 8028 0004 01020304",
	  .want = -EAGAIN },
	{ .name = "something after the fingerprint",
	  .attributes = "8028 0004 01020304 0020 0008 0001 1234 2414a34b",
	  .want = -EAGAIN },
};

static size_t build(const struct row *r, uint8_t *out)
{
	unsigned int type = r->type ? r->type : 0x0101;
	size_t len = STUN_HEADER_SIZE +
		     from_hex(r->attributes, out + STUN_HEADER_SIZE);
	size_t body = len - STUN_HEADER_SIZE + (r->fingerprint ? 8 : 0);
	const uint8_t head[] = { (uint8_t)(type >> 8), (uint8_t)type,
				 (uint8_t)(body >> 8), (uint8_t)body,
				 0x21, 0x12, 0xa4, 0x42 };
	uint32_t crc;

	memcpy(out, head, sizeof(head));
	memcpy(out + 8, id, STUN_ID_SIZE);
	if (r->other_id)
		out[19] ^= 1;
	if (r->fingerprint) {
		crc = crc32_of(out, len) ^ 0x5354554eU;
		memcpy(out + len, "\x80\x28\x00\x04", 4);
		for (unsigned int i = 0; i < 4; i++)
			out[len + 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
		len += 8;
	}
	return len - (size_t)r->cut;
}

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct addr got = { .family = 99 };
	char why[STUN_WHY_SIZE] = "", text[ADDR_STRLEN];
	uint8_t data[256];
	int rc = stun_read(id, data, build(r, data), &got, why);

	ck_assert_msg(rc == r->want, "%s: %d (%s)", r->name, rc, why);
	if (rc == 0) {
		ck_assert_str_eq(addr_print(&got, text), r->addr);
		return;
	}
	ck_assert_uint_eq(got.family, 99); /* untouched */
	ck_assert((rc == -EAGAIN) == (why[0] == '\0'));
}
END_TEST

START_TEST(test_request)
{
	uint8_t out[STUN_REQUEST_SIZE], want[STUN_REQUEST_SIZE];

	stun_request(id, out);
	(void)from_hex("0001 0008 2112a442 6162636465666768696a6b6c"
		       "8028 0004 00000000", want);
	ck_assert_mem_eq(out, want, STUN_REQUEST_SIZE - 4);
	ck_assert_int_eq(stun_length(out), STUN_REQUEST_SIZE);
	/* Our own fingerprint is right; a request is no answer. */
	out[0] = 1;
	out[1] = 1;
	ck_assert_int_eq(stun_length(out), STUN_REQUEST_SIZE);
	out[3] = 9;
	ck_assert_int_eq(stun_length(out), -EBADMSG);
	out[3] = 8;
	out[2] = 0x10;
	ck_assert_int_eq(stun_length(out), -EBADMSG);
	out[2] = 0;
	out[0] = 0x40;
	ck_assert_int_eq(stun_length(out), -EBADMSG);
}
END_TEST

START_TEST(test_crc32)
{
	ck_assert_uint_eq(crc32_of("123456789", 9), 0xcbf43926U);
	ck_assert_uint_eq(crc32_of("", 0), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("stun");
	TCase *tc = tcase_create("rows");

	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_request);
	tcase_add_test(tc, test_crc32);
	suite_add_tcase(s, tc);
	return s;
}
