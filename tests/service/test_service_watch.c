/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watching recorded hosts, where holds, policies and clients change, but no devices. */
#include "core/service/watch/watch.h"
#include "tests/service/watching.h"

/* Call it before anything is open, since skip() does not return. */
static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void watcher_gets_present_devices_and_then_ready(void **state)
{
	int fd = watch_open(*state, WATCH);
	json_t *document;

	/* Sorted by host, then name. */
	document = watch_receive(fd, "present", DUAL);
	assert_text(document, "host", "serial-a");
	assert_text(document, "kind", "mdev");
	assert_int_equal(strlen(text_at(document, "fingerprint")), 32);
	json_decref(document);
	watch_expect(fd, "present", SINGLE);
	watch_expect(fd, "present", CARD_1);
	watch_expect(fd, "present", CARD_2);
	watch_expect(fd, "ready", NULL);
	close(fd);
}

static void types_are_sent_on_request(void **state)
{
	int fd = watch_open(*state, WATCH_TYPES);

	assert_int_equal(watch_until_ready(fd), 7);
	close(fd);
}

static void fingerprint_is_that_of_describe(void **state)
{
	json_t *described = call(*state, METHOD("Describe", "\"device\":\"" DUAL "\"")), *document;
	int fd = watch_open(*state, WATCH);

	document = watch_receive(fd, "present", DUAL);
	assert_text(document, "fingerprint", text_at(described, "fingerprint"));
	json_decref(document);
	json_decref(described);
	close(fd);
}

static void watching_without_more_is_refused(void **state)
{
	json_t *reply = call(*state, "{\"method\":\"io.migcompat.Watch\"}");

	assert_string_equal(json_string_value(json_object_get(reply, "error")),
			    "org.varlink.service.ExpectedMore");
	json_decref(reply);
}

static void oneway_watch_is_over_at_once(void **state)
{
	int fd = client_open(*state);
	json_t *reply;

	client_send(fd, "{\"method\":\"io.migcompat.Watch\",\"more\":true,\"oneway\":true}");
	client_send(fd, CHECK(DUAL, CARD_2));
	reply = client_receive(fd);
	assert_text(reply, "verdict", "compatible");
	json_decref(reply);
	close(fd);
}

static void hold_and_release_are_sent_to_all(void **state)
{
	int fds[3];
	json_t *document;

	need_root();
	for (size_t i = 0; i < 3; i++) {
		fds[i] = watch_open(*state, WATCH);
		watch_until_ready(fds[i]);
	}
	json_decref(call(*state, HOLD(DUAL, "first")));
	json_decref(call(*state, HOLD(DUAL, "second")));
	json_decref(call(*state, RELEASE(DUAL)));
	for (size_t i = 0; i < 3; i++) {
		/* Two changes in quick succession may be one event. */
		document = watch_receive(fds[i], "held", DUAL);
		if (strcmp(text_at(document, "hold"), "first") == 0) {
			json_decref(document);
			document = watch_receive(fds[i], "held", DUAL);
		}
		assert_text(document, "hold", "second");
		assert_text(document, "kind", "mdev");
		json_decref(document);
		document = watch_receive(fds[i], "released", DUAL);
		assert_null(text_at(document, "hold"));
		json_decref(document);
		close(fds[i]);
	}
}

static void held_device_is_present_with_its_hold(void **state)
{
	json_t *document;
	int fd;

	need_root();
	json_decref(call(*state, HOLD(DUAL, "why")));
	fd = watch_open(*state, WATCH);
	document = watch_receive(fd, "present", DUAL);
	assert_text(document, "hold", "why");
	json_decref(document);
	json_decref(call(*state, RELEASE(DUAL)));
	close(fd);
}

static void quiet_watcher_is_kept(void **state)
{
	int fd;

	need_root();
	fd = watch_open(*state, WATCH);
	watch_until_ready(fd);
	pause_ms(3 * atoi(PATIENCE));
	json_decref(call(*state, HOLD(DUAL, "late")));
	watch_expect(fd, "held", DUAL);
	json_decref(call(*state, RELEASE(DUAL)));
	watch_expect(fd, "released", DUAL);
	close(fd);
}

