/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat check: verdicts, exit statuses and output. */
#include "core/facts/macros.h"
#include "tests/cli/inventories.h"
#include "tests/support/run.h"

#define MTTY(id, more) DEVICE(id, "mdev", "\"driver\":\"mtty\",\"mdev_type\":\"mtty-2\"" more)

static void finding_is(json_t *document, const char *field, const char *member,
		       const char *expected)
{
	json_t *findings = json_object_get(document, "findings"), *finding;
	size_t i;

	json_array_foreach (findings, i, finding) {
		if (strcmp(json_member(finding, "field"), field) == 0) {
			assert_string_equal(json_member(finding, member), expected);
			return;
		}
	}
	fail_msg("no finding \"%s\" in %s", field, ran.out);
}

static void equal_devices_are_identical(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " serial-b//mtty/mtty-2");
	assert_status(0);
	assert_string_equal(ran.out, "compatible (identical)\n");
	assert_string_equal(ran.err, "");
}

static void mdev_moves_to_a_physical_card_with_as_many_ports(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " " CARD_2);
	assert_status(0);
	assert_contains(ran.out, "compatible (identical)\n");
}

static void a_limit_on_the_size_of_files_ends_no_question(void **state)
{
	/* A build that measures coverage would write files at its end. */
	(void)state;
	run("(export GCOV_PREFIX=/dev/null; ulimit -f 0; migcompat " SERIAL "check " DUAL " " CARD_2
	    "; echo \"status $?\") 2>&1 | cat");
	assert_contains(ran.out, "compatible (identical)");
	assert_contains(ran.out, "status 0");
}

static void every_difference_has_a_line_with_both_values(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " " CARD_1);
	assert_status(1);
	assert_true(strncmp(ran.out, "incompatible (type): source has 2 ports, target has 1\n",
			    54) == 0);
	assert_contains(ran.out, "ports: source has 2, target has 1 (must be equal)\n");
	assert_contains(ran.out,
			"type: source has serial-2port, target has serial-1port (must be equal)\n");
	assert_null(strstr(ran.out, "state_version"));
	assert_string_equal(ran.err, "");
}

static void verbose_shows_what_agrees(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check -v " DUAL " " CARD_1);
	assert_status(1);
	assert_contains(ran.out, "model: both have org.kernel/serial\n");
	assert_contains(ran.out, "availability: unknown\n");
}

static void json_has_every_key_of_the_contract(void **state)
{
	static const char *const keys[] = {
		"format",
		"verdict",
		"grade",
		"limit",
		"errno",
		"reason",
		"source",
		"target",
		"findings",
		"truncated",
		"mechanism",
		"availability",
		"policy",
		"forced",
		"source_fingerprint",
		"target_fingerprint",
	};
	json_t *document;

	(void)state;
	run("migcompat --json " SERIAL "check " DUAL " " CARD_1);
	assert_status(1);
	document = run_json();
	assert_int_equal(json_object_size(document), COUNT(keys));
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_non_null(json_object_get(document, keys[i]));
	assert_string_equal(json_member(document, "format"), "migcompat-verdict/1");
	assert_string_equal(json_member(document, "verdict"), "incompatible");
	assert_string_equal(json_member(document, "limit"), "type");
	assert_string_equal(json_member(document, "errno"), "EINVAL");
	assert_string_equal(json_member(document, "reason"), "source has 2 ports, target has 1");
	finding_is(document, "ports", "status", "bad");
	finding_is(document, "ports", "source", "2");
	finding_is(document, "ports", "target", "1");
	json_decref(document);
}

static void json_yes_has_grade_and_neither_limit_nor_errno(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat --json " SERIAL "check " DUAL " " CARD_2);
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "grade"), "identical");
	assert_null(json_member(document, "limit"));
	assert_null(json_member(document, "errno"));
	json_decref(document);
}

/* ---------------------------------------------------------------- names */

static void unknown_device_cannot_be_answered(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " 0000:00:09.0");
	assert_trouble("no device \"0000:00:09.0\" among the 7 of 2 hosts");
	run("migcompat --json " SERIAL "check " DUAL " 0000:00:09.0");
	assert_json_trouble("ENOENT", "no device \"0000:00:09.0\"");
}

