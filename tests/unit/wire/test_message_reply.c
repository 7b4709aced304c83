/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies with descriptions and lists: complete, cut, and out of range. */
#include "tests/support/body.h"
#include "tests/support/same.h"

static int opened_through(const struct opened *opened, struct opened *ret)
{
	uint32_t number = 0;
	int r;

	setup(NULL);
	message_put_opened(&out, 5, opened);
	turn();
	r = message_get_opened(&reader, &number, ret);
	assert_int_equal(number, r ? 0 : 5);
	return r;
}

static void a_description_is_read_as_it_was_written(void **state)
{
	const struct opened opened = {.type = "serial-2port",
				      .model = "org.kernel/serial",
				      .mechanism = MIGCOMPAT_YES,
				      .not_target = "taken",
				      .payload = "1;a",
				      .payload_len = 3,
				      .newest = "1;a",
				      .newest_len = 3};
	const struct opened older = {
		.type = "a", .payload = "1;a", .payload_len = 3, .newest = "2;ab", .newest_len = 4};
	const struct opened sink_only = {.type = "queues", .not_source = "a type has no state"};
	struct opened got = {0};

	(void)state;
	assert_int_equal(opened_through(&opened, &got), 0);
	assert_string_equal(got.type, "serial-2port");
	assert_string_equal(got.model, "org.kernel/serial");
	assert_null(got.label);
	assert_string_equal(got.not_target, "taken");
	assert_string_equal(got.payload, "1;a");
	assert_int_equal(got.payload_len, 3);
	assert_string_equal(got.newest, "1;a");
	assert_int_equal(opened_through(&older, &got), 0);
	assert_string_equal(got.payload, "1;a");
	assert_string_equal(got.newest, "2;ab");
	assert_int_equal(got.newest_len, 4);
	assert_int_equal(opened_through(&sink_only, &got), 0);
	assert_null(got.payload);
	assert_null(got.newest);
}

static void a_contradictory_description_is_refused(void **state)
{
	static const struct opened bad[] = {
		{.type = NULL, .payload = "1", .payload_len = 1},
		{.type = "", .payload = "1", .payload_len = 1},
		{.type = "a:b", .payload = "1", .payload_len = 1},
		{.type = "a b", .payload = "1", .payload_len = 1},
		{.type = "a", .payload = NULL},
		{.type = "a", .payload = "", .payload_len = 0},
		{.type = "a", .payload = "1 2", .payload_len = 3},
		{.type = "a", .payload = "1\n", .payload_len = 2},
		{.type = "a", .payload = "1", .payload_len = 1, .not_source = "it is none"},
		{.type = "a", .payload = "1", .payload_len = 1, .mechanism = 3},
		{.type = "a", .payload = "1", .payload_len = 1, .newest = "", .newest_len = 0},
		{.type = "a", .payload = "1", .payload_len = 1, .newest = "1 2", .newest_len = 3},
		{.type = "a", .not_source = "it is none", .newest = "1", .newest_len = 1},
	};
	struct opened got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(opened_through(&bad[i], &got), -EBADMSG);
	assert_null(got.type);
}

static void sink_make(struct migcompat_sink *sink)
{
	const struct migcompat_parameter parameter = {.struct_size = sizeof(parameter),
						      .name = "ports",
						      .type = MIGCOMPAT_PARAMETER_INT,
						      .value = "2",
						      .init = "1",
						      .attribute = "ports",
						      .runtime = 1};
	const struct migcompat_candidate candidate = {
		.struct_size = sizeof(candidate), .name = "n=2", .extra = 3, .type = "two"};

	assert_int_equal(sink_parameter(sink, &parameter), 0);
	assert_int_equal(sink_candidate(sink, &candidate), 0);
	assert_int_equal(sink_write(sink, "ports", "2"), 0);
}

static void lists_are_read_as_they_were_written(void **state)
{
	struct migcompat_sink sink = {0}, got = {0};

	(void)state;
	sink_make(&sink);
	message_put_list(&out, &sink);
	turn();
	assert_int_equal(message_get_list(&reader, &got), 0);
	same_sink(&sink, &got);
	sink_free(&sink);
	sink_free(&got);
}

static void a_list_that_is_cut_anywhere_is_refused(void **state)
{
	struct migcompat_sink sink = {0}, got = {0};

	(void)state;
	sink_make(&sink);
	message_put_list(&out, &sink);
	for (size_t missing = 1; missing <= body_len(); missing++) {
		turn_cut(missing);
		assert_int_equal(message_get_list(&reader, &got), -EBADMSG);
		sink_free(&got);
	}
	sink_free(&sink);
}

static void a_write_outside_of_the_devices_folder_is_refused(void **state)
{
	static const char *const attributes[] = {"../../x",       "/x", "a/../x", ".", "a//b",
						 "driver/unbind", "a b"};
	struct sink_write write = {.value = "1"};
	struct migcompat_sink sink = {.writes = &write, .nwrites = 1}, got = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		write.attribute = attributes[i];
		message_put_list(&out, &sink);
		turn();
		assert_int_equal(message_get_list(&reader, &got), -EBADMSG);
		assert_int_equal(got.nwrites, 0);
		sink_free(&got);
	}
}

static void a_write_of_more_than_a_line_is_refused(void **state)
{
	struct sink_write write = {.attribute = "a", .value = "1\nrm -rf /"};
	struct migcompat_sink sent = {.writes = &write, .nwrites = 1}, sink = {0};

	(void)state;
	message_put_list(&out, &sent);
	turn();
	assert_int_equal(message_get_list(&reader, &sink), -EBADMSG);
	assert_int_equal(sink_write(&sink, "a", "1\nrm -rf /"), -EINVAL);
	assert_int_equal(sink_write(&sink, "a", "1\xc2\x9b"), -EINVAL);
	assert_int_equal(sink_write(&sink, "a", "1\xff"), -EINVAL);
	assert_int_equal(sink.nwrites, 0);
	sink_free(&sink);
}

static void an_invalid_parameter_is_refused(void **state)
{
	struct migcompat_parameter parameter = {
		.struct_size = sizeof(parameter), .name = "ports", .value = "2", .init = "1"};
	struct migcompat_sink sink = {0};

	(void)state;
	parameter.attribute = "../ports";
	assert_int_equal(sink_parameter(&sink, &parameter), -EINVAL);
	parameter.attribute = "ports";
	parameter.name = "a/b";
	assert_int_equal(sink_parameter(&sink, &parameter), -EINVAL);
	parameter.name = "..";
	assert_int_equal(sink_parameter(&sink, &parameter), -EINVAL);
	parameter.name = "ports";
	parameter.off = "\x1b[2J";
	assert_int_equal(sink_parameter(&sink, &parameter), -EINVAL);
	parameter.off = NULL;
	assert_int_equal(sink_parameter(&sink, &parameter), 0);
	sink_free(&sink);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_description_is_read_as_it_was_written),
		test(a_contradictory_description_is_refused),
		test(lists_are_read_as_they_were_written),
		test(a_list_that_is_cut_anywhere_is_refused),
		test(a_write_outside_of_the_devices_folder_is_refused),
		test(a_write_of_more_than_a_line_is_refused),
		test(an_invalid_parameter_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
