#include "config.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "tests/support/suite.h"

START_TEST(test_reader)
{
	static const uint8_t data[] = { 1, 2, 3, 4, 5, 6, 7, 0xff };
	struct buf_reader r = buf_reader(data, sizeof(data));
	const uint8_t *p = NULL;
	uint32_t u32 = 9;
	uint16_t u16 = 9;
	uint8_t u8 = 9;

	ck_assert_int_eq(buf_read_u8(&r, &u8), 0);
	ck_assert_uint_eq(u8, 1);
	ck_assert_int_eq(buf_read_u16(&r, &u16), 0);
	ck_assert_uint_eq(u16, 0x0203);
	ck_assert_int_eq(buf_read_u32(&r, &u32), 0);
	ck_assert_uint_eq(u32, 0x04050607);
	ck_assert_uint_eq(buf_left(&r), 1);

	/* What does not fit leaves all as it was. */
	ck_assert_int_eq(buf_read_u16(&r, &u16), -EBADMSG);
	ck_assert_int_eq(buf_read_u32(&r, &u32), -EBADMSG);
	ck_assert_int_eq(buf_read_bytes(&r, 2, &p), -EBADMSG);
	ck_assert_int_eq(buf_read_bytes(&r, SIZE_MAX, &p), -EBADMSG);
	ck_assert_int_eq(buf_skip(&r, 2), -EBADMSG);
	ck_assert_uint_eq(u16, 0x0203);
	ck_assert_uint_eq(u32, 0x04050607);
	ck_assert_ptr_null(p);
	ck_assert_uint_eq(buf_left(&r), 1);

	ck_assert_int_eq(buf_read_bytes(&r, 1, &p), 0);
	ck_assert_ptr_eq(p, data + 7);
	ck_assert_int_eq(buf_skip(&r, 0), 0);
	ck_assert_int_eq(buf_read_u8(&r, &u8), -EBADMSG);
	ck_assert_uint_eq(u8, 1);
}
END_TEST

START_TEST(test_text)
{
	struct buf b = BUF_INIT(300);

	ck_assert_ptr_null(b.data);
	buf_add(&b, "", 0);
	ck_assert_str_eq(b.data, "");
	buf_add_str(&b, "one ");
	buf_addf(&b, "%d %s", 2, "three");
	ck_assert_str_eq(b.data, "one 2 three");
	ck_assert_uint_eq(b.len, 11);
	buf_drop(&b, 0);
	buf_drop(&b, 4);
	ck_assert_str_eq(b.data, "2 three");
	buf_drop(&b, 7);
	ck_assert_str_eq(b.data, "");
	for (int i = 0; i < 300; i++)
		buf_add(&b, "x", 1);
	ck_assert(!b.failed);
	ck_assert_uint_eq(strlen(b.data), 300);
	buf_done(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.max, 300);
	buf_wipe(&b);
}
END_TEST

START_TEST(test_numbers)
{
	struct buf b = BUF_INIT(300);

	buf_add_u32(&b, 0);
	buf_add_str(&b, " ");
	buf_add_u32(&b, 10);
	buf_add_str(&b, " ");
	buf_add_u32(&b, UINT32_MAX);
	ck_assert_str_eq(b.data, "0 10 4294967295");
	buf_clear(&b);
	/* Longer than the room at hand: written again into more. */
	buf_addf(&b, "%0200d|", 7);
	ck_assert_uint_eq(b.len, 201);
	ck_assert_str_eq(b.data + 198, "07|");
	/* ... and longer than may be: what was there stays whole. */
	buf_addf(&b, "%0200d|", 7);
	ck_assert(b.failed);
	ck_assert_uint_eq(strlen(b.data), 201);
	buf_done(&b);
}
END_TEST

START_TEST(test_json)
{
	struct buf b = BUF_INIT(100);

	buf_add_json(&b, "");
	buf_add_json(&b, "a\"b\\c\n\x01 \xc3\xa4");
	ck_assert_str_eq(b.data, "\"\"\"a\\u0022b\\u005cc\\u000a\\u0001 "
				 "\xc3\xa4\"");
	buf_wipe(&b);
}
END_TEST

START_TEST(test_limit)
{
	struct buf b = BUF_INIT(4);

	buf_add_str(&b, "1234");
	ck_assert(!b.failed);
	buf_add_str(&b, "5");
	ck_assert(b.failed);
	ck_assert_str_eq(b.data, "1234");
	/* It stays so, also for what would fit. */
	buf_drop(&b, 4);
	buf_add_str(&b, "a");
	ck_assert(b.failed);
	ck_assert_uint_eq(b.len, 0);
	buf_clear(&b);
	buf_addf(&b, "%s", "abcd");
	ck_assert(!b.failed);
	ck_assert_str_eq(b.data, "abcd");
	buf_addf(&b, "%s", "e");
	ck_assert(b.failed);
	buf_wipe(&b);
	ck_assert(!b.failed);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, test_reader);
	tcase_add_test(tc, test_text);
	tcase_add_test(tc, test_numbers);
	tcase_add_test(tc, test_json);
	tcase_add_test(tc, test_limit);
	suite_add_tcase(s, tc);
	return s;
}
