/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * migcompat backend, and backends that misbehave: all that they can do to a question is
 * to fail it.
 */
#include "core/facts/macros.h"
#include "tests/support/run.h"

#define BAD(name) TEST_BUILD "/tests/backends/" name "/" name ".so"
#define GOOD TEST_BUILD "/backends"

/*
 * $FOLDER/NAME becomes a folder of backends: the good ones without mtty, and these files.
 */
static void plugins(const char *name, const char *files)
{
	run("rm -rf $FOLDER/%s && mkdir $FOLDER/%s && cp " GOOD "/i915.so " GOOD
	    "/vfio_ap.so %s $FOLDER/%s/",
	    name, name, files, name);
	assert_status(0);
}

/*
 * $FOLDER/one has this backend alone, and $FOLDER/bad.json has two of its devices: it
 * serves the parent's driver of its name.
 */
static void alone(const char *name)
{
	char json[1024];

	snprintf(json, sizeof(json),
		 "{\"format\":\"migcompat-inventory/"
		 "1\",\"host\":{\"name\":\"h\",\"facts\":{}},\"devices\":[{\"id\":\"x\",\"kind\":"
		 "\"mdev\",\"facts\":"
		 "{\"parent/driver\":\"%s\"}},{\"id\":\"y\",\"kind\":\"mdev\",\"facts\":{\"parent/"
		 "driver\":\"%s\"}}]}",
		 name, name);
	folder_write(&ran.folder, "bad.json", json);
	folder_write(&ran.folder, "quick.conf", "timeout_ms = 500;\n");
	run("rm -rf $FOLDER/one && mkdir $FOLDER/one && cp " TEST_BUILD
	    "/tests/backends/%s/%s.so $FOLDER/one/",
	    name, name);
	assert_status(0);
}

static void list_names_every_backend(void **state)
{
	json_t *document, *first;

	(void)state;
	run("migcompat backend list");
	assert_status(0);
	assert_contains(ran.out, "mtty    1.0.0   loaded ");
	assert_contains(ran.out, "mtty vfio_pci:pci:v00001B36d0000000[234]*");
	assert_contains(ran.out, "generic 1.0.0   loaded yes ");
	run("migcompat --json backend list");
	assert_status(0);
	document = run_json();
	first = json_array_get(json_object_get(document, "backends"), 0);
	assert_string_equal(json_member(first, "name"), "generic");
	assert_string_equal(json_member(first, "status"), "loaded");
	assert_true(json_is_true(json_object_get(first, "fallback")));
	assert_true(json_is_false(json_object_get(
		json_array_get(json_object_get(document, "backends"), 1), "fallback")));
	json_decref(document);
}

static void list_does_not_look_for_devices(void **state)
{
	(void)state;
	run("migcompat -i /nonexistent backend list");
	assert_status(0);
}

static void list_shows_bad_ones_with_their_reasons(void **state)
{
	static const struct {
		const char *name;
		const char *reason;
	} bad[] = {
		{"no_symbol", "migcompat_backend"},
		{"api_version", "API"},
		{"undefined_symbol", "undefined symbol"},
		{"missing_library", "cannot open shared object file"},
		{"not_elf", "ELF"},
	};

	(void)state;
	plugins("bad", GOOD "/mtty.so " BAD("no_symbol") " " BAD("api_version") " " BAD(
			       "undefined_symbol") " " BAD("missing_library") " " BAD("not_elf"));
	run("migcompat --plugin-dir $FOLDER/bad backend list");
	assert_status(0);
	assert_contains(ran.out, "mtty    1.0.0   loaded ");
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_contains(ran.out, bad[i].name);
		assert_contains(ran.out, bad[i].reason);
	}
	run("migcompat --plugin-dir $FOLDER/bad " SERIAL "check " DUAL " " CARD_2);
	assert_status(0);
}

static void absent_folder_is_an_error(void **state)
{
	(void)state;
	run("migcompat --plugin-dir /nonexistent backend list");
	assert_trouble("/nonexistent: ");
	run("migcompat --plugin-dir /nonexistent backend list --json");
	assert_json_trouble("ENOENT", "/nonexistent: ");
}

