/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state with unix:PATH: a device moves from one process to another. */
#include <sys/socket.h>

#include "core/regions/message.h"
#include "core/regions/peer.h"
#include "tests/support/run.h"
#include "tests/support/served.h"

#define STATE "tests/hosts/serial-a.state"
#define SAMPLES "--plugin-dir " TEST_BUILD "/sample-backends "
#define SAMPLE TEST_BUILD "/samples/serial-device"

struct bench {
	struct served source, target;
	struct served_result *a, *b;
	bool ended;
};

static struct bench bench;

static void begin(void)
{
	served_begin(&bench.source, ran.folder.path, "a");
	served_begin(&bench.target, ran.folder.path, "b");
}

/* Ends both devices and reads what they have. */
static void end(void)
{
	served_end(&bench.source);
	served_end(&bench.target);
	bench.ended = true;
	served_result_read(&bench.source, bench.a);
	served_result_read(&bench.target, bench.b);
}

static int setup(void **state)
{
	(void)state;
	bench = (struct bench){.source.seed = 1,
			       .target.seed = 2,
			       .a = malloc(sizeof(struct served_result)),
			       .b = malloc(sizeof(struct served_result))};
	assert_non_null(bench.a);
	assert_non_null(bench.b);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (!bench.ended) {
		if (bench.source.pid)
			served_end(&bench.source);
		if (bench.target.pid)
			served_end(&bench.target);
	}
	free(bench.a);
	free(bench.b);
	return 0;
}

static bool same(void)
{
	return memcmp(&bench.a->config, &bench.b->config, sizeof(bench.a->config)) == 0 &&
	       memcmp(bench.a->memory, bench.b->memory, sizeof(bench.a->memory)) == 0;
}

