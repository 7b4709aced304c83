/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat watch: its events and how it ends. */
#include "tests/cli/fake_service.h"
#include "tests/cli/run_service.h"

static int setup(void **state)
{
	return service_setup(state, NULL);
}

static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

struct watcher {
	pid_t pid;
	FILE *out;
};

/* Starts the built program with these words, which name the service, and a reader. */
static struct watcher watch(const char *const *words)
{
	const char *args[16] = {TEST_BUILD "/migcompat", "watch"};
	struct watcher watcher;
	size_t count = 2;
	int fds[2];

	while (*words)
		args[count++] = *words++;
	assert_int_equal(pipe(fds), 0);
	watcher.pid = fork();
	assert_true(watcher.pid >= 0);
	if (watcher.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		/* The tests may have been started with another action. */
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		execv(args[0], (char *const *)(uintptr_t)args);
		_exit(127);
	}
	close(fds[1]);
	watcher.out = fdopen(fds[0], "r");
	assert_non_null(watcher.out);
	return watcher;
}

static struct watcher watch_service(const char *more)
{
	const char *const words[] = {"--socket", service.socket, more, NULL};

	return watch(words);
}

static void reads(const struct watcher *watcher, const char *expected)
{
	char line[4096];

	assert_non_null(fgets(line, sizeof(line), watcher->out));
	assert_string_equal(line, expected);
}

static void reads_until_ready(const struct watcher *watcher)
{
	char line[4096];

	do
		assert_non_null(fgets(line, sizeof(line), watcher->out));
	while (!strstr(line, "ready"));
}

static void ends(struct watcher *watcher, int signal, int status)
{
	if (signal)
		assert_int_equal(kill(watcher->pid, signal), 0);
	assert_int_equal(daemon_wait(watcher->pid), status);
	fclose(watcher->out);
}

static void what_there_is_comes_first(void **state)
{
	struct watcher watcher = watch_service(NULL);

	(void)state;
	reads(&watcher, "present  " DUAL " mdev serial-a\n");
	reads(&watcher, "present  " SINGLE " mdev serial-a\n");
	reads(&watcher, "present  " CARD_1 " physical serial-b\n");
	reads(&watcher, "present  " CARD_2 " physical serial-b\n");
	reads(&watcher, "ready\n");
	ends(&watcher, SIGINT, 0);
}

static void types_come_where_asked_for(void **state)
{
	struct watcher watcher = watch_service("--types");
	char line[4096];
	size_t count = 0;

	(void)state;
	while (fgets(line, sizeof(line), watcher.out) && strcmp(line, "ready\n") != 0)
		count += strstr(line, " mdev-type ") != NULL;
	assert_int_equal(count, 3);
	ends(&watcher, SIGTERM, 0);
}

static void changes_come_as_they_are(void **state)
{
	struct watcher watcher;

	(void)state;
	need_root();
	watcher = watch_service(NULL);
	reads_until_ready(&watcher);
	run("command migcompat --socket $SOCKET hold " CARD_2 " --reason 'new firmware'");
	reads(&watcher, "held     " CARD_2 " physical serial-b: new firmware\n");
	run("command migcompat --socket $SOCKET watch | grep -m 1 " CARD_2);
	assert_string_equal(ran.out, "present  " CARD_2 " physical serial-b, held: new firmware\n");
	run("command migcompat --socket $SOCKET release " CARD_2);
	reads(&watcher, "released " CARD_2 " physical serial-b\n");
	assert_int_equal(kill(service.pid, SIGHUP), 0);
	reads(&watcher, "policy\n");
	reads_until_ready(&watcher);
	ends(&watcher, SIGINT, 0);
}

static void every_line_is_a_document_with_json(void **state)
{
	struct watcher watcher = watch_service("--json");
	char line[4096];
	size_t count = 0;
	bool ready = false;

	(void)state;
	while (!ready && fgets(line, sizeof(line), watcher.out)) {
		json_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		assert_non_null(event);
		documents_keep(line);
		ready = strcmp(json_string_value(json_object_get(event, "event")), "ready") == 0;
		assert_string_equal(json_string_value(json_object_get(event, "format")),
				    "migcompat-event/1");
		assert_int_equal(json_string_length(json_object_get(event, "time")),
				 strlen("2026-11-30T20:00:00Z"));
		assert_true(ready ||
			    json_string_length(json_object_get(event, "fingerprint")) == 32);
		json_decref(event);
		count++;
	}
	assert_int_equal(count, 5);
	ends(&watcher, SIGINT, 0);
}

static void reader_that_leaves_ends_it(void **state)
{
	struct watcher watcher = watch_service(NULL);

	(void)state;
	reads_until_ready(&watcher);
	/* Nothing changes, so no write would fail. */
	fclose(watcher.out);
	assert_int_equal(daemon_wait(watcher.pid), 0);
	run("set -o pipefail; command migcompat --socket $SOCKET watch --types | head -n 1");
	assert_status(0);
	assert_string_equal(ran.err, "");
}