static void dump_prints_key_and_value_lines(void **state)
{
	(void)state;
	run("migcompat backend dump " GOOD "/mtty.so");
	assert_status(0);
	assert_contains(ran.out, "\nname=mtty\n");
	assert_contains(ran.out, "\napi_version=1\n");
	assert_contains(ran.out, "\nthread_model=parallel\n");
	assert_contains(ran.out, "\nkey=mtty\n");
	assert_contains(ran.out, "\nwant=kernel/release host compared announced\n");
	assert_contains(ran.out, "\nsetting=emit_format int init=1 allowed=1-1 ");
	run("migcompat backend dump " GOOD "/mtty.so | grep -vc '^[a-z_]*='");
	assert_string_equal(ran.out, "0\n");
}

static void dump_takes_a_relative_name(void **state)
{
	(void)state;
	run("cd " GOOD " && migcompat backend dump mtty.so");
	assert_status(0);
}

static void dump_is_a_document_too(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat backend dump --json " GOOD "/mtty.so");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-backend/1");
	assert_string_equal(json_member(document, "name"), "mtty");
	assert_string_equal(json_member(document, "thread_model"), "parallel");
	assert_int_equal(json_integer_value(json_object_get(document, "api_version")), 1);
	assert_true(json_integer_value(json_object_get(document, "struct_size")) > 0);
	json_decref(document);
}

/* As many of each as there are lines. */
static void dump_document_has_all_that_the_lines_have(void **state)
{
	static const struct {
		const char *line;
		const char *member;
		const char *part;
	} lists[] = {{"key=", "keys", NULL},
		     {"want=", "wants", "fact"},
		     {"setting=", "settings", "init_value"}};
	json_t *document;
	char *lines;

	(void)state;
	run("migcompat backend dump " GOOD "/mtty.so");
	assert_contains(ran.out, "\nwant=mdev_type device compared announced\n");
	lines = strdup(ran.out);
	assert_non_null(lines);
	run("migcompat backend dump --json " GOOD "/mtty.so");
	document = run_json();
	for (size_t i = 0; i < COUNT(lists); i++) {
		const json_t *list = json_object_get(document, lists[i].member);
		size_t count = 0;

		for (const char *at = lines; (at = strstr(at, lists[i].line)); at++)
			count += at[-1] == '\n';
		assert_true(count > 0);
		assert_int_equal(json_array_size(list), count);
		if (lists[i].part)
			assert_non_null(json_object_get(json_array_get(list, 0), lists[i].part));
	}
	json_decref(document);
	free(lines);
}

