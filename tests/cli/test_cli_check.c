/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat check: verdicts, their statuses and how they read. */
#include "tests/support/run.h"

/* Two devices that a file's host may have; each test writes what it needs. */
#define HOST(name, facts, devices)                                                                \
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"" name "\",\"facts\":{" facts \
	"}},\"devices\":[" devices "]}"
#define DEVICE(id, kind, facts) "{\"id\":\"" id "\",\"kind\":\"" kind "\",\"facts\":{" facts "}}"
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

static void device_that_nothing_can_move_is_a_no(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "check " DUAL " " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "not migratable: target " CARD_2
				 ": driver and kernel cannot move its state: vfio-pci moves no");
	run("migcompat " SERIAL_C "check " CARD_2 " " DUAL);
	assert_status(1);
	assert_contains(ran.out, "not migratable: source " CARD_2
				 ": driver and kernel cannot move its state");
}

static void missing_mechanism_is_said_beside_a_yes_that_only_reports_it(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "check --mechanism report " DUAL " " CARD_2);
	assert_status(0);
	assert_contains(ran.out, "mechanism: target: driver and kernel cannot move its state");
}

static void doubt_is_a_no_where_proof_is_asked_for(void **state)
{
	(void)state;
	run("jq '.host.facts |= del(.\"kernel/release\")' tests/hosts/serial-a.json > "
	    "$FOLDER/a.json && "
	    "migcompat -i $FOLDER/a.json check --mechanism prove " DUAL " " DUAL);
	assert_status(1);
	assert_contains(ran.out, "it is not known whether driver and kernel can move its state");
	run("migcompat -i $FOLDER/a.json check " DUAL " " DUAL);
	assert_status(0);
}

static void mode_that_is_none_is_named_with_the_nearest(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "check --mechanism repot " DUAL " " CARD_2);
	assert_trouble("--mechanism is \"repot\", expected \"report\", \"require\" or \"prove\"; "
		       "nearest is "
		       "\"report\"");
}

/* Who has the string alone asks about the target alone. */
static void string_is_judged_by_the_target_alone(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "version --mechanism report " CARD_2 " | migcompat " SERIAL
	    "check - " DUAL);
	assert_status(0);
	run("migcompat " SERIAL "version " DUAL " | migcompat " SERIAL_C "check --json - " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "\"errno\":\"ENODEV\"");
}

static void document_tells_who_says_it_of_the_worse_side(void **state)
{
	(void)state;
	run("migcompat " SERIAL_C "check --json " DUAL " " CARD_2
	    " | jq -c '.mechanism | [.state, .source, .features, .text]'");
	assert_string_equal(
		ran.out,
		"[\"no\",\"kernel\",null,"
		"\"target: vfio-pci moves no device state; the card needs a variant driver\"]\n");
	run("migcompat " SERIAL "check --json " DUAL " " CARD_2
	    " | jq -c '[.mechanism.state, .mechanism.source]'");
	assert_string_equal(ran.out, "[\"yes\",\"backend\"]\n");
	run("jq '.host.facts |= del(.\"kernel/release\")' tests/hosts/serial-a.json "
	    "> $FOLDER/a.json && migcompat -i $FOLDER/a.json check --json " DUAL " " DUAL
	    " | jq -c '.mechanism | [.state, .text]'");
	assert_contains(ran.out, "[\"unknown\",\"source: ");
}

static void document_names_a_side_that_nobody_knows(void **state)
{
	(void)state;
	run("jq '.devices[].driver = \"acme\" | .devices[].facts |= {driver: \"acme\"}' "
	    "tests/hosts/serial-b.json > $FOLDER/b.json && "
	    "migcompat -i $FOLDER/b.json check --json " CARD_2 " " CARD_2
	    " | jq -c '.mechanism | [.state, .source, .text]'");
	assert_string_equal(ran.out, "[\"unknown\",\"none\",\"source: nobody says whether "
				     "driver and kernel can move its state\"]\n");
}

static void mode_changes_no_fingerprint(void **state)
{
	(void)state;
	run("for mode in require report prove; do migcompat " SERIAL_C
	    "check --json --mechanism $mode " DUAL " " CARD_2
	    " | jq -r .target_fingerprint; done | sort -u | wc -l");
	assert_string_equal(ran.out, "1\n");
}

/* Prints the fingerprint of the card after a change of its facts. */
#define PRINT                                                                \
	"print() { jq \"(.devices[] | select(.id == \\\"" CARD_2             \
	"\\\")).facts |= $1\" tests/hosts/serial-b.json "                    \
	">$FOLDER/b.json && migcompat -i $FOLDER/b.json show --json " CARD_2 \
	" | jq -r .fingerprint; }; "

static void fingerprint_has_the_mechanism_but_not_what_the_device_is_doing(void **state)
{
	(void)state;
	run(PRINT "print '.'; print '(.\"vfio/migration/state\" = \"STOP\")'; print "
		  "'(.\"vfio/variant_drivers\" = \"a\\nb\")'");
	assert_status(0);
	assert_int_equal(strncmp(ran.out, ran.out + 33, 33), 0);
	assert_int_equal(strncmp(ran.out, ran.out + 66, 33), 0);
	run(PRINT "print '.'; print 'del(.\"vfio/migration/state\")'");
	assert_status(0);
	assert_int_equal(strlen(ran.out), 66);
	assert_int_not_equal(strncmp(ran.out, ran.out + 33, 33), 0);
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
	assert_int_equal(json_object_size(document), sizeof(keys) / sizeof(keys[0]));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
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

/* ---------------------------------------------------------------- strings */

static void string_alone_gets_the_same_answer(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "version " DUAL " | migcompat " SERIAL_B "check - " CARD_2);
	assert_status(0);
	run("migcompat " SERIAL_A "version " DUAL " | migcompat " SERIAL_B "check - " CARD_1);
	assert_status(1);
	assert_contains(ran.out, "ports: source has 2, target has 1 (must be equal)\n");
}

