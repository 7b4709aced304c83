/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Warnings beside an answer: old inventories, a host in two inventories, backends that
 * are missing, no device at all.
 */
#include "tests/service/daemon.h"
#include "tests/support/run.h"

#define HOST(name, taken)                                                           \
	"{\"format\":\"migcompat-inventory/1\"," taken "\"host\":{\"name\":\"" name \
	"\",\"facts\":{}},\"devices\":[{\"id\":\"" name                             \
	"-1\",\"kind\":\"mdev\",\"facts\":{\"driver\":\"mtty\",\"mdev_type\":\"mtty-2\"}}]}"
#define TAKEN(time) "\"taken\":\"" time "\","

/* m runs the program at noon on 21 November. */
#define NOON                                                                               \
	"export MIGCOMPAT_NOW=2026-11-21T12:00:00Z; m() { migcompat -i $FOLDER/a.json -i " \
	"$FOLDER/b.json \"$@\"; }\n"

static int fresh(void **state)
{
	(void)state;
	folder_write(&ran.folder, "policy/migcompat.conf", "");
	folder_write(&ran.folder, "a.json", HOST("a", TAKEN("2026-11-21T11:00:00Z")));
	folder_write(&ran.folder, "b.json", HOST("b", ""));
	return 0;
}

static void assert_no_doubt(void)
{
	assert_status(0);
	assert_null(strstr(ran.out, "taken: "));
}

static void fresh_and_undated_inventories_are_no_doubt(void **state)
{
	(void)state;
	run(NOON "m check a-1 b-1");
	assert_no_doubt();
	run(NOON "m list >/dev/null; m ask a-1 >/dev/null");
	assert_string_equal(ran.err, "");
}

static void old_inventory_is_a_warning_beside_the_verdict(void **state)
{
	(void)state;
	folder_write(&ran.folder, "a.json", HOST("a", TAKEN("2026-11-18T11:00:00Z")));
	run(NOON "m check a-1 b-1");
	assert_status(0);
	assert_contains(ran.out, "compatible (identical)\n");
	assert_contains(ran.out, "taken: the source's inventory is 3 days old; expected at most 1 "
				 "day (stale_after)\n");
	run(NOON "m check b-1 a-1");
	assert_contains(ran.out, "taken: the target's inventory is 3 days old; ");
	run(NOON "m check --json a-1 b-1 | jq -c '.verdict, (.findings[] | select(.field == "
		 "\"taken\") | .status, .source, .limit)'");
	assert_string_equal(ran.out, "\"compatible\"\n\"warn\"\n\"2026-11-18T11:00:00Z\"\nnull\n");
}

static void limit_is_the_policys(void **state)
{
	(void)state;
	folder_write(&ran.folder, "policy/migcompat.conf", "stale_after = 1800;\n");
	run(NOON "m check a-1 b-1");
	assert_contains(ran.out, "the source's inventory is 1 hour old; expected at most 30 "
				 "minutes (stale_after)\n");
	folder_write(&ran.folder, "policy/migcompat.conf", "stale_after = 3600;\n");
	run(NOON "m check a-1 b-1");
	assert_no_doubt();
	folder_write(&ran.folder, "policy/migcompat.conf", "stale_after = 0;\n");
	folder_write(&ran.folder, "a.json", HOST("a", TAKEN("2006-11-18T11:00:00Z")));
	run(NOON "m check a-1 b-1");
	assert_no_doubt();
	folder_write(&ran.folder, "policy/migcompat.conf", "stale_after = -1;\n");
	run("migcompat policy show");
	assert_trouble("migcompat.conf:1: \"stale_after\" is -1, expected 0 to ");
}

static void time_in_the_future_is_a_doubt_unless_it_is_minutes(void **state)
{
	(void)state;
	folder_write(&ran.folder, "a.json", HOST("a", TAKEN("2026-11-21T12:04:59Z")));
	run(NOON "m check a-1 b-1");
	assert_no_doubt();
	folder_write(&ran.folder, "a.json", HOST("a", TAKEN("2026-11-21T15:00:01Z")));
	run(NOON "m check a-1 b-1");
	assert_status(0);
	assert_contains(ran.out,
			"the source's inventory was taken 3 hours from now (is a clock wrong?); ");
}

static void time_that_is_none_is_a_doubt(void **state)
{
	(void)state;
	folder_write(&ran.folder, "a.json", HOST("a", TAKEN("yesterday")));
	run(NOON "m check a-1 b-1");
	assert_status(0);
	assert_contains(ran.out, "was taken at \"yesterday\", which is no time of RFC 3339; ");
}

static void list_and_ask_warn_as_well(void **state)
{
	(void)state;
	folder_write(&ran.folder, "a.json", HOST("a", TAKEN("2026-11-18T11:00:00Z")));
	folder_write(&ran.folder, "b.json", HOST("b", TAKEN("2026-11-20T11:00:00+01:00")));
	run(NOON "m list");
	assert_status(0);
	assert_string_equal(ran.err, "migcompat: warning: the inventory of host a is 3 days old, "
				     "the inventory of host b is 1 day old; "
				     "expected at most 1 day (stale_after)\n");
	run(NOON "m ask a-1 --host b");
	assert_status(0);
	assert_contains(ran.err, "migcompat: warning: the inventory of host a is 3 days old, the "
				 "inventory of host b is 1 day old; ");
	run(NOON "for c in list 'ask a-1'; do m $c --json | jq -c '.findings[] | [.field, .rule, "
		 ".status]'; done");
	assert_string_equal(ran.out,
			    "[\"taken\",\"info\",\"warn\"]\n[\"taken\",\"info\",\"warn\"]\n");
}

