/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device events on a mocked host, lost ones included. Runs itself under umockdev-wrapper.
 */
#include <errno.h>

#include <umockdev.h>

#include "core/service/events.h"
#include "core/service/log.h"
#include "tests/service/udevd.h"
#include "tests/support/files.h"
#include "tests/support/mocked.h"

#define TURNS_MAX 200
#define TURN_US 20000

struct heard {
	char text[32768]; /* one line per event: ACTION DEVPATH SUBSYSTEM SYSNAME [OLD] */
	size_t count;
	size_t of_types;
	struct events *leave; /* to unlisten from, inside the listener */
};

static UMockdevTestbed *testbed;
static sd_event *event;
static struct events *events;
static struct folder folder; /* an empty policy */
static struct world world;
static int lose;      /* errno of the next receive */
static unsigned more; /* receives that return the last device again */
static struct udev_device *last;

struct udev_device *__real_udev_monitor_receive_device(struct udev_monitor *monitor);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor);

/*
 * Wraps libudev's function. A mocked socket never overflows, and its events belong to
 * both groups.
 */
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor)
{
	struct udev_device *device;
	int error = monitor != udevd.monitor ? lose : 0;

	if (last && more) {
		more--;
		return udev_device_ref(last);
	}
	device = __real_udev_monitor_receive_device(monitor);
	if (device) {
		udev_device_unref(last);
		last = udev_device_ref(device);
	}
	if (device && udevd_says_nothing(monitor))
		error = EAGAIN;
	if (!error || !device)
		return device;
	udev_device_unref(device);
	if (error == lose)
		lose = 0;
	errno = error;
	return NULL;
}

static void on_event(void *arg, const struct events_change *change)
{
	static const char *const names[] = {"add",  "remove", "bind",    "unbind", "change",
					    "move", "online", "offline", "rescan"};
	struct heard *heard = arg;
	size_t len = strlen(heard->text);

	snprintf(heard->text + len, sizeof(heard->text) - len, "%s %s %s %s%s%s\n",
		 names[change->action], change->devpath, change->subsystem, change->sysname,
		 *change->devpath_old ? " " : "", change->devpath_old);
	heard->count++;
	heard->of_types += change->mdev_types;
	if (heard->leave)
		events_unlisten(heard->leave, on_event, heard);
}

/* Run the loop until so many events came, and once more: there must be no others. */
static void turn(const struct heard *heard, size_t count)
{
	for (int i = 0; i < TURNS_MAX && heard->count < count; i++)
		assert_true(sd_event_run(event, TURN_US) >= 0);
	assert_true(sd_event_run(event, TURN_US) >= 0);
	assert_int_equal(heard->count, count);
}

static void say(const char *device, const char *action)
{
	umockdev_testbed_uevent(testbed, device, action);
}

/*
 * Creating a device causes an "add", which is consumed here. The caller frees the path.
 */
static char *device_make(const char *subsystem, const char *name)
{
	struct heard heard = {.text = ""};
	char *path;

	assert_int_equal(events_listen(events, on_event, &heard), 0);
	path = umockdev_testbed_add_device(testbed, subsystem, name, NULL, NULL, "DEVPATH_OLD",
					   "/devices/old", NULL);
	turn(&heard, 1);
	events_unlisten(events, on_event, &heard);
	return path;
}

static int world_make(void **state)
{
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .in_process = true};
	struct error err = {0};

	(void)state;
	folder_make(&folder);
	options.config = folder.path;
	world.references = 1;
	if (engine_start(&world.engine, &options, &err) || engine_backends(&world.engine, &err))
		fail_msg("%s", err.text);
	return 0;
}

static int world_end(void **state)
{
	(void)state;
	engine_stop(&world.engine);
	folder_remove(&folder);
	return 0;
}

static int start_with(bool with_udevd)
{
	struct error err = {0};

	udevd.runs = with_udevd;
	udevd.silent = false;
	log_open(true, LOG_ERR);
	lose = 0;
	more = 0;
	testbed = umockdev_testbed_new();
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(events_new(event, &world, &events, &err), 0);
	return 0;
}

static int start(void **state)
{
	(void)state;
	return start_with(false);
}

static int start_beside_udevd(void **state)
{
	(void)state;
	return start_with(true);
}

static int end(void **state)
{
	(void)state;
	last = udev_device_unref(last);
	events = events_free(events);
	event = sd_event_unref(event);
	g_object_unref(testbed);
	return 0;
}