static void name_that_fits_two_devices_cannot_be_answered(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " mtty/mtty-2");
	assert_trouble("\"mtty/mtty-2\" fits two devices: serial-a//mtty/mtty-2 and "
		       "serial-b//mtty/mtty-2");
}

static void host_in_the_name_tells_them_apart(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check serial-a//mtty/mtty-2 serial-b//mtty/mtty-2");
	assert_status(0);
	run("migcompat " SERIAL "check serial-b//" DUAL " " CARD_2);
	assert_trouble("no device \"serial-b//" DUAL "\"");
}

static void only_a_source_comes_from_standard_input(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " -");
	assert_trouble("no device \"-\"");
}

/* ---------------------------------------------------------------- beside the verdict */

static void used_up_type_is_compatible_and_not_available(void **state)
{
	json_t *document;

	(void)state;
	folder_write(
		&ran.folder, "full.json",
		HOST("full",
		     DEVICE("mtty/mtty-2", "mdev-type",
			    "\"mdev_type\":\"mtty-2\",\"mdev_type/available_instances\":\"0\"")));
	run("migcompat " SERIAL_A "-i $FOLDER/full.json check " DUAL " full//mtty/mtty-2");
	assert_status(0);
	assert_contains(ran.out, "availability: no (no instance of the type is left)\n");
	run("migcompat " SERIAL_A "-i $FOLDER/full.json check --available --json " DUAL
	    " full//mtty/mtty-2");
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "compatible");
	assert_string_equal(json_member(json_object_get(document, "availability"), "state"), "no");
	json_decref(document);
}

static void available_type_passes_available(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check --available " DUAL " serial-b//mtty/mtty-2");
	assert_status(0);
}

static void same_fingerprint_is_answered(void **state)
{
	(void)state;
	run("migcompat " SERIAL "check " DUAL " " CARD_2 " --fingerprint $(migcompat --json " SERIAL
	    "check " DUAL " " CARD_2 " | jq -r .target_fingerprint)");
	assert_status(0);
	assert_contains(ran.out, "compatible (identical)");
}

static void other_fingerprint_is_stale(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat " SERIAL "check " DUAL " " CARD_2
	    " --fingerprint 00000000000000000000000000000000");
	assert_trouble("stale: the target " CARD_2 " changed");
	run("migcompat --json " SERIAL "check " DUAL " " CARD_2 " --fingerprint 0");
	assert_json_trouble("ESTALE", "stale");
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-verdict/1");
	assert_null(json_member(document, "grade"));
	assert_null(json_member(document, "limit"));
	json_decref(document);
}

static void stale_no_is_stale_as_well(void **state)
{
	(void)state;
	run("migcompat --json " SERIAL "check " DUAL " " CARD_1 " --fingerprint 0");
	assert_json_trouble("ESTALE", "stale");
}

/* ---------------------------------------------------------------- other verdicts */

static void not_migratable_has_its_own_words_and_errno(void **state)
{
	json_t *document;

	(void)state;
	folder_write(
		&ran.folder, "odd.json",
		HOST("odd",
		     DEVICE("0000:00:07.0", "physical",
			    "\"driver\":\"vfio-pci\",\"modalias\":\"pci:v00001B36d00000002sv0\","
			    "\"vendor\":\"0x1b36\",\"device\":\"0x0009\"")));
	run("migcompat " SERIAL_A "-i $FOLDER/odd.json check " DUAL " 0000:00:07.0");
	assert_status(1);
	assert_contains(ran.out, "not migratable: target 0000:00:07.0: ");
	assert_string_equal(ran.err, "");
	run("migcompat --json " SERIAL_A "-i $FOLDER/odd.json check 0000:00:07.0 " DUAL);
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "not-migratable");
	assert_string_equal(json_member(document, "errno"), "ENODEV");
	json_decref(document);
}

