/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Version strings are written and parsed. */
#include <errno.h>

#include "core/check/version_string.h"
#include "tests/support/test.h"

static void refused(const char *text, size_t len, int error, const char *part)
{
	struct version_string string;
	struct error err = {0};

	assert_int_equal(version_string_parse(text, len, &string, &err), error);
	assert_contains(err.text, part);
}

static int write_string(const char *namespace, const char *type, const char *payload, char *buffer,
			size_t size)
{
	const struct version_string string = {
		.namespace = namespace,
		.namespace_len = strlen(namespace),
		.kind = MIGCOMPAT_KIND_MDEV,
		.type = type,
		.type_len = strlen(type),
		.payload = payload,
		.payload_len = strlen(payload),
	};

	return version_string_write(&string, buffer, size);
}

#define REFUSED(text, error, part) refused(text, sizeof(text) - 1, error, part)

static void a_written_string_comes_apart_again(void **state)
{
	char text[256];
	struct version_string string;
	int len = write_string("mtty", "serial-2port", "1;x;", text, sizeof(text));

	(void)state;
	assert_string_equal(text, "mtty:mdev:serial-2port:1;x;");
	assert_int_equal(version_string_parse(text, (size_t)len, &string, NULL), 0);
	assert_int_equal(string.kind, MIGCOMPAT_KIND_MDEV);
	assert_int_equal(string.type_len, 12);
	assert_int_equal(string.payload_len, 4);
	assert_memory_equal(string.payload, "1;x;", 4);
}

static void one_newline_at_the_end_is_accepted(void **state)
{
	struct version_string string;

	(void)state;
	assert_int_equal(version_string_parse("a:mdev:b:c\n", 11, &string, NULL), 0);
	assert_int_equal(string.payload_len, 1);
	REFUSED("a:mdev:b:c\n\n", -EINVAL, "byte 11");
}

static void an_empty_string_is_refused(void **state)
{
	(void)state;
	REFUSED("", -EINVAL, "empty");
	REFUSED("\n", -EINVAL, "empty");
}

static void bytes_outside_the_printable_range_are_refused_with_their_place(void **state)
{
	(void)state;
	REFUSED("a:mdev:b c:d", -EINVAL, "byte 9 of the string is 0x20");
	REFUSED("a:mdev:b:d\x01", -EINVAL, "0x01");
	REFUSED("a:mdev:b:d\0e", -EINVAL, "0x00");
	REFUSED("a:mdev:b:d\xc3\xa9", -EINVAL, "0xc3");
	REFUSED("a:mdev:b:\x7f", -EINVAL, "0x7f");
}

static void each_byte_is_checked_at_each_place(void **state)
{
	char text[] = "a:mdev:b:0123456789abcdef", part[64];
	struct version_string string;

	(void)state;
	for (size_t at = 9; at < sizeof(text) - 1; at++) {
		char kept = text[at];

		for (unsigned byte = 0; byte <= 0xff; byte++) {
			text[at] = (char)byte;
			if (byte >= 0x21 && byte <= 0x7e) {
				assert_int_equal(
					version_string_parse(text, sizeof(text) - 1, &string, NULL),
					0);
				continue;
			}
			if (at == sizeof(text) - 2 && byte == '\n')
				continue;
			snprintf(part, sizeof(part), "byte %zu of the string is 0x%02x", at + 1,
				 byte);
			refused(text, sizeof(text) - 1, -EINVAL, part);
		}
		text[at] = kept;
	}
}

static void a_string_without_its_parts_is_refused(void **state)
{
	(void)state;
	REFUSED("nocolon", -EINVAL, "namespace");
	REFUSED(":mdev:b:c", -EINVAL, "namespace");
	REFUSED("UPPER:mdev:b:c", -EINVAL, "namespace");
	REFUSED("a23456789012345678901234567890123:mdev:b:c", -EINVAL, "namespace");
	REFUSED("a:mdevv:b:c", -EINVAL, "kind");
	REFUSED("a:mdev", -EINVAL, "kind");
	REFUSED("a:mdev:b", -EINVAL, "type");
	REFUSED("a:mdev::c", -EINVAL, "type");
	REFUSED("a:mdev:b:", -EINVAL, "payload");
}

static void length_is_bounded_at_4094_bytes(void **state)
{
	char text[MIGCOMPAT_STRING_MAX + 2];
	struct version_string string;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "a:mdev:b:", 9);
	assert_int_equal(version_string_parse(text, MIGCOMPAT_STRING_MAX, &string, NULL), 0);
	refused(text, MIGCOMPAT_STRING_MAX + 1, -E2BIG, "the string has more than 4094 bytes");
	text[MIGCOMPAT_STRING_MAX] = '\n';
	assert_int_equal(version_string_parse(text, MIGCOMPAT_STRING_MAX + 1, &string, NULL), 0);
}

static void a_prefix_longer_than_128_bytes_is_refused(void **state)
{
	char text[256], type[200];

	(void)state;
	memset(type, 't', sizeof(type));
	type[121] = '\0';
	assert_int_equal(write_string("a", type, "p", text, sizeof(text)), 130);
	type[121] = 't';
	type[122] = '\0';
	assert_int_equal(write_string("a", type, "p", text, sizeof(text)), -E2BIG);
	snprintf(text, sizeof(text), "a:mdev:%s:p", type);
	refused(text, strlen(text), -EINVAL, "first three parts have 129 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_written_string_comes_apart_again),
		cmocka_unit_test(one_newline_at_the_end_is_accepted),
		cmocka_unit_test(an_empty_string_is_refused),
		cmocka_unit_test(bytes_outside_the_printable_range_are_refused_with_their_place),
		cmocka_unit_test(each_byte_is_checked_at_each_place),
		cmocka_unit_test(a_string_without_its_parts_is_refused),
		cmocka_unit_test(length_is_bounded_at_4094_bytes),
		cmocka_unit_test(a_prefix_longer_than_128_bytes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
