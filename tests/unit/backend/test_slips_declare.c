/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mistakes of a backend in what it declares and lists: tables, descriptions, facts, parameters. */
#include "tests/support/worker_slips.h"

static void a_table_is_checked(void **state)
{
#define MAKE "payload of x: it could not make the version string: "
	(void)state;
	SLIPS({"field size",
	       MAKE
	       "its record has field_size 0, expected sizeof(struct migcompat_field), at least 32",
	       OPEN},
	      {"record size", MAKE "its record has struct_size 8, expected at least 40", OPEN},
	      {"no fields", MAKE "its record has 0 fields, expected 1 to 64", OPEN},
	      {"field name",
	       MAKE "field 1 of its record is named \"Count\", expected 1 to 64 of a-z, 0-9 and _",
	       OPEN},
	      {"field twice", MAKE "its record has the field \"mask\" twice", OPEN},
	      {"rule 99", MAKE "the field \"count\" has the rule 99, expected 0 to 6", OPEN},
	      {"rule and value",
	       MAKE "the field \"count\" is a version, which the rule \"superset\" cannot compare",
	       OPEN},
	      {"value type 9", MAKE "the field \"count\" has the value type 9, expected 1 to 4",
	       OPEN},
	      {"flags", MAKE "the field \"count\" has the flags 0x40, which are not known here",
	       OPEN});
#undef MAKE
}

static void descriptions_are_checked(void **state)
{
	(void)state;
	SLIPS({"type with colon",
	       "describe of x: the migration type has the byte 0x3a at offset 1, expected 0x21 to "
	       "0x7e without ':'",
	       OPEN},
	      {"type empty", "describe of x: the migration type is empty", OPEN},
	      {"type null", "describe of x: the migration type is NULL", OPEN},
	      {"type too long",
	       "describe of x: the migration type has 100 bytes, expected at most 83", OPEN},
	      {"unset and source",
	       "describe of x: the migration type is \"unset\", yet the device can be a source",
	       OPEN},
	      {"mechanism", "describe of x: the mechanism is 7, expected 0 to 2", OPEN},
	      {"payload blank",
	       "payload of x: the version string has the byte 0x20 at offset 3, expected 0x21 to "
	       "0x7e",
	       OPEN},
	      {"payload empty", "payload of x: the version string has 0 bytes, expected 1 to 3965",
	       OPEN},
	      {"payload unstable",
	       "payload of x: the version string differs in the second call, from offset 0 on",
	       OPEN});
}

static void only_declared_facts_and_settings_are_given(void **state)
{
	(void)state;
	SLIPS({"setting",
	       "open of x: it asked for the setting \"never_declared\", which it had not declared",
	       OPEN},
	      {"setting in compare",
	       "compare of x: it asked for the setting \"never_declared\", which it had not "
	       "declared",
	       COMPARE},
	      {"kernel",
	       "open of x: it asked for the fact \"vfio/debugfs\", which it had not declared",
	       OPEN},
	      {"scope",
	       "open of x: it asked for the fact \"module/plain/version\" of the device, which it "
	       "had declared of the host "
	       "(MIGCOMPAT_WANT_HOST)",
	       OPEN},
	      {"write to a fact", "open of x: it wrote to the value of the fact \"many/count\"",
	       OPEN});
}

static void parameters_are_checked(void **state)
{
	(void)state;
	SLIPS({"parameter size",
	       "parameters of x: a parameter has struct_size 0, expected at least 80", PARAMETERS},
	      {"parameter name",
	       "parameters of x: a parameter is named \"a b\", expected a word without \"=\" and "
	       "\"/\"",
	       PARAMETERS},
	      {"parameter type",
	       "parameters of x: the parameter \"p\" has the type 9, expected 0 to 2", PARAMETERS},
	      {"parameter value", "parameters of x: the parameter \"p\" has no value", PARAMETERS},
	      {"parameter init", "parameters of x: the parameter \"p\" has no init", PARAMETERS},
	      {"parameter twice", "parameters of x: the parameter \"p\" is listed twice",
	       PARAMETERS},
	      {"value two",
	       "parameters of x: the parameter \"p\" has the value \"two\", expected a whole "
	       "number",
	       PARAMETERS},
	      {"value 9", "parameters of x: the parameter \"p\" has the value \"9\", it allows 1-4",
	       PARAMETERS},
	      {"init 9",
	       "parameters of x: the parameter \"p\" has the initial value \"9\", it allows 1-4",
	       PARAMETERS},
	      {"off 9",
	       "parameters of x: the parameter \"p\" has the off value \"9\", it allows 1,2",
	       PARAMETERS},
	      {"bool maybe",
	       "parameters of x: the parameter \"p\" has the value \"maybe\", expected 0, 1, true, "
	       "false, y, n, yes, no, on or off",
	       PARAMETERS},
	      {"attribute",
	       "parameters of x: the parameter \"p\" has the attribute \"../../x\", expected a "
	       "file "
	       "below the device's folder",
	       PARAMETERS});
}

static void candidates_and_writes_are_checked(void **state)
{
	(void)state;
	SLIPS({"candidate size",
	       "candidates of x: a candidate has struct_size 0, expected at least 24", CANDIDATES},
	      {"half a pointer",
	       "candidates of x: a candidate has struct_size 27, expected at least 24", CANDIDATES},
	      {"candidate null",
	       "candidates of x: a candidate has no name, expected \"\" for the target as it is",
	       CANDIDATES},
	      {"candidate name",
	       "candidates of x: a candidate's name is not UTF-8 or has control characters",
	       CANDIDATES},
	      {"candidate type",
	       "candidates of x: the type of the candidate \"\" has the byte 0x3a at offset 1, "
	       "expected 0x21 to 0x7e without ':'",
	       CANDIDATES},
	      {"write",
	       "prepare of x: it writes to \"../../x\", expected a file below the device's folder",
	       PREPARE},
	      {"write null",
	       "prepare of x: the text that it writes to \"x\" is NULL, not UTF-8 or has control "
	       "characters",
	       PREPARE});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_checked),
		cmocka_unit_test(descriptions_are_checked),
		cmocka_unit_test(only_declared_facts_and_settings_are_given),
		cmocka_unit_test(parameters_are_checked),
		cmocka_unit_test(candidates_and_writes_are_checked),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
