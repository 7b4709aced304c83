/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A write or read from the kernel goes through the service step by step. Between two
 * steps a test makes a change: it kills the worker and replaces its file, parks the
 * backend, reloads the policy, or holds the device. After each change the right answer is
 * no, so a yes must have been decided before it (core/service/kernel/batch.h says when).
 * Runs itself under umockdev-wrapper.
 */
#include "tests/service/steps_service.h"

/* ---------------------------------------------------------------- answers */

static void assert_check_says(const char *verdict)
{
	json_t *reply = call(
		&service, METHOD("Check", "\"version\":\"" STRING "\",\"target\":\"" TARGET "\""));

	assert_text(reply, "verdict", verdict);
	json_decref(reply);
}

/* True if the target is among the choices of Ask. */
static bool socket_offers_it(void)
{
	json_t *reply = call(&service, METHOD("Ask", "\"version\":\"" STRING "\""));
	json_t *choices = json_object_get(json_object_get(reply, "parameters"), "choices");
	bool offered = false;
	json_t *choice;
	size_t i;

	assert_true(json_is_array(choices));
	json_array_foreach (choices, i, choice) {
		const char *device = json_string_value(json_object_get(choice, "device"));

		assert_non_null(device);
		offered |= strcmp(device, TARGET) == 0;
	}
	json_decref(reply);
	return offered;
}

static bool session_offers_it(void)
{
	assert_int_equal(shim_ask(MIGCOMPAT_BROKER_OP_ASK, 0, STRING), 0);
	return strstr(shim.text, "yes " TARGET " ");
}

static bool socket_tells_its_string(void)
{
	json_t *reply = call(&service, METHOD("Version", "\"device\":\"" TARGET "\""));
	bool told = !json_object_get(reply, "error");

	json_decref(reply);
	return told;
}

/* At both interfaces, for earlier and new questions. */
static void assert_everybody_says(int error, const char *verdict)
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(shim_write(TARGET, STRING), error);
		assert_int_equal(shim_write(TARGET, SECOND), error);
		assert_check_says(verdict);
		assert_int_equal(session_offers_it(), error == 0);
		assert_int_equal(socket_offers_it(), error == 0);
	}
}

/* ---------------------------------------------------------------- steps */

/*
 * Make a change after a step of a write of STRING. seen: the stamp is checked after that
 * step, so the answer must reflect the change.
 */
static void change_at(enum change change, enum step at, bool seen)
{
	unsigned reloads = walk.reloads, made = walk.made;
	int error;

	print_message("%s after step %d\n", changes[change].name, (int)at);
	walk.change = change;
	walk.armed = at;
	error = shim_write(TARGET, STRING);
	/* After the reply, the change may still be running. */
	count_wait(&walk.made, made + 1);
	if (is_locked(at) && change == CHANGE_RELOAD)
		count_wait(&walk.reloads, reloads + 1);
	else if (seen &&
		 (change != CHANGE_KILL || error != -EIO)) /* the worker ended before its answer */
		assert_int_equal(error, changes[change].error);
	assert_everybody_says(changes[change].error, changes[change].verdict);
}

static void walk_cold(enum change change)
{
	for (enum step at = STEP_RECEIVED; at <= STEP_KEPT; at++) {
		begin();
		change_at(change, at, at < STEP_LIFE_CONFIRMED);
	}
}

/* The target is already open. */
static void walk_warm(enum change change)
{
	for (enum step at = STEP_RECEIVED; at <= STEP_KEPT; at++) {
		if (at == STEP_FACTS_READ || at == STEP_OPENED)
			continue;
		begin();
		assert_int_equal(shim_write(TARGET, SECOND), 0);
		change_at(change, at, at < STEP_LIFE_CONFIRMED);
	}
}

/*
 * A yes is cached shortly after its reply: repeat the question until the cache answers.
 */
static void keep_answer(uint32_t op)
{
	unsigned found = walk.found;

	for (int i = 0; i < WAIT_MS && walk.found == found; i++)
		assert_int_equal(
			shim_ask(op, walk.attachment, op == MIGCOMPAT_BROKER_OP_READ ? "" : STRING),
			0);
	assert_int_not_equal(walk.found, found);
}

