/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Payload records: what was written is read back, and anything else is refused. */
#include <errno.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/finding/record.h"
#include "core/finding/result.h"
#include "tests/support/test.h"

enum { COUNT_FIELD, MASK, RELEASE, NAME, NOTE, FIELDS };

static const struct migcompat_field fields[FIELDS] = {
	[COUNT_FIELD] = {"count", "ports", MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL,
			 MIGCOMPAT_LIMIT_PARAMETER, 0},
	[MASK] = {"mask", NULL, MIGCOMPAT_VALUE_HEX, MIGCOMPAT_RULE_SUPERSET,
		  MIGCOMPAT_LIMIT_HARDWARE, 0},
	[RELEASE] = {"release", NULL, MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_RULE_VERSION,
		     MIGCOMPAT_LIMIT_DRIVER, 0},
	[NAME] = {"name", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
		  MIGCOMPAT_LIMIT_HARDWARE, 0},
	[NOTE] = {"note", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
		  MIGCOMPAT_LIMIT_HARDWARE, MIGCOMPAT_FIELD_OPTIONAL},
};
static const struct migcompat_record record = {sizeof(record), fields, sizeof(fields[0]),
					       FIELDS,         1,      2};

static struct migcompat_value text(const char *value)
{
	return (struct migcompat_value){
		MIGCOMPAT_VALUE_TEXT, (uint32_t)strlen(value), {.text = value}};
}

static struct migcompat_value number(uint32_t type, uint64_t value)
{
	return (struct migcompat_value){type, 0, {.number = value}};
}

static void sample(struct migcompat_value values[FIELDS])
{
	values[COUNT_FIELD] = number(MIGCOMPAT_VALUE_NUMBER, 42);
	values[MASK] = number(MIGCOMPAT_VALUE_HEX, 0xf0);
	values[RELEASE] = number(MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_VERSION(2, 1, 3));
	values[NAME] = text("card");
	values[NOTE] = (struct migcompat_value){0};
}

static int write_sample(char *buffer, size_t size)
{
	struct migcompat_value values[FIELDS];

	sample(values);
	return record_write(&record, 1, values, buffer, size);
}

/* Read a payload. The reason of a refusal stays in the result. */
static int read_back(struct migcompat_result *result, const char *payload, size_t len,
		     struct migcompat_value *values)
{
	uint32_t format = 0;

	assert_int_equal(result_reset(result), 0);
	return record_read(result, &record, payload, len, values, &format);
}

static void equal_values_give_equal_bytes(void **state)
{
	char a[256], b[256];
	int len = write_sample(a, sizeof(a));

	(void)state;
	assert_int_equal(len, write_sample(b, sizeof(b)));
	assert_memory_equal(a, b, (size_t)len);
}

static void what_is_written_is_read_back(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_value values[FIELDS];
	char buffer[256];
	int len = write_sample(buffer, sizeof(buffer));

	(void)state;
	assert_int_equal(read_back(&result, buffer, (size_t)len, values), 0);
	assert_int_equal(values[COUNT_FIELD].as.number, 42);
	assert_int_equal(values[MASK].as.number, 0xf0);
	assert_int_equal(values[RELEASE].as.number, MIGCOMPAT_VERSION(2, 1, 3));
	assert_memory_equal(values[NAME].as.text, "card", 4);
	assert_int_equal(values[NOTE].type, MIGCOMPAT_VALUE_NONE);
	result_free(&result);
}

static void no_prefix_of_a_payload_is_a_payload(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_value values[FIELDS];
	char buffer[256];
	int len = write_sample(buffer, sizeof(buffer));

	(void)state;
	for (int cut = 0; cut < len; cut++) {
		assert_int_equal(read_back(&result, buffer, (size_t)cut, values), -EINVAL);
		assert_int_equal(result.bad_limits, 1u << MIGCOMPAT_LIMIT_FORMAT);
	}
	result_free(&result);
}

static void any_changed_byte_is_refused(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_value values[FIELDS];
	char buffer[256];
	int len = write_sample(buffer, sizeof(buffer));

	(void)state;
	for (int at = 0; at < len; at++) {
		for (int c = 0x21; c < 0x7f; c++) {
			char was = buffer[at];

			if (c == was)
				continue;
			buffer[at] = (char)c;
			assert_int_equal(read_back(&result, buffer, (size_t)len, values), -EINVAL);
			buffer[at] = was;
		}
	}
	result_free(&result);
}

/* Make a payload of this body and its checksum. */
static int sealed(const char *body, char *buffer)
{
	return sprintf(buffer, "%s=%016llx", body,
		       (unsigned long long)XXH3_64bits(body, strlen(body)));
}

static void refused(const char *body, const char *why)
{
	struct migcompat_result result = {0};
	struct migcompat_value values[FIELDS];
	char buffer[512];
	int len = sealed(body, buffer);

	assert_int_equal(read_back(&result, buffer, (size_t)len, values), -EINVAL);
	assert_contains(result.findings[0].text, why);
	result_free(&result);
}