static void dump_says_what_is_wrong_with_a_file(void **state)
{
	static const struct {
		const char *file;
		const char *part;
	} bad[] = {
		{BAD("no_symbol"), "no_symbol.so: "},
		{BAD("api_version"), "api_version.so: "},
		{BAD("undefined_symbol"), "undefined symbol"},
		{BAD("missing_library"), "cannot open shared object file"},
		{BAD("not_elf"), "not_elf.so: "},
		{BAD("too_short"), "too_short.so: "},
		{BAD("exit_constructor"),
		 "exit_constructor.so: its worker ended (exit status 0) while loading"},
		{"/nonexistent.so", "/nonexistent.so: No such file or directory"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		run("migcompat backend dump %s", bad[i].file);
		assert_trouble(bad[i].part);
	}
	run("migcompat --json backend dump " BAD("not_elf"));
	assert_json_trouble("ENOEXEC", "not_elf.so: ");
}

static void shorter_and_longer_structs_of_a_known_version_work(void **state)
{
	(void)state;
	run("migcompat backend dump " BAD("shorter"));
	assert_status(0);
	run("migcompat backend dump " BAD("longer"));
	assert_status(0);
}

static void backend_without_a_description_works(void **state)
{
	(void)state;
	run("migcompat backend dump " BAD("terse"));
	assert_status(0);
	assert_contains(ran.out, "\nname=terse\n");
	alone("terse");
	run("migcompat --plugin-dir $FOLDER/one -i $FOLDER/bad.json check x y");
	assert_status(0);
}

static void file_that_others_can_write_is_refused(void **state)
{
	(void)state;
	plugins("open", GOOD "/mtty.so");
	run("chmod 666 $FOLDER/open/mtty.so; migcompat backend dump $FOLDER/open/mtty.so");
	assert_trouble("mtty.so can be written by others");
	run("migcompat --plugin-dir $FOLDER/open " SERIAL "check " DUAL " " CARD_2);
	assert_trouble("no backend serves");
	assert_contains(ran.err, "; not loaded: ");
	assert_contains(ran.err, "mtty.so can be written by others");
}

/* Opening it would block until a writer comes. */
static void pipe_among_the_backends_is_named_and_not_waited_for(void **state)
{
	(void)state;
	plugins("pipe", GOOD "/mtty.so");
	run("mkfifo $FOLDER/pipe/y.so; migcompat --plugin-dir $FOLDER/pipe backend list");
	assert_contains(ran.out, "/pipe/y.so: is no regular file");
}

static void backends_that_could_be_the_missed_one_are_counted(void **state)
{
	(void)state;
	plugins("two", BAD("no_symbol") " " BAD("api_version"));
	run("migcompat --plugin-dir $FOLDER/two " SERIAL "check " DUAL " " CARD_2);
	assert_trouble("no backend serves");
	assert_contains(ran.err, "api_version.so and 1 more, see \"migcompat backend list\"");
}

static void two_that_claim_one_key_are_both_named(void **state)
{
	(void)state;
	plugins("rivals", GOOD "/mtty.so " BAD("rival"));
	run("migcompat --plugin-dir $FOLDER/rivals " SERIAL "check " DUAL " " CARD_2);
	assert_status(2);
	assert_contains(ran.err, "mtty");
	assert_contains(ran.err, "rival");
	assert_true(run_one_line(ran.err));
	folder_write(&ran.folder, "prefer.conf",
		     "prefer = ( { key = \"mtty\"; backend = \"mtty\"; } );\n");
	run("command migcompat --config $FOLDER/prefer.conf --plugin-dir $FOLDER/rivals " SERIAL
	    "check " DUAL " " CARD_2);
	assert_status(0);
}

/* One has a row in its table, the other serves any driver. */
static void two_fallbacks_for_one_device_are_a_conflict(void **state)
{
	(void)state;
	plugins("last", GOOD "/generic.so " BAD("last_resort"));
	run("migcompat --plugin-dir $FOLDER/last -i tests/hosts/generic-a.json version "
	    "0000:5e:00.0");
	assert_trouble("both claim the key \"vfio_pci\"");
	run("migcompat --plugin-dir $FOLDER/last -i tests/hosts/generic-a.json version "
	    "0000:60:00.1");
	assert_trouble("both claim the key \"*\"");
	folder_write(&ran.folder, "last.conf",
		     "prefer = ( { key = \"vfio_pci\"; backend = \"generic\"; } );\n");
	run("command migcompat --config $FOLDER/last.conf --plugin-dir $FOLDER/last -i "
	    "tests/hosts/generic-a.json show 0000:5e:00.0");
	assert_status(1);
	assert_contains(ran.out, "vfio-pci moves no device state");
}

static void dump_says_whether_it_is_a_fallback(void **state)
{
	(void)state;
	run("migcompat backend dump " GOOD "/generic.so");
	assert_contains(ran.out, "\nfallback=yes\n");
	run("migcompat backend dump " GOOD "/mtty.so");
	assert_contains(ran.out, "\nfallback=no\n");
	run("migcompat --json backend dump " GOOD "/generic.so");
	assert_contains(ran.out, "\"fallback\":true");
}

static void asks(const char *name, const char *part)
{
	alone(name);
	run("export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0; command migcompat "
	    "--config $FOLDER/quick.conf --plugin-dir "
	    "$FOLDER/one "
	    "-i $FOLDER/bad.json check x y");
	assert_trouble(part);
}

static void crashing_backend_makes_no_yes(void **state)
{
	(void)state;
	asks("crash_open", "was killed by signal 11");
	asks("crash_compare", "was killed by signal 11");
}

static void ending_backend_makes_no_yes(void **state)
{
	(void)state;
	asks("exit_compare", "ended (exit status 0)");
}

static void hanging_backend_is_not_waited_for(void **state)
{
	(void)state;
	asks("hang_open", "gave no answer in 500 ms");
	asks("hang_compare", "gave no answer in 500 ms");
}

static void ask_that_nobody_answered_is_no_no(void **state)
{
	json_t *document;

	(void)state;
	alone("hang_compare");
	run("command migcompat --config $FOLDER/quick.conf --plugin-dir $FOLDER/one -i "
	    "$FOLDER/bad.json ask x");
	assert_trouble("h//y: backend hang_compare: its worker gave no answer in 500 ms");
	run("command migcompat --config $FOLDER/quick.conf --plugin-dir $FOLDER/one -i "
	    "$FOLDER/bad.json ask x --json");
	assert_status(2);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "error");
	assert_string_equal(json_member(document, "errno"), "EIO");
	assert_contains(json_member(document, "reason"), "none of the 1 devices");
	assert_int_equal(json_array_size(json_object_get(document, "unanswered")), 1);
	json_decref(document);
}

