/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backends that read streams, in this process and in a worker: correct ones, and those
 * that break their contract.
 */
#include <errno.h>

#include "tests/support/stream.h"
#include "tests/support/worker.h"

struct side {
	struct provider *provider;
	struct opened *opened;
};

static struct test_host host;
static struct side sides[2]; /* in this process, and in a worker */
static struct migcompat_result result;

static struct provider *local_good(const char *name)
{
	struct provider *provider = NULL;
	struct error err = {0};
	char path[4096];

	assert_int_equal(provider_local_new(worker_path(name, path, sizeof(path)), &provider, &err),
			 0);
	if (provider->info.error)
		fail_msg("%s", provider->info.error);
	assert_int_equal(provider_settle(provider, NULL, NULL), 0);
	return provider;
}

static int setup(void **state)
{
	(void)state;
	worker_environment();
	test_host_make(&host, NULL);
	sides[0].provider = local_good("streams");
	sides[1].provider = worker_good("streams");
	for (size_t i = 0; i < 2; i++)
		sides[i].opened = test_open(sides[i].provider,
					    test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL));
	assert_int_equal(result_reset(&result), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		opened_close(sides[i].opened);
		provider_free(sides[i].provider);
	}
	result_free(&result);
	test_host_free(&host);
	return 0;
}

static int ask(const struct side *side, bool with_device, const char *text, struct error *err)
{
	const struct stream_head head = {.bytes = text, .len = strlen(text), .size = strlen(text)};

	assert_int_equal(result_reset(&result), 0);
	return provider_stream(side->provider, with_device ? side->opened : NULL, &head, &result,
			       err);
}

static void a_stream_is_read_with_a_device_and_without_one(void **state)
{
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ask(&sides[i], false, "good", &err), 0);
		assert_non_null(test_finding(&result, "stream_alone"));
		assert_int_equal(ask(&sides[i], true, "good", &err), 0);
		assert_non_null(test_finding(&result, "stream_with_device"));
		assert_int_equal(result.count, 1);
	}
}

static void an_unknown_stream_is_reported_as_such(void **state)
{
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ask(&sides[i], false, "who?", &err), -ENOMSG);
		assert_int_equal(ask(&sides[i], true, "", &err), -ENOMSG);
		assert_int_equal(result.count, 0);
	}
}

static void a_broken_answer_is_an_error_that_names_the_mistake(void **state)
{
	static const struct {
		const char *stream;
		int expected;
		const char *part;
	} cases[] = {
		{"b", -EIO, "it added a finding about a stream that it does not know"},
		{"n", -EIO, "it added no finding about a stream that it knows"},
		{"e", -EUCLEAN, "the stream could not be read: Structure needs cleaning"},
		{"1", -EIO, "the stream could not be read"},
		{"f", -EIO, "which it had not declared"},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
			struct error err = {0};

			assert_int_equal(ask(&sides[i], true, cases[c].stream, &err),
					 cases[c].expected);
			assert_contains(err.text, cases[c].part);
		}
	}
}

static void a_crash_costs_the_backend_alone(void **state)
{
	struct error err = {0};

	(void)state;
	assert_int_equal(ask(&sides[1], false, "crash", &err), -EIO);
	assert_contains(err.text, "backend streams: its worker was killed by signal");
	assert_int_equal(result.count, 0);
}

static void a_backend_without_streams_is_named(void **state)
{
	const struct stream_head head = {.bytes = "", .len = 0};
	struct provider *provider = local_good("plain");
	struct error err = {0};

	(void)state;
	assert_int_equal(provider_stream(provider, NULL, &head, &result, &err), -EOPNOTSUPP);
	assert_string_equal(err.text, "backend plain: it reads no streams");
	provider_free(provider);
}

static void the_longest_beginning_reaches_a_worker(void **state)
{
	static uint8_t bytes[MIGCOMPAT_STREAM_HEAD];
	const struct stream_head head = {.bytes = bytes, .len = sizeof(bytes)};
	struct provider *provider = worker_good("mtty");
	struct error err = {0};

	(void)state;
	stream_mtty(bytes, 1, 0, 2, 0);
	assert_int_equal(result_reset(&result), 0);
	assert_int_equal(provider_stream(provider, NULL, &head, &result, &err), 0);
	assert_int_equal(test_finding(&result, "stream_ports")->source.as.number, 2);
	provider_free(provider);
}

static void a_reader_of_streams_needs_no_key_and_serves_no_device(void **state)
{
	struct provider *provider = worker_good("streams/kernel_streams");
	struct opened *opened = NULL;
	struct error err = {0};

	(void)state;
	assert_int_equal(provider->info.nkeys, 0);
	assert_int_equal(provider_open(provider, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL),
				       &opened, &err),
			 -EOPNOTSUPP);
	assert_string_equal(err.text,
			    "backend kernel_streams: it serves no device, it only reads streams");
	provider_free(provider);
}

static void a_backend_with_neither_keys_nor_streams_is_refused(void **state)
{
	struct provider *provider = worker_make("keyless", WORKER_TIMEOUT_MS);

	(void)state;
	assert_string_equal(provider->info.error, "it has 0 keys, expected 1 to 64");
	provider_free(provider);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stream_is_read_with_a_device_and_without_one,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_stream_is_reported_as_such, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_broken_answer_is_an_error_that_names_the_mistake,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_crash_costs_the_backend_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_backend_without_streams_is_named, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_longest_beginning_reaches_a_worker, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_reader_of_streams_needs_no_key_and_serves_no_device, setup, teardown),
		cmocka_unit_test_setup_teardown(a_backend_with_neither_keys_nor_streams_is_refused,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
