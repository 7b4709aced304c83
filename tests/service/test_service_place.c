/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a watcher is, whatever changes between its steps; and the devices that are known. */
#include <errno.h>
#include <jansson.h>

#include "core/service/watch/watch_cursor.h"
#include "tests/support/test.h"

static struct told told;
static struct place place;

static void know(const char *host, const char *device, enum migcompat_kind kind)
{
	struct seen seen = {.host = (char *)(uintptr_t)host,
			    .device = device,
			    .kind = kind,
			    .fingerprint = "f"};

	assert_int_equal(seen_insert(&told.devices, seen_index(&told.devices, host, device), &seen),
			 0);
}

static void forget(const char *host, const char *device)
{
	seen_remove(&told.devices, seen_index(&told.devices, host, device));
}

static int setup(void **state)
{
	(void)state;
	told = (struct told){.whole = true};
	place = (struct place){.types = false};
	know("a", "two", MIGCOMPAT_KIND_MDEV);
	know("b", "one", MIGCOMPAT_KIND_PHYSICAL);
	know("a", "one", MIGCOMPAT_KIND_MDEV);
	know("a", "type", MIGCOMPAT_KIND_MDEV_TYPE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	place_clear(&place);
	told_forget(&told);
	return 0;
}

/* "EVENT HOST//DEVICE", or "" where nothing is to be told. */
static void assert_next(const char *expected)
{
	json_t *word = NULL;
	char text[256] = "";
	int r = place_next(&place, &told, &word);

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
	told_add_device(&told, event, &told.devices.list[0], "e");
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
	place.types = true;
	assert_next("present a//one");
	assert_next("present a//two");
	assert_next("present a//type");
}

static void nothing_is_told_before_the_first_look(void **state)
{
	(void)state;
	told.whole = false;
	assert_next("");
	told.whole = true;
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
	told_add_device(&told, "added", &told.devices.list[1], NULL);
	assert_next("added a//two");
	told_add_device(&told, "added", &told.devices.list[2], NULL);
	assert_next("");
}

static void as_many_changes_as_are_kept_are_all_told(void **state)
{
	(void)state;
	until_ready();
	for (size_t i = 0; i < TOLD_CHANGES_MAX; i++)
		change("changed");
	for (size_t i = 0; i < TOLD_CHANGES_MAX; i++)
		assert_next("changed a//one");
	assert_next("");
}

static void one_more_begins_anew_once(void **state)
{
	(void)state;
	until_ready();
	for (size_t i = 0; i <= TOLD_CHANGES_MAX; i++)
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
	place.phase = PHASE_POLICY;
	assert_next("policy");
	until_ready();
	assert_next("");
}

static void another_policy_in_between_begins_anew(void **state)
{
	(void)state;
	assert_next("present a//one");
	place.phase = PHASE_POLICY;
	assert_next("policy");
	until_ready();
}

static void hold_of_a_device_that_is_gone_is_told(void **state)
{
	struct hold hold = {
		.host = (char[]){"z"}, .device = (char[]){"gone"}, .reason = (char[]){"why"}};

	(void)state;
	until_ready();
	told_add_hold(&told, &hold, hold.reason);
	told_add_hold(&told, &hold, NULL);
	assert_next("held z//gone");
	assert_next("released z//gone");
}

static void forgotten_changes_are_behind_whoever_comes(void **state)
{
	(void)state;
	change("changed");
	told_forget(&told);
	told.whole = true;
	assert_next("ready");
	assert_next("");
}

static void devices_are_found_by_host_and_name(void **state)
{
	(void)state;
	assert_int_equal(told.devices.count, 4);
	assert_string_equal(told.devices.list[seen_index(&told.devices, "a", "two")].device, "two");
	assert_int_equal(seen_index(&told.devices, "z", "z"), 4);
	assert_int_equal(seen_index(&told.devices, "", ""), 0);
	assert_ptr_equal(told_find(&told.devices, "type"), &told.devices.list[2]);
	assert_null(told_find(&told.devices, "nobody"));
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
