/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat ask: options that limit the choices, and reasons why other targets are none.
 */
#include "tests/cli/inventories.h"
#include "tests/support/run.h"

#define SOURCE "11111111-0000-4000-8000-000000000001"
#define TYPE(name, free)                                                                       \
	"{\"id\":\"mtty/" name                                                                 \
	"\",\"kind\":\"mdev-type\",\"parent\":\"mtty\",\"facts\":{\"parent/driver\":\"mtty\"," \
	"\"mdev_type\":\"" name "\",\"mdev_type/available_instances\":\"" free "\"}}"
#define OTHER                                                                               \
	"{\"id\":\"0000:00:01.0\",\"kind\":\"physical\",\"driver\":\"nobodys\",\"facts\":{" \
	"\"driver\":\"nobodys\"}}"

static int setup(void **state)
{
	run_setup(state);
	folder_write(&ran.folder, "home.json",
		     HOST("home", MDEV(SOURCE, "mtty-2") "," TYPE("mtty-2", "3")));
	folder_write(&ran.folder, "full.json", HOST("full", TYPE("mtty-2", "0")));
	folder_write(&ran.folder, "free.json",
		     HOST("free", TYPE("mtty-1", "9") "," TYPE("mtty-2", "7") "," OTHER));
	return 0;
}

#define FLEET "-i $FOLDER/home.json -i $FOLDER/full.json -i $FOLDER/free.json "

/* The hosts of the choices, in order. */
#define HOSTS " --json | jq -r '[.choices[].host] | join(\" \")'"

static void available_leaves_out_what_is_taken(void **state)
{
	(void)state;
	run("migcompat " FLEET "ask " SOURCE HOSTS);
	assert_string_equal(ran.out, "home free full\n");
	run("migcompat " FLEET "ask --available " SOURCE HOSTS);
	assert_string_equal(ran.out, "home free\n");
}

static void available_keeps_what_is_not_known(void **state)
{
	(void)state;
	folder_write(&ran.folder, "unknown.json",
		     HOST("unknown",
			  "{\"id\":\"mtty/mtty-2\",\"kind\":\"mdev-type\",\"parent\":\"mtty\","
			  "\"facts\":{\"parent/driver\":\"mtty\",\"mdev_type\":\"mtty-2\"}}"));
	run("migcompat -i $FOLDER/home.json -i $FOLDER/unknown.json ask --available "
	    "--other-hosts " SOURCE HOSTS);
	assert_string_equal(ran.out, "unknown\n");
}

static void only_taken_ones_are_no_choice_where_one_must_be_free(void **state)
{
	(void)state;
	run("migcompat " FLEET "ask --host full " SOURCE);
	assert_status(0);
	run("migcompat " FLEET "ask --host full --available " SOURCE);
	assert_status(1);
	assert_string_equal(ran.out,
			    "no choice: none of the 1 devices of this backend can take it now\n");
}

static void other_hosts_leave_out_the_sources_own(void **state)
{
	(void)state;
	run("migcompat " FLEET "ask --other-hosts " SOURCE HOSTS);
	assert_string_equal(ran.out, "free full\n");
	run("migcompat " FLEET "ask --other-hosts --host home " SOURCE);
	assert_status(1);
	assert_string_equal(ran.out, "no choice: this backend has no other device\n");
}

static void other_hosts_need_a_source_with_a_host(void **state)
{
	(void)state;
	run("migcompat " FLEET "version " SOURCE " | migcompat " FLEET "ask --other-hosts -");
	assert_trouble("ask - takes no --other-hosts: a version string does not name its host");
}

static void all_have_one_line_each(void **state)
{
	(void)state;
	run("migcompat " FLEET "ask --all --available --other-hosts " SOURCE);
	assert_status(0);
	assert_contains(ran.out, "cannot take it: full//mtty/mtty-2: not available now: no "
				 "instance of the type is left\n");
	assert_contains(ran.out,
			"cannot take it: free//mtty/mtty-1: source has 2 ports, target has 1\n");
	assert_contains(ran.out, "cannot take it: free//0000:00:01.0: no backend serves device ");
	run("migcompat " FLEET "ask --available " SOURCE);
	assert_null(strstr(ran.out, "cannot take it"));
}

static void all_say_of_a_device_that_nothing_moves_why(void **state)
{
	(void)state;
	run("jq '.devices = [.devices[] | select(.id == \"0000:5e:00.0\" or .id == "
	    "\"0000:3b:02.0\") "
	    "| if .driver == \"iavf\" then .facts[\"vfio/debugfs\"] = \"yes\" else . end]' "
	    "tests/hosts/generic-a.json > $FOLDER/never.json && "
	    "migcompat -i $FOLDER/home.json -i $FOLDER/never.json ask --host generic-a "
	    "--all " SOURCE);
	assert_contains(ran.out, "0000:3b:02.0: driver and kernel cannot move its state: ");
	assert_contains(ran.out, "0000:5e:00.0: vfio-pci moves no device state");
}

static void all_say_whose_device_it_is(void **state)
{
	(void)state;
	run("migcompat -i $FOLDER/home.json -i tests/hosts/gvt-gen9-1024.json ask --all " SOURCE);
	assert_status(0);
	assert_contains(ran.out,
			"the source is the backend mtty's, this device is served by i915\n");
}

static void refused_is_a_list_of_the_document(void **state)
{
	json_t *document, *refused;

	(void)state;
	run("migcompat " FLEET "ask --json --all --available --host full " SOURCE);
	assert_status(1);
	document = run_json();
	refused = json_array_get(json_object_get(document, "refused"), 0);
	assert_string_equal(json_member(refused, "device"), "mtty/mtty-2");
	assert_string_equal(json_member(refused, "host"), "full");
	assert_string_equal(json_member(refused, "kind"), "mdev-type");
	assert_null(json_member(refused, "limit"));
	assert_string_equal(json_member(json_object_get(refused, "availability"), "state"), "no");
	json_decref(document);
	run("migcompat " FLEET "ask --json " SOURCE " | jq .refused");
	assert_string_equal(ran.out, "null\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(available_leaves_out_what_is_taken),
		cmocka_unit_test(available_keeps_what_is_not_known),
		cmocka_unit_test(only_taken_ones_are_no_choice_where_one_must_be_free),
		cmocka_unit_test(other_hosts_leave_out_the_sources_own),
		cmocka_unit_test(other_hosts_need_a_source_with_a_host),
		cmocka_unit_test(all_have_one_line_each),
		cmocka_unit_test(all_say_of_a_device_that_nothing_moves_why),
		cmocka_unit_test(all_say_whose_device_it_is),
		cmocka_unit_test(refused_is_a_list_of_the_document),
	};

	return cmocka_run_group_tests(tests, setup, run_teardown);
}