static void every_action_has_path_subsystem_and_name(void **state)
{
	static const char *const actions[] = {"add",     "bind",   "change", "unbind",
					      "offline", "online", "move",   "remove"};
	struct heard heard = {.text = ""};
	char expected[1024] = "";
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		size_t len = strlen(expected);

		say(path, actions[i]);
		snprintf(expected + len, sizeof(expected) - len, "%s /devices/one mdev one%s\n",
			 actions[i], strcmp(actions[i], "move") == 0 ? " /devices/old" : "");
		turn(&heard, i + 1);
	}
	assert_string_equal(heard.text, expected);
	g_free(path);
}

static void moved_device_has_its_old_path(void **state)
{
	struct heard heard = {.text = ""};
	char *path = device_make("net", "new");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	say(path, "move");
	turn(&heard, 1);
	assert_string_equal(heard.text, "move /devices/new net new /devices/old\n");
	g_free(path);
}

static void unknown_action_is_a_rescan(void **state)
{
	struct heard heard = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	say(path, "explode");
	say(path, "bind");
	turn(&heard, 2);
	assert_string_equal(heard.text, "rescan   \nbind /devices/one mdev one\n");
	g_free(path);
}

static void types_that_come_or_go_are_marked(void **state)
{
	struct heard heard = {.text = ""};
	char *path = device_make("mtty", "parent"), *other;

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	say(path, "change");
	turn(&heard, 1);
	assert_int_equal(heard.of_types, 0);
	other = umockdev_testbed_add_device(testbed, "mtty", "other", NULL, NULL, "MDEV_STATE",
					    "registered", NULL);
	turn(&heard, 2);
	assert_int_equal(heard.of_types, 1);
	g_free(path);
	g_free(other);
}

static void every_subsystem_is_delivered(void **state)
{
	struct heard heard = {.text = ""};
	char *card = device_make("ap", "card05");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	say(card, "change");
	turn(&heard, 1);
	assert_string_equal(heard.text, "change /devices/card05 ap card05\n");
	g_free(card);
}

static void many_events_all_come(void **state)
{
	struct heard heard = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	for (int i = 0; i < 200; i++) {
		say(path, "change");
		if (i % 5 == 4)
			turn(&heard, (size_t)i + 1);
	}
	g_free(path);
}

static void one_turn_takes_a_part_of_a_flood(void **state)
{
	struct heard heard = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	say(path, "change");
	more = 500;
	assert_true(sd_event_run(event, (uint64_t)TURN_US * TURNS_MAX) > 0);
	assert_in_range(heard.count, 2, 100);
	g_free(path);
}

static void lost_event_is_a_rescan_and_the_next_are_delivered(void **state)
{
	struct heard heard = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	lose = ENOBUFS;
	say(path, "add");
	say(path, "change");
	turn(&heard, 2);
	assert_string_equal(heard.text, "rescan   \nchange /devices/one mdev one\n");
	g_free(path);
}

static void an_interrupted_receipt_is_no_rescan(void **state)
{
	struct heard heard = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &heard), 0);
	lose = EINTR;
	say(path, "add");
	say(path, "change");
	turn(&heard, 1);
	assert_string_equal(heard.text, "change /devices/one mdev one\n");
	g_free(path);
}

static void listener_may_unlisten_in_its_call(void **state)
{
	struct heard first = {.leave = events}, second = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &first), 0);
	assert_int_equal(events_listen(events, on_event, &second), 0);
	say(path, "add");
	say(path, "remove");
	turn(&second, 2);
	assert_int_equal(first.count, 1);
	g_free(path);
}

static void one_listener_too_many_is_refused(void **state)
{
	struct heard heard[EVENTS_LISTENERS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < EVENTS_LISTENERS_MAX; i++)
		assert_int_equal(events_listen(events, on_event, &heard[i]), 0);
	assert_int_equal(events_listen(events, on_event, &heard[EVENTS_LISTENERS_MAX]), -ENOSPC);
	events_unlisten(events, on_event, &heard[3]);
	assert_int_equal(events_listen(events, on_event, &heard[EVENTS_LISTENERS_MAX]), 0);
}

/* ---------------------------------------------------------------- early and late */