/* The answer is cached. A change after the check of the stamp is after the answer. */
static void walk_again(enum change change)
{
	static const enum step steps[] = {STEP_RECEIVED,  STEP_LOOKED_UP, STEP_STAMPED,
					  STEP_LIFE_SEEN, STEP_FOUND,     STEP_ACCEPTED};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		begin();
		keep_answer(MIGCOMPAT_BROKER_OP_WRITE);
		change_at(change, steps[i],
			  steps[i] < (change == CHANGE_HOLD ? STEP_STAMPED : STEP_LIFE_SEEN));
	}
}

static void hold_between_two_steps_of_a_first_write_is_obeyed(void **state)
{
	(void)state;
	walk_cold(CHANGE_HOLD);
}

static void reload_between_two_steps_of_a_first_write_is_obeyed(void **state)
{
	(void)state;
	walk_cold(CHANGE_RELOAD);
}

static void worker_killed_between_two_steps_of_a_first_write_gives_no_yes(void **state)
{
	(void)state;
	walk_cold(CHANGE_KILL);
}

static void backend_parked_between_two_steps_of_a_first_write_gives_no_yes(void **state)
{
	(void)state;
	walk_cold(CHANGE_PARK);
}

static void hold_between_two_steps_of_a_write_to_an_open_target_is_obeyed(void **state)
{
	(void)state;
	walk_warm(CHANGE_HOLD);
}

static void reload_between_two_steps_of_a_write_to_an_open_target_is_obeyed(void **state)
{
	(void)state;
	walk_warm(CHANGE_RELOAD);
}

static void worker_killed_between_two_steps_of_a_write_to_an_open_target_gives_no_yes(void **state)
{
	(void)state;
	walk_warm(CHANGE_KILL);
}

static void backend_parked_between_two_steps_of_a_write_to_an_open_target_gives_no_yes(void **state)
{
	(void)state;
	walk_warm(CHANGE_PARK);
}

static void hold_between_two_steps_of_a_write_that_is_kept_is_obeyed(void **state)
{
	(void)state;
	walk_again(CHANGE_HOLD);
}

static void reload_between_two_steps_of_a_write_that_is_kept_is_obeyed(void **state)
{
	(void)state;
	walk_again(CHANGE_RELOAD);
}

static void worker_killed_between_two_steps_of_a_write_that_is_kept_gives_no_yes(void **state)
{
	(void)state;
	walk_again(CHANGE_KILL);
}

static void backend_parked_between_two_steps_of_a_write_that_is_kept_gives_no_yes(void **state)
{
	(void)state;
	walk_again(CHANGE_PARK);
}

/* A string that is read is no yes, but others would use it for checks. */
static void read_change_at(enum change change, enum step at)
{
	unsigned made = walk.made;

	print_message("%s after step %d of a read\n", changes[change].name, (int)at);
	walk.change = change;
	walk.armed = at;
	assert_int_equal(shim_read(TARGET), changes[change].error);
	assert_int_equal(walk.made, made + 1);
	assert_int_equal(shim_read(TARGET), changes[change].error);
	assert_false(socket_tells_its_string());
}

static void walk_read(enum change change, enum step last_kept)
{
	for (enum step at = STEP_RECEIVED; at <= STEP_OPENED; at++) {
		begin();
		read_change_at(change, at);
	}
	for (enum step at = STEP_RECEIVED; at <= last_kept; at++) {
		begin();
		keep_answer(MIGCOMPAT_BROKER_OP_READ);
		read_change_at(change, at);
	}
}

static void hold_between_two_steps_of_a_read_is_obeyed(void **state)
{
	(void)state;
	walk_read(CHANGE_HOLD, STEP_LOOKED_UP);
}

static void backend_parked_between_two_steps_of_a_read_gives_no_string(void **state)
{
	(void)state;
	walk_read(CHANGE_PARK, STEP_STAMPED);
}