static void nosy_backend_is_an_error(void **state)
{
	(void)state;
	asks("nosy", "serial_number");
}

/* Neither the backend nor the kernel says anything about a mechanism. */
#define QUIET                      \
	"compatible (identical)\n" \
	"mechanism: unknown (source: nobody says whether driver and kernel can move its state)\n"

static void noise_of_backends_shows_with_debug_only(void **state)
{
	(void)state;
	alone("loud");
	run("migcompat --plugin-dir $FOLDER/one -i $FOLDER/bad.json check x y");
	assert_status(0);
	assert_string_equal(ran.out, QUIET);
	assert_string_equal(ran.err, "");
	run("migcompat --debug --plugin-dir $FOLDER/one -i $FOLDER/bad.json check x y");
	assert_status(0);
	assert_string_equal(ran.out, QUIET);
	assert_string_equal(ran.err, "backend loud.so: loud: loaded\nbackend loud: "
				     "compatible\nbackend loud: loud: compared\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_names_every_backend),
		cmocka_unit_test(list_does_not_look_for_devices),
		cmocka_unit_test(list_shows_bad_ones_with_their_reasons),
		cmocka_unit_test(absent_folder_is_an_error),
		cmocka_unit_test(dump_prints_key_and_value_lines),
		cmocka_unit_test(dump_takes_a_relative_name),
		cmocka_unit_test(dump_is_a_document_too),
		cmocka_unit_test(dump_document_has_all_that_the_lines_have),
		cmocka_unit_test(dump_says_what_is_wrong_with_a_file),
		cmocka_unit_test(shorter_and_longer_structs_of_a_known_version_work),
		cmocka_unit_test(backend_without_a_description_works),
		cmocka_unit_test(file_that_others_can_write_is_refused),
		cmocka_unit_test(pipe_among_the_backends_is_named_and_not_waited_for),
		cmocka_unit_test(backends_that_could_be_the_missed_one_are_counted),
		cmocka_unit_test(two_that_claim_one_key_are_both_named),
		cmocka_unit_test(two_fallbacks_for_one_device_are_a_conflict),
		cmocka_unit_test(dump_says_whether_it_is_a_fallback),
		cmocka_unit_test(crashing_backend_makes_no_yes),
		cmocka_unit_test(ending_backend_makes_no_yes),
		cmocka_unit_test(hanging_backend_is_not_waited_for),
		cmocka_unit_test(ask_that_nobody_answered_is_no_no),
		cmocka_unit_test(nosy_backend_is_an_error),
		cmocka_unit_test(noise_of_backends_shows_with_debug_only),
	};

	return run_group(tests);
}
