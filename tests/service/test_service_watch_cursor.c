/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a watcher is, whatever changes between its steps; and the devices that are known. */
#include <errno.h>
#include <jansson.h>

#include "core/service/watch/watch_cursor.h"
#include "tests/support/test.h"

static struct event_log event_log;
static struct watch_cursor cursor;

static void know(const char *host, const char *device, enum migcompat_kind kind)
{
	struct snapshot_entry seen = {.host = (char *)(uintptr_t)host,
				      .device = device,
				      .kind = kind,
				      .fingerprint = "f"};

	assert_int_equal(snapshot_insert(&event_log.devices,
					 snapshot_index(&event_log.devices, host, device), &seen),
			 0);
}

static void forget(const char *host, const char *device)
{
	snapshot_remove(&event_log.devices, snapshot_index(&event_log.devices, host, device));
}

static int setup(void **state)
{
	(void)state;
	event_log = (struct event_log){.scanned = true};
	cursor = (struct watch_cursor){.types = false};
	know("a", "two", MIGCOMPAT_KIND_MDEV);
	know("b", "one", MIGCOMPAT_KIND_PHYSICAL);
	know("a", "one", MIGCOMPAT_KIND_MDEV);
	know("a", "type", MIGCOMPAT_KIND_MDEV_TYPE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cursor_clear(&cursor);
	event_log_clear(&event_log);
	return 0;
}

/* "EVENT HOST//DEVICE", or "" where nothing is to be event_log. */
static void assert_next(const char *expected)
{
	json_t *word = NULL;
	char text[256] = "";
	int r = cursor_next(&cursor, &event_log, &word);

	assert_in_range(r, 0, 1);
	if (r && json_object_get(word, "device"))
		snprintf(text, sizeof(text), "%s %s//%s",
			 json_string_value(json_object_get(word, "event")),
			 json_string_value(json_object_get(word, "host")),
			 json_string_value(json_object_get(word, "device")));
	else if (r)
		snprintf(text, sizeof(text), "%s",
			 json_string_value(json_object_get(word, "event")));
	json_decref(word);
	assert_string_equal(text, expected);
}

static void until_ready(void)
{
	assert_next("present a//one");
	assert_next("present a//two");
	assert_next("present b//one");
	assert_next("ready");
}

static void change(const char *event)
{
	event_log_add_device(&event_log, event, &event_log.devices.list[0], "e");
}

static void devices_are_told_in_their_order_without_types(void **state)
{
	(void)state;
	until_ready();
	assert_next("");
}

static void types_are_told_where_wanted(void **state)
{
	(void)state;
	cursor.types = true;
	assert_next("present a//one");
	assert_next("present a//two");
	assert_next("present a//type");
}

static void nothing_is_told_before_the_first_look(void **state)
{
	(void)state;
	event_log.scanned = false;
	assert_next("");
	event_log.scanned = true;
	until_ready();
}

static void changes_are_told_after_ready(void **state)
{
	(void)state;
	change("changed"); /* before the watcher came */
	until_ready();
	change("changed");
	change("removed");
	assert_next("changed a//one");
	assert_next("removed a//one");
	assert_next("");
}

static void change_while_it_is_told_what_there_is_comes_after_it(void **state)
{
	(void)state;
	assert_next("present a//one");
	change("changed");
	assert_next("present a//two");
	assert_next("present b//one");
	assert_next("ready");
	assert_next("changed a//one");
}

static void device_that_goes_meanwhile_is_passed_over(void **state)
{
	(void)state;
	assert_next("present a//one");
	forget("a", "one");
	forget("a", "two");
	assert_next("present b//one");
	assert_next("ready");
}

static void device_that_comes_meanwhile_is_told_or_passed_already(void **state)
{
	(void)state;
	assert_next("present a//one");
	know("a", "aaa", MIGCOMPAT_KIND_MDEV);
	know("a", "owl", MIGCOMPAT_KIND_MDEV);
	assert_next("present a//owl");
	assert_next("present a//two");
}

static void change_of_a_type_is_passed_over(void **state)
{
	(void)state;
	until_ready();
	event_log_add_device(&event_log, "added", &event_log.devices.list[1], NULL);
	assert_next("added a//two");
	event_log_add_device(&event_log, "added", &event_log.devices.list[2], NULL);
	assert_next("");
}

static void as_many_changes_as_are_kept_are_all_told(void **state)
{
	(void)state;
	until_ready();
	for (size_t i = 0; i < EVENT_LOG_MAX; i++)
		change("changed");
	for (size_t i = 0; i < EVENT_LOG_MAX; i++)
		assert_next("changed a//one");
	assert_next("");
}

static void one_more_begins_anew_once(void **state)
{
	(void)state;
	until_ready();
	for (size_t i = 0; i <= EVENT_LOG_MAX; i++)
		change("changed");
	assert_next("rescan");
	until_ready();
	assert_next("");
	change("changed");
	assert_next("changed a//one");
}

static void another_policy_begins_anew(void **state)
{
	(void)state;
	until_ready();
	change("changed");
	cursor.phase = CURSOR_POLICY;
	assert_next("policy");
	until_ready();
	assert_next("");
}

static void another_policy_in_between_begins_anew(void **state)
{
	(void)state;
	assert_next("present a//one");
	cursor.phase = CURSOR_POLICY;
	assert_next("policy");
	until_ready();
}

static void hold_of_a_device_that_is_gone_is_told(void **state)
{
	struct hold hold = {
		.host = (char[]){"z"}, .device = (char[]){"gone"}, .reason = (char[]){"why"}};

	(void)state;
	until_ready();
	event_log_add_hold(&event_log, &hold, hold.reason);
	event_log_add_hold(&event_log, &hold, NULL);
	assert_next("held z//gone");
	assert_next("released z//gone");
}

static void forgotten_changes_are_behind_whoever_comes(void **state)
{
	(void)state;
	change("changed");
	event_log_clear(&event_log);
	event_log.scanned = true;
	assert_next("ready");
	assert_next("");
}

static void devices_are_found_by_host_and_name(void **state)
{
	(void)state;
	assert_int_equal(event_log.devices.count, 4);
	assert_string_equal(
		event_log.devices.list[snapshot_index(&event_log.devices, "a", "two")].device,
		"two");
	assert_int_equal(snapshot_index(&event_log.devices, "z", "z"), 4);
	assert_int_equal(snapshot_index(&event_log.devices, "", ""), 0);
	assert_ptr_equal(snapshot_find(&event_log.devices, "type"), &event_log.devices.list[2]);
	assert_null(snapshot_find(&event_log.devices, "nobody"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(devices_are_told_in_their_order_without_types),
		CASE(types_are_told_where_wanted),
		CASE(nothing_is_told_before_the_first_look),
		CASE(changes_are_told_after_ready),
		CASE(change_while_it_is_told_what_there_is_comes_after_it),
		CASE(device_that_goes_meanwhile_is_passed_over),
		CASE(device_that_comes_meanwhile_is_told_or_passed_already),
		CASE(change_of_a_type_is_passed_over),
		CASE(as_many_changes_as_are_kept_are_all_told),
		CASE(one_more_begins_anew_once),
		CASE(another_policy_begins_anew),
		CASE(another_policy_in_between_begins_anew),
		CASE(hold_of_a_device_that_is_gone_is_told),
		CASE(forgotten_changes_are_behind_whoever_comes),
		CASE(devices_are_found_by_host_and_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
