/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Missing confinement is reported: once in the log, and for each backend in Backends. */
#include "tests/service/daemon.h"
#include "tests/support/no_landlock.h"

#define WORDS "no Landlock: while it loads, it can open every file that its user can read"

static void prepare(struct daemon *daemon)
{
	(void)daemon;
	if (!no_landlock())
		_exit(126);
}

static int setup(void **state)
{
	static struct daemon daemon;

	daemon = (struct daemon){.prepare = prepare};
	*state = &daemon;
	daemon_folder(&daemon);
	daemon_start(&daemon, NULL);
	return 0;
}

/* How often the log contains it. */
static size_t logged(struct daemon *daemon, const char *part)
{
	static char text[1u << 20];
	FILE *file = fopen(folder_path(&daemon->folder, "log"), "re");
	size_t count = 0;

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (const char *at = text; (at = strstr(at, part)); at++)
		count++;
	return count;
}

static void backends_tell_it(void **state)
{
	json_t *reply = call(*state, METHOD("Backends", "")), *backend;
	json_t *backends = json_object_get(json_object_get(reply, "parameters"), "backends");
	size_t i;

	assert_true(json_array_size(backends) > 0);
	json_array_foreach (backends, i, backend) {
		const char *text = json_string_value(json_object_get(backend, "unconfined"));

		assert_non_null(text);
		assert_contains(text, WORDS);
	}
	json_decref(reply);
}

static void the_command_shows_it(void **state)
{
	const struct daemon *daemon = *state;
	char command[512], text[16384];
	FILE *output;

	snprintf(command, sizeof(command), "'%s/migcompat' --socket '%s' --daemon backend list",
		 TEST_BUILD, daemon->socket);
	output = popen(command, "r");
	assert_non_null(output);
	text[fread(text, 1, sizeof(text) - 1, output)] = '\0';
	assert_int_equal(pclose(output), 0);
	assert_contains(text, "UNCONFINED");
	assert_contains(text, WORDS);
}

static void it_is_logged_once_however_often_backends_are_loaded(void **state)
{
	struct daemon *daemon = *state;

	assert_logged(daemon, WORDS);
	assert_int_equal(kill(daemon->pid, SIGHUP), 0);
	assert_logged(daemon, "policy and backends were reloaded");
	assert_int_equal(logged(daemon, WORDS), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backends_tell_it),
		cmocka_unit_test(the_command_shows_it),
		cmocka_unit_test(it_is_logged_once_however_often_backends_are_loaded),
	};

	return cmocka_run_group_tests(tests, setup, daemon_teardown);
}