static void clock_of_tests_that_is_none_is_an_error(void **state)
{
	(void)state;
	run("MIGCOMPAT_NOW=noon migcompat -i $FOLDER/a.json list");
	assert_trouble("MIGCOMPAT_NOW is \"noon\", expected a time such as 2026-11-21T02:00:00Z");
}

static void host_that_stands_twice_is_noted_in_the_list(void **state)
{
	(void)state;
	folder_write(&ran.folder, "b.json", HOST("a", ""));
	run("cd $FOLDER; migcompat -i a.json -i b.json list");
	assert_status(0);
	assert_contains(ran.err, "migcompat: warning: host a is in a.json and in b.json\n");
	run("cd $FOLDER; migcompat -i a.json -i b.json list --json | jq -r '.findings[] | "
	    "select(.field == \"host\") | .text'");
	assert_string_equal(ran.out, "host a is in a.json and in b.json\n");
}

static void host_that_stands_twice_is_noted_where_one_asks(void **state)
{
	(void)state;
	folder_write(&ran.folder, "twice.json",
		     "{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"b\","
		     "\"facts\":{}},\"devices\":[]}");
	run("cd $FOLDER; migcompat -i a.json -i b.json -i twice.json ask a-1");
	assert_status(0);
	assert_contains(ran.err, "migcompat: warning: host b is in b.json and in twice.json\n");
	run("cd $FOLDER; migcompat -i a.json -i b.json -i twice.json ask a-1 --host a");
	assert_null(strstr(ran.err, "stands in"));
}

static void backend_that_is_missing_is_noted_in_the_list(void **state)
{
	(void)state;
	run("mkdir -p $FOLDER/some; cp " TEST_BUILD "/backends/mtty.so " TEST_BUILD
	    "/tests/backends/no_symbol/no_symbol.so $FOLDER/some; "
	    "chmod 755 $FOLDER $FOLDER/some; migcompat --plugin-dir $FOLDER/some -i $FOLDER/b.json "
	    "list");
	assert_status(0);
	assert_string_equal(ran.err, "migcompat: warning: 1 backend could not be loaded, see "
				     "\"migcompat backend list\"\n");
}

static void host_without_devices_says_so(void **state)
{
	(void)state;
	folder_write(&ran.folder, "none.json",
		     "{\"format\":\"migcompat-inventory/"
		     "1\",\"host\":{\"name\":\"n\",\"facts\":{}},\"devices\":[]}");
	run("migcompat -i $FOLDER/none.json list");
	assert_status(0);
	assert_string_equal(ran.out, "");
	assert_string_equal(
		ran.err,
		"migcompat: no VFIO devices here; list --types shows what could be created\n");
	run("migcompat -i $FOLDER/none.json list --types");
	assert_string_equal(ran.err, "migcompat: no VFIO devices here\n");
	run("migcompat -i $FOLDER/none.json list --json");
	assert_string_equal(ran.out,
			    "{\"format\":\"migcompat-list/1\",\"devices\":[],\"findings\":[]}\n");
	assert_string_equal(ran.err, "");
	run("migcompat -i $FOLDER/none.json list --raw");
	assert_string_equal(ran.err, "");
}

/* The service uses the system's clock. */
static void service_gives_the_same_warnings(void **state)
{
	struct daemon service = {.live = true};
	char a[256], b[256];

	(void)state;
	snprintf(a, sizeof(a), "%s",
		 folder_write(&ran.folder, "a.json", HOST("a", TAKEN("2006-11-18T11:00:00Z"))));
	snprintf(b, sizeof(b), "%s",
		 folder_write(&ran.folder, "b.json", HOST("a", TAKEN("2006-11-18T11:00:00Z"))));
	daemon_folder(&service);
	folder_write(&service.folder, "policy/migcompat.conf", "");
	daemon_start(&service, (const char *[]){"-i", a, "-i", b, NULL});
	setenv("SOCKET", service.socket, 1);
	for (int i = 0; i < 3; i++) {
		static const char *const words[] = {"list", "list --json", "ask a-1 --json"};

		run("migcompat -i %s -i %s %s", a, b, words[i]);
		setenv("OWN", ran.out, 1);
		setenv("OWN_ERR", ran.err, 1);
		run("command migcompat --socket $SOCKET %s", words[i]);
		assert_string_equal(ran.out, getenv("OWN"));
		assert_string_equal(ran.err, getenv("OWN_ERR"));
	}
	daemon_end(&service);
	folder_remove(&service.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fresh_and_undated_inventories_are_no_doubt, fresh),
		cmocka_unit_test_setup(old_inventory_is_a_warning_beside_the_verdict, fresh),
		cmocka_unit_test_setup(limit_is_the_policys, fresh),
		cmocka_unit_test_setup(time_in_the_future_is_a_doubt_unless_it_is_minutes, fresh),
		cmocka_unit_test_setup(time_that_is_none_is_a_doubt, fresh),
		cmocka_unit_test_setup(list_and_ask_warn_as_well, fresh),
		cmocka_unit_test_setup(clock_of_tests_that_is_none_is_an_error, fresh),
		cmocka_unit_test_setup(host_that_stands_twice_is_noted_in_the_list, fresh),
		cmocka_unit_test_setup(host_that_stands_twice_is_noted_where_one_asks, fresh),
		cmocka_unit_test_setup(backend_that_is_missing_is_noted_in_the_list, fresh),
		cmocka_unit_test_setup(host_without_devices_says_so, fresh),
		cmocka_unit_test_setup(service_gives_the_same_warnings, fresh),
	};

	return run_group(tests);
}