static void a_running_device_moves_in_rounds_and_runs_on(void **state)
{
	json_t *document;

	(void)state;
	bench.source.writes = 1024;
	begin();
	run("migcompat --json state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s --stopped");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-state-saved/1");
	assert_string_equal(json_member(document, "interface"), "regions");
	assert_string_equal(json_member(document, "version"), SERVED_STRING);
	assert_true(json_integer_value(json_object_get(document, "rounds")) >= 1);
	assert_true(json_integer_value(json_object_get(document, "ahead_bytes")) >
		    (json_int_t)(SERVED_PAGES * MIGCOMPAT_STATE_PAGE));
	json_decref(document);
	run("migcompat state check \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(0);
	assert_string_equal(ran.out, "compatible (identical)\n");
	run("migcompat state load \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(0);
	assert_contains(ran.out, "; it runs\n");
	end();
	assert_true(same());
	assert_int_equal(bench.a->state, MIGCOMPAT_DEVICE_STOPPED);
	assert_int_equal(bench.b->state, MIGCOMPAT_DEVICE_RUNNING);
}

static void a_device_goes_through_a_pipe(void **state)
{
	(void)state;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o - --stopped | "
	    "migcompat --json state load --stopped - unix:\"$FOLDER\"/b");
	assert_status(0);
	json_decref(run_json());
	end();
	assert_true(same());
	assert_int_equal(bench.b->state, MIGCOMPAT_DEVICE_STOPPED);
}

static void a_saved_device_runs_on_unless_it_is_to_stay_stopped(void **state)
{
	(void)state;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s");
	assert_status(0);
	assert_contains(ran.out, "saved 8.0 MiB of unix:");
	end();
	assert_int_equal(bench.a->state, MIGCOMPAT_DEVICE_RUNNING);
	assert_false(same());
}

static void a_file_that_cannot_be_made_leaves_the_device_running(void **state)
{
	(void)state;
	begin();
	run("migcompat state save --stopped unix:\"$FOLDER\"/a -o /nowhere/s");
	assert_trouble("/nowhere/s could not be made");
	run("migcompat state save --stopped unix:\"$FOLDER\"/a -o - | head -c 1000 >/dev/null; "
	    "exit ${PIPESTATUS[0]}");
	assert_status(2);
	end();
	assert_int_equal(bench.a->state, MIGCOMPAT_DEVICE_RUNNING);
}

static void another_device_does_not_take_it(void **state)
{
	json_t *document;

	(void)state;
	bench.target.version = "card:physical:other:1;x";
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s");
	assert_status(0);
	run("migcompat --json state check \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "incompatible");
	assert_string_equal(json_member(document, "limit"), "type");
	json_decref(document);
	run("migcompat state load \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(1);
	end();
	assert_int_equal(bench.b->state, MIGCOMPAT_DEVICE_RUNNING);
	assert_false(same());
}

static int judge_lenient(void *arg, const char *version, char *text, size_t size)
{
	(void)arg;
	(void)text;
	(void)size;
	return strncmp(version, "card:", 5) == 0 ? 0 : -EINVAL;
}

static int judge_strict(void *arg, const char *version, char *text, size_t size)
{
	(void)arg;
	(void)version;
	snprintf(text, size, "the firmware is older than that of the source");
	return -EINVAL;
}

static void the_devices_process_judges(void **state)
{
	(void)state;
	bench.source.version = "card:mdev:plain:1;y";
	bench.target.judge = judge_lenient;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s");
	assert_status(0);
	run("migcompat state check \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(0);
	assert_string_equal(ran.out, "compatible (superset)\n");
}

static void the_devices_refusal_has_its_sentence(void **state)
{
	(void)state;
	bench.target.judge = judge_strict;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s");
	assert_status(0);
	run("migcompat state check \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(1);
	assert_contains(ran.out, "incompatible (parameter): the firmware is older");
}

static void a_config_that_the_device_refuses_is_a_no(void **state)
{
	json_t *document;

	(void)state;
	bench.target.config_fails = -ERANGE;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s");
	assert_status(0);
	run("migcompat --json state load \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(1);
	document = run_json();
	assert_false(json_is_true(json_object_get(document, "loaded")));
	assert_string_equal(json_member(json_object_get(document, "kernel"), "errno"), "ERANGE");
	json_decref(document);
	end();
	assert_int_equal(bench.b->state, MIGCOMPAT_DEVICE_RUNNING);
	assert_false(same());
}

/* It has the state: a "no" would have the source run on. */
static void a_device_that_took_the_state_and_does_not_run_is_trouble(void **state)
{
	(void)state;
	bench.target.run_fails = -ENXIO;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s --stopped");
	assert_status(0);
	run("migcompat state load \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_trouble("set_state");
	end();
	assert_true(same());
	assert_int_equal(bench.b->state, MIGCOMPAT_DEVICE_STOPPED);
}

/* The device of one client: it takes every string, and answers writes with a byte. */
static void babble(int listener)
{
	static struct message_request request;
	static struct message_reply reply;
	const struct regions_info info = {SERVED_PAGES * MIGCOMPAT_STATE_PAGE,
					  sizeof(struct card_config),
					  MIGCOMPAT_CAP_DEVICE_MEMORY | MIGCOMPAT_CAP_LOGGING, 0};
	int memory = regions_memory_new(&info, NULL), client = accept(listener, NULL, NULL);

	while (recv(client, &request, sizeof(request), 0) > 0) {
		const bool hello = request.op == MESSAGE_HELLO;

		reply = (struct message_reply){.op = request.op, .number = request.number};
		if (hello) {
			reply.info = info;
			message_reply_text(&reply, SERVED_STRING);
		}
		(void)peer_send(client, &reply,
				request.op == MESSAGE_RUN ? 1 : message_reply_size(&reply),
				hello ? memory : -1);
	}
}

/* The file is sound, and nobody knows what the device took: that is no "no". */
static void a_malformed_reply_during_a_load_is_trouble(void **state)
{
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	char path[200];
	pid_t child;

	(void)state;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o \"$FOLDER\"/s");
	assert_status(0);
	snprintf(path, sizeof(path), "%s/babbler", ran.folder.path);
	assert_int_equal(peer_address(path, &address, NULL), 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		babble(listener);
		_exit(0);
	}
	close(listener);
	run("migcompat --json state load \"$FOLDER\"/s unix:\"$FOLDER\"/babbler");
	assert_json_trouble("EPROTO", "malformed reply");
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_damaged_file_is_not_loaded(void **state)
{
	(void)state;
	begin();
	run("migcompat state save unix:\"$FOLDER\"/a -o - | head -c -1 >\"$FOLDER\"/s; "
	    "migcompat state check \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(1);
	assert_contains(ran.out, "incompatible (format): ");
	run("migcompat state load \"$FOLDER\"/s unix:\"$FOLDER\"/b");
	assert_status(1);
	end();
	assert_false(same());
}

static void a_kernel_drivers_stream_is_not_for_regions(void **state)
{
	(void)state;
	bench.target.version = "mtty:physical:serial-2port:1;x";
	bench.target.judge = judge_lenient;
	begin();
	run("migcompat state check tests/hosts/serial-a.state unix:\"$FOLDER\"/b");
	assert_status(1);
	assert_contains(ran.out, "content");
	run("printf x | migcompat state check - unix:\"$FOLDER\"/b");
	assert_trouble("standard input");
}

static void options_about_vfio_are_refused(void **state)
{
	(void)state;
	run("migcompat state load x unix:/nowhere --force");
	assert_trouble("unix:PATH takes no --force");
	run("migcompat state save unix:/nowhere -o x --interface group");
	assert_trouble("unix:PATH takes no --interface");
	run("migcompat state check x unix:/nowhere --fingerprint y");
	assert_trouble("unix:PATH takes no --fingerprint");
	run("migcompat " SERIAL_A "state save --stopped " DUAL " -o \"$FOLDER\"/x");
	assert_trouble("--stopped is about a device of unix:PATH");
}

static void a_socket_that_is_not_there_is_trouble(void **state)
{
	(void)state;
	run("migcompat --json state save unix:/nowhere/x -o \"$FOLDER\"/s");
	assert_json_trouble("ENOENT", "/nowhere/x: No such file or directory");
	run("migcompat state save unix: -o \"$FOLDER\"/s");
	assert_trouble("the path of a socket is empty");
}

/* Through the backend's worker. The session ends with the command, and with it what was loaded. */
static void a_backend_with_device_state_saves_and_takes_it_back(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat --json " SAMPLES SERIAL_B "state save --interface regions " CARD_2
	    " -o \"$FOLDER\"/s");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "interface"), "regions");
	json_decref(document);
	run("migcompat state inspect \"$FOLDER\"/s");
	assert_status(0);
	assert_contains(ran.out, "holds        a state file with regions\n");
	run("migcompat " SAMPLES SERIAL_B "state load --interface regions \"$FOLDER\"/s " CARD_2);
	assert_status(0);
	assert_contains(ran.out, "loaded 64.0 MiB into " CARD_2 "; ");
	run("migcompat " SAMPLES SERIAL_B "state load --interface regions \"$FOLDER\"/s " CARD_1);
	assert_status(1);
	assert_contains(ran.out, "incompatible (type)");
}

static void a_backend_without_device_state_is_a_no(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "state save --interface regions " CARD_2 " -o \"$FOLDER\"/s");
	assert_status(1);
	assert_contains(ran.err, "it has no operations for device state");
	run("migcompat " SERIAL_B "state load --interface regions " STATE " " CARD_2);
	assert_trouble("it holds a kernel driver's stream, and the target takes regions");
}

static void the_sample_device_moves(void **state)
{
	(void)state;
	run("cd \"$FOLDER\"; " SAMPLE " a --running --seed 7 --dump a.dump & a=$!; " SAMPLE
	    " b --stopped --seed 9 --dump b.dump & b=$!; "
	    "for i in {1..100}; do [ -S a ] && [ -S b ] && break; sleep 0.1; done; "
	    "migcompat state save unix:a -o s --stopped && migcompat state load s unix:b "
	    "--stopped; status=$?; kill $a $b; wait; cmp a.dump b.dump && exit $status");
	assert_status(0);
	assert_contains(ran.out, "serving mtty:physical:serial-2port:1;sample at a\n");
	assert_contains(ran.out, "loaded 64.0 MiB into unix:b; it is stopped\n");
}

#define MOVED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MOVED(a_running_device_moves_in_rounds_and_runs_on),
		MOVED(a_device_goes_through_a_pipe),
		MOVED(a_saved_device_runs_on_unless_it_is_to_stay_stopped),
		MOVED(a_file_that_cannot_be_made_leaves_the_device_running),
		MOVED(another_device_does_not_take_it),
		MOVED(the_devices_process_judges),
		MOVED(the_devices_refusal_has_its_sentence),
		MOVED(a_config_that_the_device_refuses_is_a_no),
		MOVED(a_device_that_took_the_state_and_does_not_run_is_trouble),
		MOVED(a_malformed_reply_during_a_load_is_trouble),
		MOVED(a_damaged_file_is_not_loaded),
		MOVED(a_kernel_drivers_stream_is_not_for_regions),
		cmocka_unit_test(options_about_vfio_are_refused),
		cmocka_unit_test(a_socket_that_is_not_there_is_trouble),
		cmocka_unit_test(a_backend_with_device_state_saves_and_takes_it_back),
		cmocka_unit_test(a_backend_without_device_state_is_a_no),
		cmocka_unit_test(the_sample_device_moves),
	};

	return run_group(tests);
}