static void malformed_bodies_are_refused_with_the_reason(void **state)
{
	(void)state;
	refused("x;", "format number");
	refused("01;count=1;", "format number");
	refused("3;count=1;", "payload format 3 is not known here, expected 1 to 2");
	refused("4294967296;count=1;", "format number");
	refused("1;count=1;", "mandatory field is missing");
	refused("1;count;mask=0x1;release=1.0.0;name=a;", "no value");
	refused("1;count=1;count=1;mask=0x1;release=1.0.0;name=a;", "twice");
	refused("1;count=01;mask=0x1;release=1.0.0;name=a;", "malformed");
	refused("1;count=18446744073709551616;mask=0x1;release=1.0.0;name=a;", "malformed");
	refused("1;count=1;mask=1;release=1.0.0;name=a;", "malformed");
	refused("1;count=1;mask=0x11111111111111111;release=1.0.0;name=a;", "malformed");
	refused("1;count=1;mask=0x1;release=1.0;name=a;", "malformed");
	refused("1;count=1;mask=0x1;release=1.0.9999999;name=a;", "malformed");
	refused("1;count=1;mask=0x1;release=1.0.0;name=a;new=1;",
		"mandatory field that is not known");
}

static void an_unknown_optional_field_is_skipped(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_value values[FIELDS];
	char buffer[512];
	int len = sealed("1;count=1;mask=0x1;~new=yes;release=1.0.0;name=a;", buffer);

	(void)state;
	assert_int_equal(read_back(&result, buffer, (size_t)len, values), 0);
	assert_int_equal(values[COUNT_FIELD].as.number, 1);
	result_free(&result);
}

static void bytes_that_no_string_may_hold_are_escaped_and_compare_equal(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_value values[FIELDS], source[FIELDS];
	char buffer[256];
	uint32_t format;
	int len;

	(void)state;
	sample(values);
	values[NAME] = text("a b;c%d\xc3\xa9");
	len = record_write(&record, 1, values, buffer, sizeof(buffer));
	assert_true(len > 0);
	for (int i = 0; i < len; i++)
		assert_true(buffer[i] >= 0x21 && buffer[i] <= 0x7e);
	assert_int_equal(result_reset(&result), 0);
	assert_int_equal(record_read(&result, &record, buffer, (size_t)len, source, &format), 0);
	record_compare(&result, &record, source, values);
	assert_int_equal(result.bad_count, 0);
	result_free(&result);
}

static void a_value_of_another_type_is_not_written(void **state)
{
	struct migcompat_value values[FIELDS];
	char buffer[256];

	(void)state;
	sample(values);
	values[MASK] = number(MIGCOMPAT_VALUE_NUMBER, 1);
	assert_int_equal(record_write(&record, 1, values, buffer, sizeof(buffer)), -EINVAL);
}

static void an_unknown_format_is_not_written(void **state)
{
	struct migcompat_value values[FIELDS];
	char buffer[256];

	(void)state;
	sample(values);
	assert_int_equal(record_write(&record, 3, values, buffer, sizeof(buffer)), -EINVAL);
	assert_true(record_write(&record, 2, values, buffer, sizeof(buffer)) > 0);
}

static void a_buffer_that_is_too_small_is_refused(void **state)
{
	char buffer[256];
	int len = write_sample(buffer, sizeof(buffer));

	(void)state;
	for (int size = 0; size < len; size++)
		assert_int_equal(write_sample(buffer, (size_t)size), -ENOBUFS);
}

static void all_mismatches_are_found_in_one_pass(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_value source[FIELDS], target[FIELDS];

	(void)state;
	sample(source);
	sample(target);
	target[COUNT_FIELD].as.number = 1;
	target[MASK].as.number = 0x10;
	target[RELEASE].as.number = MIGCOMPAT_VERSION(3, 0, 0);
	target[NAME] = text("other");
	assert_int_equal(result_reset(&result), 0);
	record_compare(&result, &record, source, target);
	assert_int_equal(result.bad_count, 4);
	assert_int_equal(result.bad_limits, 1u << MIGCOMPAT_LIMIT_PARAMETER |
						    1u << MIGCOMPAT_LIMIT_HARDWARE |
						    1u << MIGCOMPAT_LIMIT_DRIVER);
	result_free(&result);
}

static void an_optional_field_of_one_side_alone_is_unknown_not_bad(void **state)
{
	struct migcompat_result result = {0};
	struct migcompat_value source[FIELDS], target[FIELDS];

	(void)state;
	sample(source);
	sample(target);
	source[NOTE] = text("x");
	assert_int_equal(result_reset(&result), 0);
	record_compare(&result, &record, source, target);
	assert_int_equal(result.bad_count, 0);
	assert_int_equal(result.findings[result.count - 1].status, MIGCOMPAT_STATUS_UNKNOWN);
	result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_values_give_equal_bytes),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(no_prefix_of_a_payload_is_a_payload),
		cmocka_unit_test(any_changed_byte_is_refused),
		cmocka_unit_test(malformed_bodies_are_refused_with_the_reason),
		cmocka_unit_test(an_unknown_optional_field_is_skipped),
		cmocka_unit_test(bytes_that_no_string_may_hold_are_escaped_and_compare_equal),
		cmocka_unit_test(a_value_of_another_type_is_not_written),
		cmocka_unit_test(an_unknown_format_is_not_written),
		cmocka_unit_test(a_buffer_that_is_too_small_is_refused),
		cmocka_unit_test(all_mismatches_are_found_in_one_pass),
		cmocka_unit_test(an_optional_field_of_one_side_alone_is_unknown_not_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
