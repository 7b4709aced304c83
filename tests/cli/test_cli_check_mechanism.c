/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat check: devices that driver and kernel cannot move, in each mode. */
#include "tests/support/run.h"

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
		       "nearest is \"report\"");
}

/* With a string alone, only the target is judged. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(device_that_nothing_can_move_is_a_no),
		cmocka_unit_test(missing_mechanism_is_said_beside_a_yes_that_only_reports_it),
		cmocka_unit_test(doubt_is_a_no_where_proof_is_asked_for),
		cmocka_unit_test(mode_that_is_none_is_named_with_the_nearest),
		cmocka_unit_test(string_is_judged_by_the_target_alone),
		cmocka_unit_test(document_tells_who_says_it_of_the_worse_side),
		cmocka_unit_test(document_names_a_side_that_nobody_knows),
		cmocka_unit_test(mode_changes_no_fingerprint),
		cmocka_unit_test(fingerprint_has_the_mechanism_but_not_what_the_device_is_doing),
	};

	return run_group(tests);
}
