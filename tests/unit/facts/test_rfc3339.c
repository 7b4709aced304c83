/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times in documents. */
#include "core/facts/macros.h"
#include "core/facts/rfc3339.h"

#include <errno.h>

#include "tests/support/test.h"

static void times_become_seconds(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} times[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1969-12-31T23:59:59Z", -1},
		{"2026-11-21T02:00:00Z", 1795226400},
		{"2026-11-21T03:00:00+01:00", 1795226400},
		{"2026-11-20T20:30:00-05:30", 1795226400},
		{"2026-11-21t02:00:00.999z", 1795226400},
		{"2024-02-29 00:00:00Z", 1709164800},
		{"2016-12-31T23:59:60Z", 1483228800},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		int64_t seconds = 7;

		assert_int_equal(rfc3339_parse(times[i].text, &seconds), 0);
		assert_int_equal(seconds, times[i].seconds);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"now",
		"2026-11-21",
		"2026-11-21T02:00:00",
		"2026-11-21T02:00Z",
		"2026-13-21T02:00:00Z",
		"2026-02-29T02:00:00Z",
		"2026-11-31T02:00:00Z",
		"2026-11-00T02:00:00Z",
		"2026-11-21T24:00:00Z",
		"2026-11-21T02:60:00Z",
		"2026-11-21T02:00:61Z",
		"2026-11-21T02:00:00.Z",
		"2026-11-21T02:00:00+1",
		"2026-11-21T02:00:00+24:00",
		"2026-11-21T02:00:00Z ",
		"+026-11-21T02:00:00Z",
		"0000-11-21T02:00:00Z",
		"2026-11-21X02:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		int64_t seconds = 7;

		assert_int_equal(rfc3339_parse(texts[i], &seconds), -EINVAL);
		assert_int_equal(seconds, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_become_seconds),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