static void watcher_that_does_not_read_is_closed(void **state)
{
	char text[1024], reason[513];
	int fd, caller, size = 4096;

	need_root();
	fd = watch_open(*state, WATCH);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	caller = client_open(*state);
	memset(reason, 'x', 500);
	for (int i = 0; i < 1000; i++) {
		snprintf(reason + 500, 8, "%d", i);
		snprintf(text, sizeof(text),
			 "{\"method\":\"io.migcompat.Hold\",\"parameters\":{\"device\":\"" DUAL
			 "\",\"reason\":\"%s\"}}",
			 reason);
		client_send(caller, text);
		json_decref(client_receive(caller));
	}
	assert_logged(*state, "it does not read its reply");
	client_send(caller, RELEASE(DUAL));
	json_decref(client_receive(caller));
	close(caller);
	close(fd);
}

static void one_watcher_too_many_is_refused(void **state)
{
	size_t max = geteuid() == 0 ? WATCHERS_MAX : WATCHERS_USER;
	int fds[WATCHERS_MAX];
	json_t *reply;

	for (size_t i = 0; i < max; i++) {
		fds[i] = watch_open(*state, WATCH);
		watch_until_ready(fds[i]);
	}
	reply = call(*state, WATCH);
	assert_error(reply, "io.migcompat.TooManyWatchers", "errno", "EUSERS");
	for (size_t i = 0; i < max; i++)
		close(fds[i]);
}

static void watchers_come_and_go(void **state)
{
	for (int i = 0; i < 50; i++) {
		int fd = watch_open(*state, WATCH);

		if (i % 2)
			assert_int_equal(watch_until_ready(fd), 4);
		close(fd);
	}
}

static void watcher_with_its_sending_side_shut_gets_events(void **state)
{
	int fd;

	need_root();
	fd = watch_open(*state, WATCH);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	watch_until_ready(fd);
	json_decref(call(*state, HOLD(DUAL, "shut")));
	watch_expect(fd, "held", DUAL);
	json_decref(call(*state, RELEASE(DUAL)));
	close(fd);
}

static void reload_sends_all_events_again(void **state)
{
	struct daemon *daemon = *state;
	json_t *before, *after;
	int fd = watch_open(daemon, WATCH);

	before = watch_receive(fd, "present", DUAL);
	watch_until_ready(fd);
	folder_write(&daemon->folder, "policy/migcompat.conf", "mixed = false;\n");
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	watch_expect(fd, "policy", NULL);
	after = watch_receive(fd, "present", DUAL);
	assert_string_not_equal(text_at(before, "fingerprint"), text_at(after, "fingerprint"));
	assert_int_equal(watch_until_ready(fd), 3);
	json_decref(before);
	json_decref(after);
	folder_write(&daemon->folder, "policy/migcompat.conf", "");
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	watch_expect(fd, "policy", NULL);
	assert_int_equal(watch_until_ready(fd), 4);
	close(fd);
}

static void watcher_does_not_keep_the_service_from_its_end(void **state)
{
	struct daemon daemon = {.pid = 0};
	int fd;

	(void)state;
	daemon_folder(&daemon);
	daemon_start(&daemon, NULL);
	fd = watch_open(&daemon, WATCH);
	watch_until_ready(fd);
	daemon_end(&daemon);
	client_gets(fd, "Busy", "ESHUTDOWN");
	folder_remove(&daemon.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watcher_gets_present_devices_and_then_ready),
		cmocka_unit_test(types_are_sent_on_request),
		cmocka_unit_test(fingerprint_is_that_of_describe),
		cmocka_unit_test(watching_without_more_is_refused),
		cmocka_unit_test(oneway_watch_is_over_at_once),
		cmocka_unit_test(hold_and_release_are_sent_to_all),
		cmocka_unit_test(held_device_is_present_with_its_hold),
		cmocka_unit_test(quiet_watcher_is_kept),
		cmocka_unit_test(watcher_that_does_not_read_is_closed),
		cmocka_unit_test(one_watcher_too_many_is_refused),
		cmocka_unit_test(watchers_come_and_go),
		cmocka_unit_test(watcher_with_its_sending_side_shut_gets_events),
		cmocka_unit_test(reload_sends_all_events_again),
		cmocka_unit_test(watcher_does_not_keep_the_service_from_its_end),
	};

	return cmocka_run_group_tests(tests, daemon_setup, daemon_teardown);
}
