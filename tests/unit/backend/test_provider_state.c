/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sessions on device state of backends in this process: correct ones, and those that
 * break their contract.
 */
#include <pthread.h>

#include "tests/support/provider_state.h"

struct bench {
	struct test_host host;
	struct provider *serial;
	struct provider *stateful;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct error err = {0};

	assert_non_null(bench);
	test_host_make(&bench->host, (const char *const[]){"kernel/release", "6.12.0", NULL});
	bench->serial = test_backend("mtty", NULL);
	assert_int_equal(provider_local_new(TEST_BUILD "/tests/backends/stateful/stateful.so",
					    &bench->stateful, &err),
			 0);
	if (bench->stateful->info.error)
		fail_msg("%s", bench->stateful->info.error);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	provider_free(bench->serial);
	provider_free(bench->stateful);
	test_host_free(&bench->host);
	free(bench);
	return 0;
}

static struct opened *serial(struct bench *bench, const char *id)
{
	return test_open(bench->serial,
			 test_device(&bench->host, MIGCOMPAT_KIND_MDEV, id,
				     (const char *const[]){"mdev_type", "mtty-2", NULL}));
}

static struct opened *stateful(struct bench *bench, const char *how)
{
	return test_open(bench->stateful, test_device(&bench->host, MIGCOMPAT_KIND_MDEV, how,
						      (const char *const[]){"plain", how, NULL}));
}

static void a_backends_device_is_saved_and_loaded_through_its_table(void **state)
{
	struct bench *bench = *state;
	struct opened *a = serial(bench, "a"), *b = serial(bench, "b");
	struct state_port *source = provider_port(a), *target = provider_port(b);

	assert_int_equal(source->info.memory_size, 64u << 20);
	provider_copy(source, target);
	port_close(source);
	port_close(target);
	opened_close(a);
	opened_close(b);
}

static void a_device_may_have_several_sessions(void **state)
{
	struct bench *bench = *state;
	struct opened *a = serial(bench, "a");
	struct state_port *one = provider_port(a), *two = provider_port(a);

	provider_copy(one, two);
	port_close(one);
	port_close(two);
	opened_close(a);
}

static void broken_tables_and_sessions_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *how;
		int expected;
		const char *part;
	} cases[] = {
		{"no table", -EOPNOTSUPP, "no operations for device state"},
		{"short table", -EPROTO, "56 bytes"},
		{"no open", -EPROTO, "lacks open"},
		{"no session", -EPROTO, "without a handle"},
		{"fail", -EUCLEAN, "needs cleaning"},
		{"answer 1", -EIO, "it returned 1, expected 0 or a negative errno"},
		{"odd memory", -EPROTO, "whole pages"},
		{"no info", -ENOTTY, "sizes"},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opened *opened = stateful(bench, cases[i].how);
		struct state_port *port = NULL;
		struct error err = {0};

		assert_int_equal(opened_state(opened, &port, &err), cases[i].expected);
		assert_contains(err.text, "backend stateful: ");
		assert_contains(err.text, cases[i].part);
		assert_null(port);
		opened_close(opened);
	}
}

static void an_answer_that_breaks_the_contract_ends_the_save(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = stateful(bench, "long config");
	struct state_port *port = provider_port(opened);
	struct tape tape = {0};
	struct error err = {0};

	assert_int_equal(provider_save(port, &tape, &err), -EPROTO);
	assert_contains(err.text, "backend stateful: config_read gave 5 bytes");
	port_close(port);
	opened_close(opened);
	tape_free(&tape);
}

static void a_mistake_during_a_state_call_is_its_error(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = stateful(bench, "nosy");
	struct state_port *port = provider_port(opened);
	struct tape tape = {0};
	struct error err = {0};

	assert_int_equal(provider_save(port, &tape, &err), -EIO);
	assert_contains(err.text,
			"it asked for the fact \"never/declared\", which it had not declared");
	port_close(port);
	opened_close(opened);
	tape_free(&tape);
}

static void a_backend_without_a_table_says_so(void **state)
{
	struct bench *bench = *state;
	struct provider *plain = NULL;
	struct opened *opened;
	struct state_port *port = NULL;
	struct error err = {0};

	assert_int_equal(
		provider_local_new(TEST_BUILD "/tests/backends/plain/plain.so", &plain, &err), 0);
	opened = test_open(plain, test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "x", NULL));
	assert_int_equal(opened_state(opened, &port, &err), -EOPNOTSUPP);
	assert_contains(err.text, "backend plain: it has no operations for device state");
	opened_close(opened);
	provider_free(plain);
}

struct job {
	struct state_port *port;
	int result;
};

static void *save_in_thread(void *arg)
{
	struct job *job = arg;
	struct tape tape = {0};
	struct error err = {0};

	job->result = provider_save(job->port, &tape, &err);
	tape_free(&tape);
	return NULL;
}

/* mtty is PARALLEL, and its sessions share nothing. */
static void sessions_run_side_by_side(void **state)
{
	struct bench *bench = *state;
	struct opened *a = serial(bench, "a");
	struct job jobs[3] = {{provider_port(a), 1}, {provider_port(a), 1}, {provider_port(a), 1}};
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, save_in_thread, &jobs[i]), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(jobs[i].result, 0);
		port_close(jobs[i].port);
	}
	opened_close(a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_backends_device_is_saved_and_loaded_through_its_table),
		TEST(a_device_may_have_several_sessions),
		TEST(broken_tables_and_sessions_are_refused_with_the_reason),
		TEST(an_answer_that_breaks_the_contract_ends_the_save),
		TEST(a_mistake_during_a_state_call_is_its_error),
		TEST(a_backend_without_a_table_says_so),
		TEST(sessions_run_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