static void device_without_a_backend_cannot_be_answered(void **state)
{
	(void)state;
	folder_write(&ran.folder, "none.json",
		     HOST("none", DEVICE("0000:00:07.0", "physical",
					 "\"driver\":\"acme-vfio\",\"modalias\":\"pci:v1\"")));
	run("migcompat " SERIAL_A "-i $FOLDER/none.json check " DUAL " 0000:00:07.0");
	assert_trouble(
		"no backend serves device \"0000:00:07.0\" (module acme_vfio, modalias pci:v1)");
	run("migcompat --json " SERIAL_A "-i $FOLDER/none.json check " DUAL " 0000:00:07.0");
	assert_json_trouble("ENOTCONN", "no backend serves device \"0000:00:07.0\"");
}

static void missing_fact_cannot_be_answered(void **state)
{
	(void)state;
	folder_write(&ran.folder, "bare.json",
		     HOST("bare", DEVICE("x", "mdev", "\"driver\":\"mtty\"")));
	run("migcompat " SERIAL_A "-i $FOLDER/bare.json check " DUAL " x");
	assert_trouble("target x: ");
	assert_contains(ran.err, "\"mdev_type\" is missing");
}

static void policy_denies_with_its_own_errno(void **state)
{
	json_t *document;

	(void)state;
	folder_write(&ran.folder, "deny.conf",
		     "rules = ( { name = \"not there\"; match = { target = { host = \"serial-b\"; "
		     "}; }; action = \"deny\"; } );\n");
	run("command migcompat --config $FOLDER/deny.conf --json " SERIAL "check " DUAL " " CARD_2);
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "incompatible");
	assert_string_equal(json_member(document, "limit"), "policy");
	assert_string_equal(json_member(document, "errno"), "EPERM");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(document, "policy"), 0)),
		"not there");
	json_decref(document);
}

static void forced_verdict_is_never_silent(void **state)
{
	(void)state;
	folder_write(&ran.folder, "new.json",
		     HOST("new", MTTY("n", ",\"stated/state_version\":\"3.0.0\"")));
	folder_write(&ran.folder, "force.conf",
		     "rules = ( { name = \"force it\"; action = \"override\"; fields = ( "
		     "\"state_version\" ); } );\n");
	run("migcompat " SERIAL_A "-i $FOLDER/new.json check n " DUAL);
	assert_status(1);
	run("command migcompat --config $FOLDER/force.conf " SERIAL_A
	    "-i $FOLDER/new.json check n " DUAL);
	assert_status(0);
	assert_contains(ran.out, "compatible (forced)\n");
	assert_contains(ran.out, "policy: rule \"force it\"\n");
	assert_contains(ran.out, "forced: the policy accepts what the backend refused\n");
	assert_contains(ran.out, "state_version: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_devices_are_identical),
		cmocka_unit_test(mdev_moves_to_a_physical_card_with_as_many_ports),
		cmocka_unit_test(a_limit_on_the_size_of_files_ends_no_question),
		cmocka_unit_test(every_difference_has_a_line_with_both_values),
		cmocka_unit_test(verbose_shows_what_agrees),
		cmocka_unit_test(json_has_every_key_of_the_contract),
		cmocka_unit_test(json_yes_has_grade_and_neither_limit_nor_errno),
		cmocka_unit_test(unknown_device_cannot_be_answered),
		cmocka_unit_test(name_that_fits_two_devices_cannot_be_answered),
		cmocka_unit_test(host_in_the_name_tells_them_apart),
		cmocka_unit_test(only_a_source_comes_from_standard_input),
		cmocka_unit_test(used_up_type_is_compatible_and_not_available),
		cmocka_unit_test(available_type_passes_available),
		cmocka_unit_test(same_fingerprint_is_answered),
		cmocka_unit_test(other_fingerprint_is_stale),
		cmocka_unit_test(stale_no_is_stale_as_well),
		cmocka_unit_test(not_migratable_has_its_own_words_and_errno),
		cmocka_unit_test(device_without_a_backend_cannot_be_answered),
		cmocka_unit_test(missing_fact_cannot_be_answered),
		cmocka_unit_test(policy_denies_with_its_own_errno),
		cmocka_unit_test(forced_verdict_is_never_silent),
	};

	return run_group(tests);
}
