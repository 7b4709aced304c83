/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of connections and slots by user, and of buffer memory. */
#include "core/service/varlink/quota.h"

#include <errno.h>
#include <stdint.h>

#include "core/service/varlink/buffer.h"
#include "core/service/varlink/clients.h"
#include "tests/support/test.h"

#define ALICE 1000u
#define BOB 1001u
#define CAROL 1002u

static struct quota quota;

static int setup(void **state)
{
	(void)state;
	quota = (struct quota){.connections = 0};
	return 0;
}

static unsigned connect_all(uid_t uid)
{
	unsigned count = 0;

	while (quota_connect(&quota, uid))
		count++;
	return count;
}

static unsigned take_all(struct quota_user *user)
{
	unsigned count = 0;

	for (; quota_slot_free(&quota, user); count++)
		quota_slot_take(&quota, user);
	return count;
}

static void one_user_has_not_all_connections(void **state)
{
	(void)state;
	assert_int_equal(connect_all(ALICE), CONNECTIONS_USER);
	assert_true(quota_user_full(&quota, ALICE));
	assert_false(quota_user_full(&quota, BOB));
	assert_non_null(quota_connect(&quota, BOB));
}

static void others_leave_roots_connections_alone(void **state)
{
	(void)state;
	assert_int_equal(connect_all(ALICE) + connect_all(BOB) + connect_all(CAROL),
			 CONNECTIONS_MAX - CONNECTIONS_ROOT);
	assert_int_equal(connect_all(0), CONNECTIONS_ROOT);
}

static void root_may_have_all_connections(void **state)
{
	(void)state;
	assert_int_equal(connect_all(0), CONNECTIONS_MAX);
	assert_null(quota_connect(&quota, ALICE));
	assert_false(quota_user_full(&quota, 0));
}

static void connection_that_ended_counts_no_more(void **state)
{
	struct quota_user *user = quota_connect(&quota, ALICE);

	(void)state;
	connect_all(ALICE);
	quota_disconnect(&quota, user);
	assert_false(quota_user_full(&quota, ALICE));
	assert_int_equal(connect_all(ALICE), 1);
}

/* As many users as connections, one after another. */
static void users_come_and_go(void **state)
{
	(void)state;
	for (uid_t uid = 1; uid < 4 * CONNECTIONS_MAX; uid++) {
		struct quota_user *user = quota_connect(&quota, uid);

		assert_non_null(user);
		assert_int_equal(user->uid, uid);
		quota_disconnect(&quota, user);
	}
	assert_int_equal(quota.connections, 0);
}

static void one_user_has_not_all_slots(void **state)
{
	struct quota_user *alice = quota_connect(&quota, ALICE), *bob = quota_connect(&quota, BOB);

	(void)state;
	assert_int_equal(take_all(alice), SLOTS_USER);
	assert_true(take_all(bob) > 0);
}

static void others_leave_roots_slots_alone(void **state)
{
	struct quota_user *root = quota_connect(&quota, 0);

	(void)state;
	for (uid_t uid = ALICE; uid < ALICE + 10; uid++)
		take_all(quota_connect(&quota, uid));
	assert_int_equal(take_all(root), SLOTS_ROOT);
	quota_slot_give(&quota, root);
	assert_true(quota_slot_free(&quota, root));
	assert_false(quota_slot_free(&quota, quota_connect(&quota, ALICE)));
}

static void root_may_have_all_slots(void **state)
{
	(void)state;
	assert_int_equal(take_all(quota_connect(&quota, 0)), SLOTS_MAX);
	assert_false(quota_slot_free(&quota, quota_connect(&quota, ALICE)));
}

/* ---------------------------------------------------------------- memory */

static int fill(struct buffer *buffer, size_t bytes)
{
	static const char part[4096];
	int r = 0;

	for (; bytes && !r; bytes -= sizeof(part))
		r = buffer_append(buffer, part, sizeof(part));
	return r;
}

static void buffer_has_its_own_part_beside_the_budget(void **state)
{
	struct budget budget = {.max = 0};
	struct buffer buffer = {.max = 1u << 20, .budget = &budget};

	(void)state;
	assert_int_equal(fill(&buffer, BUFFER_OWN), 0);
	assert_int_equal(fill(&buffer, 4096), -ENOBUFS);
	assert_int_equal(buffer_len(&buffer), BUFFER_OWN);
	buffer_free(&buffer);
	assert_int_equal(budget.used, 0);
}

static void buffers_together_keep_to_the_budget(void **state)
{
	struct budget budget = {.max = 4u << 20};
	struct buffer first = {.max = 4u << 20, .budget = &budget}, second = first;

	(void)state;
	assert_int_equal(fill(&first, 4u << 20), 0);
	assert_int_equal(budget.used, (4u << 20) - BUFFER_OWN);
	assert_int_equal(fill(&second, 4u << 20), -ENOBUFS);
	assert_true(budget.used <= budget.max);
	/* What was given back can be taken again. */
	buffer_take(&first, 4u << 20);
	buffer_free(&second);
	assert_int_equal(budget.used, 0);
	assert_int_equal(fill(&second, 4u << 20), 0);
	buffer_free(&second);
}

static void budget_is_no_less_after_a_refusal(void **state)
{
	struct budget budget = {.max = 100};

	(void)state;
	assert_true(budget_take(&budget, 60));
	assert_false(budget_take(&budget, 41));
	assert_false(budget_take(&budget, SIZE_MAX));
	assert_true(budget_take(&budget, 40));
	budget_give(&budget, 100);
	assert_int_equal(budget.used, 0);
}

/* The unit limits the service to 1 GiB, including workers and devices. */
static void bound_of_all_clients_is_an_eighth_of_the_units_memory(void **state)
{
	(void)state;
	assert_true(CLIENTS_MEMORY_MAX <= 128u << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_user_has_not_all_connections, setup),
		cmocka_unit_test_setup(others_leave_roots_connections_alone, setup),
		cmocka_unit_test_setup(root_may_have_all_connections, setup),
		cmocka_unit_test_setup(connection_that_ended_counts_no_more, setup),
		cmocka_unit_test_setup(users_come_and_go, setup),
		cmocka_unit_test_setup(one_user_has_not_all_slots, setup),
		cmocka_unit_test_setup(others_leave_roots_slots_alone, setup),
		cmocka_unit_test_setup(root_may_have_all_slots, setup),
		cmocka_unit_test(buffer_has_its_own_part_beside_the_budget),
		cmocka_unit_test(buffers_together_keep_to_the_budget),
		cmocka_unit_test(budget_is_no_less_after_a_refusal),
		cmocka_unit_test(bound_of_all_clients_is_an_eighth_of_the_units_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
