/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies and events about backends whose workers end. */
#include "tests/service/hanging.h"
#include "tests/service/watching.h"

/* From the reply of Backends. The caller owns both. */
static json_t *backend_of(json_t *reply, const char *name)
{
	json_t *backend;
	size_t i;

	json_array_foreach (json_object_get(json_object_get(reply, "parameters"), "backends"), i,
			    backend)
		if (json_is_string(json_object_get(backend, "name")) &&
		    strcmp(json_string_value(json_object_get(backend, "name")), name) == 0)
			return backend;
	fail_msg("no backend %s", name);
	return NULL;
}

static const char *of(const json_t *backend, const char *key)
{
	return json_string_value(json_object_get(backend, key));
}

static void worker_that_ended_is_listed_with_its_reason(void **state)
{
	struct daemon daemon;
	json_t *reply, *backend;

	(void)state;
	hanging_start(&daemon, "500");
	json_decref(call(&daemon, DESCRIBE_HUNG));
	reply = call(&daemon, METHOD("Backends", ""));
	backend = backend_of(reply, "hang_open");
	assert_string_equal(of(backend, "state"), "restarting");
	assert_string_equal(of(backend, "status"), "loaded");
	assert_contains(of(backend, "ended"), "500 ms");
	backend = backend_of(reply, "mtty");
	assert_string_equal(of(backend, "state"), "running");
	assert_true(json_is_null(json_object_get(backend, "ended")));
	json_decref(reply);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void watcher_gets_events_until_the_backend_is_parked(void **state)
{
	bool parked = false, restarting = false;
	struct daemon daemon;
	json_t *document;
	int fd;

	(void)state;
	hanging_start(&daemon, "500");
	fd = watch_open(&daemon, WATCH);
	watch_until_ready(fd);
	for (int i = 0; i < 600 && !parked; i++) {
		json_t *reply;

		json_decref(call(&daemon, DESCRIBE_HUNG));
		reply = call(&daemon, METHOD("Backends", ""));
		parked = strcmp(of(backend_of(reply, "hang_open"), "state"), "parked") == 0;
		json_decref(reply);
		pause_ms(20);
	}
	assert_true(parked);
	for (parked = false; !parked; json_decref(document)) {
		const json_t *backend;

		document = watch_receive(fd, "backend", NULL);
		backend = json_object_get(json_object_get(document, "parameters"), "backend");
		assert_string_equal(of(backend, "name"), "hang_open");
		restarting |= strcmp(of(backend, "state"), "restarting") == 0;
		parked = strcmp(of(backend, "state"), "parked") == 0;
	}
	assert_true(restarting);
	close(fd);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void reload_gives_a_parked_backend_another_life(void **state)
{
	struct daemon daemon;
	bool parked = false;
	json_t *reply;

	(void)state;
	hanging_start(&daemon, "500");
	for (int i = 0; i < 600 && !parked; i++) {
		json_decref(call(&daemon, DESCRIBE_HUNG));
		reply = call(&daemon, METHOD("Backends", ""));
		parked = strcmp(of(backend_of(reply, "hang_open"), "state"), "parked") == 0;
		json_decref(reply);
		pause_ms(20);
	}
	assert_true(parked);
	assert_int_equal(kill(daemon.pid, SIGHUP), 0);
	assert_logged(&daemon, "were reloaded");
	reply = call(&daemon, METHOD("Backends", ""));
	assert_string_equal(of(backend_of(reply, "hang_open"), "state"), "running");
	assert_true(json_is_null(json_object_get(backend_of(reply, "hang_open"), "ended")));
	json_decref(reply);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

static void backend_that_does_not_load_is_listed_with_its_reason(void **state)
{
	struct daemon daemon = {.pid = 0};
	json_t *reply, *list, *backend;

	(void)state;
	daemon_folder(&daemon);
	daemon_start(&daemon,
		     (const char *[]){"--plugin-dir",
				      TEST_BUILD "/tests/backends/crash_constructor", NULL});
	reply = call(&daemon, METHOD("Backends", ""));
	list = json_object_get(json_object_get(reply, "parameters"), "backends");
	assert_int_equal(json_array_size(list), 1);
	backend = json_array_get(list, 0);
	assert_string_equal(of(backend, "status"), "failed");
	assert_string_equal(of(backend, "state"), "failed");
	assert_contains(of(backend, "file"), "crash_constructor.so");
	assert_true(*of(backend, "reason") != '\0');
	json_decref(reply);
	daemon_end(&daemon);
	folder_remove(&daemon.folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worker_that_ended_is_listed_with_its_reason),
		cmocka_unit_test(watcher_gets_events_until_the_backend_is_parked),
		cmocka_unit_test(reload_gives_a_parked_backend_another_life),
		cmocka_unit_test(backend_that_does_not_load_is_listed_with_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
