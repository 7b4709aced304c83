/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The head of mtty's migration stream: each field passes, fails, and is cut. */
#include <byteswap.h>
#include <errno.h>

#include "tests/support/device.h"
#include "tests/support/stream.h"

static struct test_host host;
static struct provider *provider;
static struct migcompat_result result;

static int setup(void **state)
{
	(void)state;
	test_host_make(&host, (const char *const[]){"kernel/release", "6.12.0", NULL});
	provider = test_backend("mtty", NULL);
	assert_int_equal(result_reset(&result), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	result_free(&result);
	provider_free(provider);
	test_host_free(&host);
	return 0;
}

static int read_stream(const uint8_t *bytes, size_t len, uint64_t size, const char *const *facts)
{
	const struct stream_head head = {.bytes = bytes, .len = len, .size = size};
	struct opened *opened =
		facts ? test_open(provider, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", facts))
		      : NULL;
	int r;

	assert_int_equal(result_reset(&result), 0);
	r = provider_stream(provider, opened, &head, &result, NULL);
	opened_close(opened);
	return r;
}

static const char *const dual[] = {"mdev_type", "mtty-2", NULL};

/* Compares a stream of these numbers with an mtty of two ports. */
static void against_dual(uint32_t major, uint32_t minor, uint32_t ports, uint32_t flags)
{
	uint8_t bytes[24 + 4 * 36];
	size_t len = stream_mtty(bytes, major, minor, ports, flags);

	assert_int_equal(read_stream(bytes, len, len, dual), 0);
}

static void bad_alone(const char *field, uint32_t limit)
{
	assert_int_equal(result.bad_count, 1);
	assert_int_equal(test_finding(&result, field)->status, MIGCOMPAT_STATUS_BAD);
	assert_int_equal(test_finding(&result, field)->limit, limit);
}

static void a_stream_of_as_many_ports_fits(void **state)
{
	(void)state;
	against_dual(1, 0, 2, 0);
	assert_int_equal(result.bad_count, 0);
	assert_int_equal(test_finding(&result, "stream_ports")->status, MIGCOMPAT_STATUS_OK);
}

static void the_driver_is_named_first(void **state)
{
	(void)state;
	against_dual(1, 0, 2, 0);
	assert_string_equal(result.findings[0].field, "stream_driver");
	assert_memory_equal(result.findings[0].source.as.text, "mtty", 4);
}

static void other_ports_are_refused_with_both_numbers(void **state)
{
	char text[128];

	(void)state;
	against_dual(1, 0, 1, 0);
	bad_alone("stream_ports", MIGCOMPAT_LIMIT_PARAMETER);
	finding_render_reason(test_finding(&result, "stream_ports"), text, sizeof(text));
	assert_string_equal(text, "source has 1 ports in its stream, target has 2");
}

static void another_version_is_refused(void **state)
{
	(void)state;
	against_dual(2, 0, 2, 0);
	bad_alone("stream_major", MIGCOMPAT_LIMIT_DRIVER);
	against_dual(1, 1, 2, 0);
	bad_alone("stream_minor", MIGCOMPAT_LIMIT_DRIVER);
}

static void the_version_that_is_stated_of_the_target_counts(void **state)
{
	uint8_t bytes[24 + 4 * 36];
	size_t len = stream_mtty(bytes, 1, 1, 2, 0);

	(void)state;
	assert_int_equal(read_stream(bytes, len, len,
				     (const char *const[]){"mdev_type", "mtty-2",
							   "stated/state_version", "1.1.0", NULL}),
			 0);
	assert_int_equal(result.bad_count, 0);
}

static void flags_are_refused(void **state)
{
	(void)state;
	against_dual(1, 0, 2, 1);
	bad_alone("stream_flags", MIGCOMPAT_LIMIT_FORMAT);
}

static void all_that_is_wrong_is_told_at_once(void **state)
{
	(void)state;
	against_dual(2, 3, 1, 4);
	assert_int_equal(result.bad_count, 4);
}

static void a_stream_of_another_length_is_refused(void **state)
{
	uint8_t bytes[24 + 4 * 36];
	size_t len = stream_mtty(bytes, 1, 0, 2, 0);

	(void)state;
	assert_int_equal(read_stream(bytes, len - 1, len - 1, dual), 0);
	bad_alone("stream_length", MIGCOMPAT_LIMIT_FORMAT);
	assert_string_equal(test_finding(&result, "stream_length")->text,
			    "the stream has 95 bytes, expected 96");
	assert_int_equal(read_stream(bytes, len, 0, dual), 0); /* the length is not known */
	assert_int_equal(result.bad_count, 0);
}

static void a_head_that_is_cut_is_refused_and_less_than_its_magic_is_none(void **state)
{
	uint8_t bytes[24 + 4 * 36];

	(void)state;
	stream_mtty(bytes, 1, 0, 2, 0);
	for (size_t len = 0; len < 8; len++)
		assert_int_equal(read_stream(bytes, len, len, dual), -ENOMSG);
	for (size_t len = 8; len < 24; len++) {
		assert_int_equal(read_stream(bytes, len, len, dual), 0);
		bad_alone("stream_format", MIGCOMPAT_LIMIT_FORMAT);
	}
}

static void a_stream_of_the_other_byte_order_is_refused(void **state)
{
	uint8_t bytes[24 + 4 * 36];
	size_t len = stream_mtty(bytes, 1, 0, 2, 0);

	(void)state;
	stream_put(bytes, bswap_64(STREAM_MTTY_MAGIC), 8);
	assert_int_equal(read_stream(bytes, len, len, dual), 0);
	bad_alone("stream_format", MIGCOMPAT_LIMIT_FORMAT);
}

static void what_is_no_stream_of_mtty_is_none(void **state)
{
	uint8_t bytes[64] = {1, 2, 3};

	(void)state;
	assert_int_equal(read_stream(bytes, sizeof(bytes), sizeof(bytes), dual), -ENOMSG);
	assert_int_equal(result.count, 0);
}

static void without_a_target_only_what_a_target_has_is_open(void **state)
{
	uint8_t bytes[24 + 4 * 36];
	size_t len = stream_mtty(bytes, 1, 0, 2, 0);

	(void)state;
	assert_int_equal(read_stream(bytes, len, len, NULL), 0);
	assert_int_equal(test_finding(&result, "stream_ports")->status, MIGCOMPAT_STATUS_UNKNOWN);
	assert_int_equal(test_finding(&result, "stream_ports")->target.type, MIGCOMPAT_VALUE_NONE);
	assert_int_equal(test_finding(&result, "stream_major")->status, MIGCOMPAT_STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_stream_of_as_many_ports_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(the_driver_is_named_first, setup, teardown),
		cmocka_unit_test_setup_teardown(other_ports_are_refused_with_both_numbers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(another_version_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(the_version_that_is_stated_of_the_target_counts,
						setup, teardown),
		cmocka_unit_test_setup_teardown(flags_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(all_that_is_wrong_is_told_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stream_of_another_length_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_head_that_is_cut_is_refused_and_less_than_its_magic_is_none, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_stream_of_the_other_byte_order_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_no_stream_of_mtty_is_none, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_target_only_what_a_target_has_is_open,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
