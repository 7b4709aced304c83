/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device state through a worker: the same as in this process, and the effects of a worker
 * that ends or breaks its contract.
 */
#include <signal.h>

#include "tests/support/provider_state.h"
#include "tests/support/worker.h"

static const char *const two_ports[] = {"mdev_type", "mtty-2", NULL};

struct bench {
	struct test_host host;
	struct provider *provider;
	struct opened *a, *b;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	test_host_make(&bench->host, (const char *const[]){"kernel/release", "6.12.0", NULL});
	bench->provider = worker_good("mtty");
	bench->a = test_open(bench->provider,
			     test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "a", two_ports));
	bench->b = test_open(bench->provider,
			     test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "b", two_ports));
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	opened_close(bench->a);
	opened_close(bench->b);
	provider_free(bench->provider);
	test_host_free(&bench->host);
	free(bench);
	return 0;
}

static void a_device_is_saved_and_loaded_through_memory_that_both_map(void **state)
{
	struct bench *bench = *state;
	size_t before = worker_descriptors();
	struct state_port *source = provider_port(bench->a), *target = provider_port(bench->b);

	assert_int_equal(worker_descriptors(), before); /* only the mapping stays */
	assert_int_equal(source->info.memory_size, 64u << 20);
	provider_copy(source, target);
	port_close(source);
	port_close(target);
}

static void a_state_saved_in_a_worker_is_loaded_in_this_process(void **state)
{
	struct bench *bench = *state;
	struct provider *local = test_backend("mtty", NULL);
	struct opened *here =
		test_open(local, test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "c", two_ports));
	struct state_port *source = provider_port(bench->a), *target = provider_port(here);

	provider_copy(source, target);
	port_close(source);
	port_close(target);
	opened_close(here);
	provider_free(local);
}

static void what_the_regions_refuse_is_refused_with_their_sentence(void **state)
{
	static const struct state_write writes[] = {{STATE_FIELD(version), 1},
						    {STATE_FIELD(device_state), 9}};
	struct bench *bench = *state;
	struct state_port *port = provider_port(bench->a);
	struct migcompat_control control;
	struct error err = {0};

	assert_int_equal(port_run(port, writes, 2, false, &control, &err), -EINVAL);
	assert_contains(err.text, "backend mtty: 0x9 is no device state");
	assert_int_equal(control.device_state, MIGCOMPAT_DEVICE_RUNNING);
	assert_int_equal(control.version, 1);
	port_close(port);
}

static void a_device_closes_its_sessions(void **state)
{
	struct bench *bench = *state;
	struct opened *c = test_open(
		bench->provider, test_device(&bench->host, MIGCOMPAT_KIND_MDEV, "c", two_ports));
	struct state_port *port = provider_port(c);

	port_close(port);
	opened_close(c);
	port = provider_port(bench->a);
	provider_copy(port, port);
	port_close(port);
}

static void a_worker_that_ends_ends_its_sessions(void **state)
{
	struct bench *bench = *state;
	struct state_port *port = provider_port(bench->a);
	struct tape tape = {0};
	struct error err = {0};

	assert_int_equal(kill(worker_process(), SIGKILL), 0);
	assert_int_equal(provider_save(port, &tape, &err), -EIO);
	assert_contains(err.text, "worker");
	assert_int_equal(provider_save(port, &tape, &err), -EIO);
	port_close(port);
	tape_free(&tape);
}

static struct opened *stateful(struct bench *bench, struct provider *provider, const char *how)
{
	return test_open(provider, test_device(&bench->host, MIGCOMPAT_KIND_MDEV, how,
					       (const char *const[]){"plain", how, NULL}));
}

static void sessions_are_closed_and_there_are_not_too_many(void **state)
{
	struct bench *bench = *state;
	struct provider *worker = worker_good("stateful");
	struct opened *opened = stateful(bench, worker, "x");
	struct state_port *ports[16], *more = NULL;
	struct error err = {0};

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 16; i++)
			ports[i] = provider_port(opened);
		assert_int_equal(opened_state(opened, &more, &err), -EMFILE);
		assert_contains(err.text, "more than 16 sessions");
		for (int i = 0; i < 16; i++)
			port_close(ports[i]);
	}
	opened_close(opened);
	provider_free(worker);
}

static void what_breaks_its_contract_is_told_as_in_this_process(void **state)
{
	static const char *const cases[] = {"no table", "short table", "no open",    "no session",
					    "fail",     "answer 1",    "odd memory", "no info"};
	struct bench *bench = *state;
	struct provider *worker = worker_good("stateful"), *local = NULL;
	struct error err = {0};

	assert_int_equal(
		provider_local_new(TEST_BUILD "/tests/backends/stateful/stateful.so", &local, &err),
		0);
	assert_int_equal(provider_settle(local, NULL, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct opened *there = stateful(bench, worker, cases[i]),
			      *here = stateful(bench, local, cases[i]);
		struct state_port *port = NULL;
		struct error x = {0}, y = {0};

		assert_int_equal(opened_state(there, &port, &x), opened_state(here, &port, &y));
		assert_null(port);
		assert_string_equal(x.text, y.text);
		opened_close(there);
		opened_close(here);
	}
	provider_free(worker);
	provider_free(local);
}

static void a_crash_in_a_session_costs_that_backend_alone(void **state)
{
	struct bench *bench = *state;
	struct provider *worker = worker_good("stateful");
	struct opened *opened = stateful(bench, worker, "crash");
	struct state_port *port = provider_port(opened), *other;
	struct tape tape = {0};
	struct error err = {0};

	assert_int_equal(provider_save(port, &tape, &err), -EIO);
	assert_contains(err.text, "killed by signal 11");
	port_close(port);
	opened_close(opened);
	provider_free(worker);
	other = provider_port(bench->a);
	provider_copy(other, other);
	port_close(other);
	tape_free(&tape);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_saved_and_loaded_through_memory_that_both_map),
		TEST(a_state_saved_in_a_worker_is_loaded_in_this_process),
		TEST(what_the_regions_refuse_is_refused_with_their_sentence),
		TEST(sessions_are_closed_and_there_are_not_too_many),
		TEST(a_device_closes_its_sessions),
		TEST(a_worker_that_ends_ends_its_sessions),
		TEST(what_breaks_its_contract_is_told_as_in_this_process),
		TEST(a_crash_in_a_session_costs_that_backend_alone),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