static void each_listener_is_called_once_by_its_own_group(void **state)
{
	struct heard told = {.text = ""}, early = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	turn(&early, 0);
	assert_int_equal(events_listen(events, on_event, &told), 0);
	assert_int_equal(events_listen_early(events, on_event, &early), 0);
	say(path, "change");
	turn(&told, 1);
	turn(&early, 1);
	assert_string_equal(told.text, "change /devices/one mdev one\n");
	assert_string_equal(early.text, told.text);
	g_free(path);
}

static void silent_udevd_keeps_no_early_event(void **state)
{
	struct heard told = {.text = ""}, early = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	turn(&early, 0);
	assert_int_equal(events_listen(events, on_event, &told), 0);
	assert_int_equal(events_listen_early(events, on_event, &early), 0);
	udevd.silent = true;
	say(path, "change");
	turn(&early, 1);
	turn(&told, 0);
	g_free(path);
}

static void lost_early_event_is_an_early_rescan(void **state)
{
	struct heard told = {.text = ""}, early = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	turn(&early, 0);
	assert_int_equal(events_listen(events, on_event, &told), 0);
	assert_int_equal(events_listen_early(events, on_event, &early), 0);
	lose = ENOBUFS;
	say(path, "change");
	turn(&early, 1);
	turn(&told, 1);
	assert_string_equal(early.text, "rescan   \n");
	assert_string_equal(told.text, "change /devices/one mdev one\n");
	g_free(path);
}

static void on_relevance(void *arg, const struct events_change *change)
{
	enum relevance *relevance = arg;

	*relevance = change->relevance;
}

static enum relevance relevance_of_change(const char *subsystem, const char *name)
{
	enum relevance relevance = RELEVANCE_GONE;
	char *path = device_make(subsystem, name);

	assert_int_equal(events_listen(events, on_relevance, &relevance), 0);
	say(path, "change");
	for (int i = 0; i < TURNS_MAX && relevance == RELEVANCE_GONE; i++)
		sd_event_run(event, TURN_US);
	events_unlisten(events, on_relevance, &relevance);
	g_free(path);
	return relevance;
}

static void event_has_its_relevance(void **state)
{
	(void)state;
	assert_int_equal(relevance_of_change("mdev", "one"), RELEVANCE_ONE);
	assert_int_equal(relevance_of_change("usb", "two"), RELEVANCE_NONE);
}

static void relevance_is_that_of_the_newest_world(void **state)
{
	struct world none = {.references = 1};

	(void)state;
	assert_int_equal(relevance_of_change("ap", "card05"), RELEVANCE_HOST);
	none.engine.policy = world.engine.policy;
	events_reload(events, &none);
	assert_int_equal(relevance_of_change("ap", "card06"), RELEVANCE_NONE);
	events_reload(events, &world);
}

static void without_udevd_nothing_is_early(void **state)
{
	struct heard told = {.text = ""}, early = {.text = ""};
	char *path = device_make("mdev", "one");

	(void)state;
	assert_int_equal(events_listen(events, on_event, &told), 0);
	assert_int_equal(events_listen_early(events, on_event, &early), 0);
	say(path, "change");
	turn(&told, 1);
	turn(&early, 0);
	g_free(path);
}

static int run_mocked(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)
#define BESIDE_UDEVD(name) cmocka_unit_test_setup_teardown(name, start_beside_udevd, end)
	const struct CMUnitTest tests[] = {
		CASE(every_action_has_path_subsystem_and_name),
		CASE(moved_device_has_its_old_path),
		CASE(unknown_action_is_a_rescan),
		CASE(types_that_come_or_go_are_marked),
		CASE(every_subsystem_is_delivered),
		CASE(many_events_all_come),
		CASE(one_turn_takes_a_part_of_a_flood),
		CASE(lost_event_is_a_rescan_and_the_next_are_delivered),
		CASE(an_interrupted_receipt_is_no_rescan),
		CASE(listener_may_unlisten_in_its_call),
		CASE(one_listener_too_many_is_refused),
		CASE(without_udevd_nothing_is_early),
		CASE(event_has_its_relevance),
		CASE(relevance_is_that_of_the_newest_world),
		BESIDE_UDEVD(each_listener_is_called_once_by_its_own_group),
		BESIDE_UDEVD(silent_udevd_keeps_no_early_event),
		BESIDE_UDEVD(lost_early_event_is_an_early_rescan),
	};

	return cmocka_run_group_tests(tests, world_make, world_end);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {{"mocked", NULL, run_mocked}};

	return mocked_main(groups, 1, argc, argv);
}
