/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A watcher's cursor while devices change between its steps, and the snapshot of devices.
 */
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

/* expected: "EVENT HOST//DEVICE", or "" if there is no event. */
static void assert_next(const char *expected)
{
	json_t *document = NULL;
	char text[256] = "";
	int r = cursor_next(&cursor, &event_log, &document);

	assert_in_range(r, 0, 1);
	if (r && json_object_get(document, "device"))
		snprintf(text, sizeof(text), "%s %s//%s",
			 json_string_value(json_object_get(document, "event")),
			 json_string_value(json_object_get(document, "host")),
			 json_string_value(json_object_get(document, "device")));
	else if (r)
		snprintf(text, sizeof(text), "%s",
			 json_string_value(json_object_get(document, "event")));
	json_decref(document);
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

static void devices_are_sent_in_order_without_types(void **state)
{
	(void)state;
	until_ready();
	assert_next("");
}

static void types_are_sent_if_wanted(void **state)
{
	(void)state;
	cursor.types = true;
	assert_next("present a//one");
	assert_next("present a//two");
	assert_next("present a//type");
}

static void nothing_is_sent_before_the_first_scan(void **state)
{
	(void)state;
	event_log.scanned = false;
	assert_next("");
	event_log.scanned = true;
	until_ready();
}

static void changes_are_sent_after_ready(void **state)
{
	(void)state;
	change("changed"); /* before the watcher started */
	until_ready();
	change("changed");
	change("removed");
	assert_next("changed a//one");
	assert_next("removed a//one");
	assert_next("");
}

static void change_during_the_list_is_sent_after_it(void **state)
{
	(void)state;
	assert_next("present a//one");
	change("changed");
	assert_next("present a//two");
	assert_next("present b//one");
	assert_next("ready");
	assert_next("changed a//one");
}

static void device_removed_during_the_list_is_skipped(void **state)
{
	(void)state;
	assert_next("present a//one");
	forget("a", "one");
	forget("a", "two");
	assert_next("present b//one");
	assert_next("ready");
}

static void device_added_during_the_list_is_sent_or_was_passed(void **state)
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

static void as_many_changes_as_are_kept_are_all_sent(void **state)
{
	(void)state;
	until_ready();
	for (size_t i = 0; i < EVENT_LOG_MAX; i++)
		change("changed");
	for (size_t i = 0; i < EVENT_LOG_MAX; i++)
		assert_next("changed a//one");
	assert_next("");
}

static void one_more_change_starts_again_once(void **state)
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

static void another_policy_starts_again(void **state)
{
	(void)state;
	until_ready();
	change("changed");
	cursor.phase = CURSOR_POLICY;
	assert_next("policy");
	until_ready();
	assert_next("");
}

static void another_policy_in_between_starts_again(void **state)
{
	(void)state;
	assert_next("present a//one");
	cursor.phase = CURSOR_POLICY;
	assert_next("policy");
	until_ready();
}

static void hold_of_a_removed_device_is_sent(void **state)
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

static void cleared_changes_are_not_sent(void **state)
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
		CASE(devices_are_sent_in_order_without_types),
		CASE(types_are_sent_if_wanted),
		CASE(nothing_is_sent_before_the_first_scan),
		CASE(changes_are_sent_after_ready),
		CASE(change_during_the_list_is_sent_after_it),
		CASE(device_removed_during_the_list_is_skipped),
		CASE(device_added_during_the_list_is_sent_or_was_passed),
		CASE(change_of_a_type_is_passed_over),
		CASE(as_many_changes_as_are_kept_are_all_sent),
		CASE(one_more_change_starts_again_once),
		CASE(another_policy_starts_again),
		CASE(another_policy_in_between_starts_again),
		CASE(hold_of_a_removed_device_is_sent),
		CASE(cleared_changes_are_not_sent),
		CASE(devices_are_found_by_host_and_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