static void output_that_is_lost_is_trouble(void **state)
{
	(void)state;
	run("command migcompat --socket $SOCKET watch >/dev/full");
	assert_trouble("standard output could not be written: No space left on device");
}

static void service_that_ends_is_trouble(void **state)
{
	struct daemon own = {.pid = 0};
	struct watcher watcher;
	const char *words[] = {"--json", "--socket", NULL, NULL};
	char line[4096];

	(void)state;
	daemon_folder(&own);
	daemon_start(&own, NULL);
	words[2] = own.socket;
	watcher = watch(words);
	reads_until_ready(&watcher);
	daemon_end(&own);
	assert_non_null(fgets(line, sizeof(line), watcher.out));
	assert_contains(line, "\"verdict\":\"error\",\"errno\":\"ESHUTDOWN\"");
	ends(&watcher, 0, 2);
	folder_remove(&own.folder);
}

static void absent_service_is_trouble(void **state)
{
	(void)state;
	run("command migcompat --socket $FOLDER/none watch");
	assert_trouble("no service answers at ");
}

static void own_workers_cannot_watch(void **state)
{
	(void)state;
	run("command migcompat -i a watch");
	assert_trouble("watch is answered by the service only: it takes no --inventory");
	run("command migcompat --no-daemon watch");
	assert_trouble("watch is answered by the service only: it takes no --no-daemon");
}

static void says(const char *text, const char *part)
{
	struct fake fake = {.pid = 0};

	fake_start(&fake, &ran.folder, text, strlen(text) + 1, FAKE_WAITS);
	setenv("LIAR", fake.path, 1);
	run("command migcompat --socket $LIAR watch");
	fake_stop(&fake);
	assert_trouble(part);
}

#define HEAD "\"format\":\"migcompat-event/1\",\"time\":\"2026-11-30T20:00:00Z\""
#define EVENT(members) "{\"continues\":true,\"parameters\":{" HEAD "," members "}}"

static void backend_comes_with_its_state_and_why(void **state)
{
	static const char text[] =
		EVENT("\"event\":\"backend\",\"backend\":{\"name\":\"mtty\",\"version\":\"1\","
		      "\"keys\":[],\"fallback\":false,\"file\":\"f\","
		      "\"status\":\"loaded\",\"reason\":\"\",\"state\":\"parked\",\"restarts\":4,"
		      "\"ended\":\"its worker crashed\"}");
	struct fake fake = {.pid = 0};

	(void)state;
	fake_start(&fake, &ran.folder, text, sizeof(text), FAKE_WAITS);
	setenv("LIAR", fake.path, 1);
	run("command migcompat --socket $LIAR watch | head -n 1");
	fake_stop(&fake);
	assert_string_equal(ran.out, "backend  mtty parked: its worker crashed\n");
}

static void nonsense_is_trouble(void **state)
{
	(void)state;
	says("nonsense", "sent an invalid answer: ");
	says(EVENT("\"event\":\"tea\""), "\"event\" is \"tea\", expected present, ready, ");
	says(EVENT("\"event\":\"added\""), "an event without its device");
	says(EVENT("\"event\":\"added\",\"device\":1,\"host\":\"h\""),
	     "\"device\" is a number, expected a string");
	says(EVENT("\"event\":\"backend\""), "an event without its backend");
	says(EVENT("\"event\":\"backend\",\"backend\":{\"keys\":[],\"fallback\":false,\"file\":"
		   "\"f\",\"status\":\"asleep\"}"),
	     "\"status\" is \"asleep\", expected loaded or failed");
	says("{\"parameters\":{" HEAD ",\"event\":\"ready\"}}", "a last event");
	says("{\"error\":\"io.migcompat.TooManyWatchers\",\"parameters\":{\"errno\":\"EUSERS\","
	     "\"reason\":\"32 watch\"}}",
	     "32 watch");
	says("{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"x\"}}",
	     "is older than this program");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_there_is_comes_first),
		cmocka_unit_test(types_come_where_asked_for),
		cmocka_unit_test(changes_come_as_they_are),
		cmocka_unit_test(every_line_is_a_document_with_json),
		cmocka_unit_test(reader_that_leaves_ends_it),
		cmocka_unit_test(output_that_is_lost_is_trouble),
		cmocka_unit_test(service_that_ends_is_trouble),
		cmocka_unit_test(absent_service_is_trouble),
		cmocka_unit_test(own_workers_cannot_watch),
		cmocka_unit_test(backend_comes_with_its_state_and_why),
		cmocka_unit_test(nonsense_is_trouble),
	};

	return cmocka_run_group_tests(tests, setup, service_teardown);
}
