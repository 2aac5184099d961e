#include "config.h"

#include <stdbool.h>
#include <stddef.h>

#include "net/gate.h"
#include "tests/support/suite.h"

#define SLOTS 5

static struct gate gate;
static struct gate_slot slots[SLOTS];
static int order[4 * SLOTS], n_order;
static bool leave_at_once;

static void go(struct gate_slot *s)
{
	order[n_order++] = (int)(s - slots);
	if (leave_at_once)
		gate_leave(s);
}

static void setup(void)
{
	gate_init(&gate, 2);
	n_order = 0;
	leave_at_once = false;
	for (int i = 0; i < SLOTS; i++)
		slots[i] = (struct gate_slot){ 0 };
}

static void teardown(void)
{
	gate_done(&gate);
}

static void enter_all(void)
{
	for (int i = 0; i < SLOTS; i++)
		gate_enter(&gate, 0, &slots[i], go);
}

START_TEST(test_in_turn)
{
	enter_all();
	ck_assert_int_eq(n_order, 2);
	gate_leave(&slots[1]);
	gate_leave(&slots[0]);
	ck_assert_int_eq(n_order, 4);
	gate_leave(&slots[0]); /* it is out already */
	ck_assert_int_eq(n_order, 4);
	gate_leave(&slots[2]);
	for (int i = 0; i < SLOTS; i++)
		ck_assert_int_eq(order[i], i);
	gate_leave(&slots[3]);
	gate_leave(&slots[4]);
	ck_assert_uint_eq(gate.lane.in, 0);
}
END_TEST

/* Out of the queue: from its head, its middle and its end. */
START_TEST(test_gives_up_waiting)
{
	for (int i = 2; i < SLOTS; i++) {
		setup();
		enter_all();
		gate_leave(&slots[i]);
		ck_assert_int_eq(n_order, 2);
		/* It may come back, to the end. */
		gate_enter(&gate, 0, &slots[i], go);
		for (int j = 0; j < SLOTS; j++)
			gate_leave(&slots[order[j]]);
		ck_assert_int_eq(n_order, SLOTS);
		ck_assert_int_eq(order[SLOTS - 1], i);
		ck_assert_uint_eq(gate.lane.in, 0);
		ck_assert_ptr_null(gate.lane.first);
	}
}
END_TEST

START_TEST(test_leaves_at_once)
{
	enter_all();
	leave_at_once = true;
	gate_leave(&slots[0]);
	ck_assert_int_eq(n_order, SLOTS);
	ck_assert_uint_eq(gate.lane.in, 1);
	gate_leave(&slots[1]);
	ck_assert_uint_eq(gate.lane.in, 0);
}
END_TEST

/* Ways do not wait for each other, and idle lanes are used again. */
START_TEST(test_lanes)
{
	struct gate_slot other[4] = { 0 };

	enter_all(); /* by way 0, which is full */
	for (int i = 0; i < 100; i++) {
		gate_enter(&gate, 10 + i, &other[0], go);
		gate_enter(&gate, 10 + i, &other[1], go);
		gate_enter(&gate, 10 + i, &other[2], go);
		ck_assert_int_eq(n_order, 4);
		ck_assert_ptr_nonnull(other[2].at);
		gate_leave(&other[0]);
		ck_assert_int_eq(n_order, 5); /* one of its own lane */
		for (int k = 1; k < 3; k++)
			gate_leave(&other[k]);
		ck_assert_int_eq(n_order, 5);
		n_order = 2;
	}
	ck_assert_ptr_nonnull(gate.lane.next);
	ck_assert_ptr_null(gate.lane.next->next);
	gate_leave(&slots[0]);
	ck_assert_int_eq(n_order, 3);
	for (int i = 0; i < SLOTS; i++)
		gate_leave(&slots[i]);
	ck_assert_uint_eq(gate.lane.in, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("gate");
	TCase *tc = tcase_create("gate");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_in_turn);
	tcase_add_test(tc, test_gives_up_waiting);
	tcase_add_test(tc, test_leaves_at_once);
	tcase_add_test(tc, test_lanes);
	suite_add_tcase(s, tc);
	return s;
}