/* ---------------------------------------------------------------- both at once */

static void ended_worker_answers_nobody_until_it_is_started_again(void **state)
{
	(void)state;
	begin();
	assert_everybody_says(0, "compatible");
	assert_int_equal(shim_read(TARGET), 0);
	walk.rest = true;
	worker_kill();
	assert_everybody_says(-EIO, "error");
	assert_int_equal(shim_read(TARGET), -EIO);
	assert_false(socket_tells_its_string());
	walk.rest = false;
	assert_everybody_says(0, "compatible");
	assert_int_equal(shim_read(TARGET), 0);
	assert_true(socket_tells_its_string());
}

static void parked_backend_gives_no_string(void **state)
{
	(void)state;
	begin();
	assert_int_equal(shim_read(TARGET), 0);
	walk.park = true;
	worker_kill();
	assert_int_equal(shim_read(TARGET), -EIO);
	assert_false(socket_tells_its_string());
	assert_int_equal(shim_read(TARGET), -EIO);
}

/* The worker still runs the file that it loaded. */
static void replaced_file_counts_for_everybody_with_the_next_worker(void **state)
{
	(void)state;
	begin();
	assert_everybody_says(0, "compatible");
	file_is("strict");
	assert_everybody_says(0, "compatible");
	worker_kill();
	assert_everybody_says(-EINVAL, "incompatible");
}

/* "plain" in a file of the same name is another backend. */
static void file_of_another_backend_parks_it_for_everybody(void **state)
{
	(void)state;
	begin();
	assert_everybody_says(0, "compatible");
	file_is("plain");
	worker_kill();
	assert_everybody_says(-EIO, "error");
}

static void reload_gives_a_parked_backend_back_to_everybody(void **state)
{
	(void)state;
	begin();
	walk.park = true;
	worker_kill();
	assert_everybody_says(-EIO, "error");
	begin();
	assert_everybody_says(0, "compatible");
}

static int run_mocked(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hold_between_two_steps_of_a_first_write_is_obeyed),
		cmocka_unit_test(reload_between_two_steps_of_a_first_write_is_obeyed),
		cmocka_unit_test(worker_killed_between_two_steps_of_a_first_write_gives_no_yes),
		cmocka_unit_test(backend_parked_between_two_steps_of_a_first_write_gives_no_yes),
		cmocka_unit_test(hold_between_two_steps_of_a_write_to_an_open_target_is_obeyed),
		cmocka_unit_test(reload_between_two_steps_of_a_write_to_an_open_target_is_obeyed),
		cmocka_unit_test(
			worker_killed_between_two_steps_of_a_write_to_an_open_target_gives_no_yes),
		cmocka_unit_test(
			backend_parked_between_two_steps_of_a_write_to_an_open_target_gives_no_yes),
		cmocka_unit_test(hold_between_two_steps_of_a_write_that_is_kept_is_obeyed),
		cmocka_unit_test(reload_between_two_steps_of_a_write_that_is_kept_is_obeyed),
		cmocka_unit_test(
			worker_killed_between_two_steps_of_a_write_that_is_kept_gives_no_yes),
		cmocka_unit_test(
			backend_parked_between_two_steps_of_a_write_that_is_kept_gives_no_yes),
		cmocka_unit_test(hold_between_two_steps_of_a_read_is_obeyed),
		cmocka_unit_test(backend_parked_between_two_steps_of_a_read_gives_no_string),
		cmocka_unit_test(ended_worker_answers_nobody_until_it_is_started_again),
		cmocka_unit_test(parked_backend_gives_no_string),
		cmocka_unit_test(replaced_file_counts_for_everybody_with_the_next_worker),
		cmocka_unit_test(file_of_another_backend_parks_it_for_everybody),
		cmocka_unit_test(reload_gives_a_parked_backend_back_to_everybody),
	};

	return cmocka_run_group_tests(tests, start, end);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {{"mocked", NULL, run_mocked}};

	return mocked_main(groups, 1, argc, argv);
}