static void string_needs_no_newline(void **state)
{
	(void)state;
	run("printf %%s \"$(migcompat " SERIAL_A "version " DUAL ")\" | migcompat " SERIAL_B
	    "check - " CARD_2);
	assert_status(0);
}

static void empty_input_cannot_be_answered(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "check - " CARD_2 " </dev/null");
	assert_trouble("standard input is empty, expected a version string");
	run("migcompat --json " SERIAL_B "check - " CARD_2 " </dev/null");
	assert_json_trouble("ENODATA", "standard input is empty");
}

static void unreadable_input_cannot_be_answered(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "check - " CARD_2 " </");
	assert_trouble("standard input could not be read: Is a directory");
}

/* Each is refused as incompatible, with its limit and a reason that has this in it. */
static void refused(const char *input, const char *limit, const char *number, const char *part)
{
	json_t *document;

	run("%s | migcompat --json " SERIAL_B "check - " CARD_2, input);
	assert_status(1);
	assert_string_equal(ran.err, "");
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "incompatible");
	assert_string_equal(json_member(document, "limit"), limit);
	assert_string_equal(json_member(document, "errno"), number);
	assert_contains(json_member(document, "reason"), part);
	json_decref(document);
}

static void malformed_strings_are_incompatible(void **state)
{
	(void)state;
	refused("echo", "format", "EINVAL", "the string is empty");
	refused("echo nonsense", "format", "EINVAL", "does not begin with a namespace");
	refused("echo 'mtty:mdev:serial-2port:1;a b'", "format", "EINVAL",
		"byte 27 of the string is 0x20");
	refused("printf 'mtty:mdev:serial-2port:1;\\001'", "format", "EINVAL", "0x01");
	refused("printf 'mtty:mdev:serial-2port:1;\\377'", "format", "EINVAL", "0xff");
	refused("printf 'mtty:mdev:serial-2port:1;\\0'", "format", "EINVAL", "0x00");
	refused("printf 'a:mdev:b:c\\na:mdev:b:c\\n'", "format", "EINVAL", "0x0a");
	refused("echo mtty:none:serial-2port:1", "format", "EINVAL", "no kind");
}

static void newer_payload_format_is_incompatible(void **state)
{
	(void)state;
	refused("echo 'mtty:mdev:serial-2port:7;ports=2;=0000000000000000'", "format", "EINVAL",
		"format");
}

static void string_that_was_cut_is_incompatible(void **state)
{
	(void)state;
	refused("migcompat " SERIAL_A "version " DUAL " | head -c 60", "format", "EINVAL", "");
}

static void too_long_strings_are_incompatible(void **state)
{
	(void)state;
	refused("printf 'mtty:mdev:serial-2port:%04072d' 0", "format", "E2BIG",
		"the string has more than 4094 bytes");
	refused("head -c 1000000 /dev/zero | tr '\\0' a", "format", "E2BIG",
		"the string has more than 4094 bytes");
}

static void foreign_string_is_incompatible_and_says_whose_it_is(void **state)
{
	(void)state;
	refused("echo i915:mdev:x:1", "namespace", "EINVAL",
		"the string is the backend i915's, the target is served by mtty");
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
		HOST("full", "",
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
		HOST("odd", "",
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
		     HOST("none", "",
			  DEVICE("0000:00:07.0", "physical",
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
		     HOST("bare", "", DEVICE("x", "mdev", "\"driver\":\"mtty\"")));
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
		     HOST("new", "", MTTY("n", ",\"stated/state_version\":\"3.0.0\"")));
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
		cmocka_unit_test(device_that_nothing_can_move_is_a_no),
		cmocka_unit_test(missing_mechanism_is_said_beside_a_yes_that_only_reports_it),
		cmocka_unit_test(doubt_is_a_no_where_proof_is_asked_for),
		cmocka_unit_test(mode_that_is_none_is_named_with_the_nearest),
		cmocka_unit_test(string_is_judged_by_the_target_alone),
		cmocka_unit_test(document_tells_who_says_it_of_the_worse_side),
		cmocka_unit_test(document_names_a_side_that_nobody_knows),
		cmocka_unit_test(mode_changes_no_fingerprint),
		cmocka_unit_test(fingerprint_has_the_mechanism_but_not_what_the_device_is_doing),
		cmocka_unit_test(every_difference_has_a_line_with_both_values),
		cmocka_unit_test(verbose_shows_what_agrees),
		cmocka_unit_test(json_has_every_key_of_the_contract),
		cmocka_unit_test(json_yes_has_grade_and_neither_limit_nor_errno),
		cmocka_unit_test(string_alone_gets_the_same_answer),
		cmocka_unit_test(string_needs_no_newline),
		cmocka_unit_test(empty_input_cannot_be_answered),
		cmocka_unit_test(unreadable_input_cannot_be_answered),
		cmocka_unit_test(malformed_strings_are_incompatible),
		cmocka_unit_test(newer_payload_format_is_incompatible),
		cmocka_unit_test(string_that_was_cut_is_incompatible),
		cmocka_unit_test(too_long_strings_are_incompatible),
		cmocka_unit_test(foreign_string_is_incompatible_and_says_whose_it_is),
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
