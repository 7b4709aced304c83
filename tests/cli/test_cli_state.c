/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state: what needs no device of this host. Real ones are in the kernel lab
 * (tests/kernel/guest/state.sh). */
#include <fcntl.h>

#include "core/state/writer.h"
#include "tests/support/run.h"
#include "tests/support/stream.h"

#define STATE "tests/hosts/serial-a.state"

/* A file, $FOLDER/forged, with right sums: its string, what it tells people, and its stream. */
static void forge_all(const char *string, const char *info, const void *stream, size_t len)
{
	const struct format_head head = {.content = FORMAT_STREAM};
	struct state_transport to;
	struct state_writer writer;
	int fd = open(folder_path(&ran.folder, "forged"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	to = transport_fd(&fd, "forged");
	assert_int_equal(writer_begin(&writer, &to, string, strlen(string), &head, NULL), 0);
	assert_int_equal(writer_record(&writer, RECORD_INFO, 0, info, strlen(info), NULL), 0);
	assert_int_equal(writer_record(&writer, RECORD_STREAM, 0, stream, len, NULL), 0);
	assert_int_equal(writer_end(&writer, NULL), 0);
	assert_int_equal(close(fd), 0);
}

/* With the string of STATE. */
static void forge(const void *stream, size_t len)
{
	run("head -n 1 " STATE " | tr -d '\\n'");
	forge_all(ran.out, "", stream, len);
}

static const char *field(json_t *list, const char *name, const char *member)
{
	json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		if (strcmp(json_member(entry, "field"), name) == 0)
			return json_member(entry, member);
	}
	fail_msg("no field \"%s\" in %s", name, ran.out);
	return NULL;
}

static void a_sound_file_is_shown_with_its_streams_fields(void **state)
{
	(void)state;
	run("migcompat state inspect " STATE);
	assert_status(0);
	assert_contains(ran.out, "holds        a state file with a kernel driver's stream\n");
	assert_contains(ran.out, "sound        yes\n");
	assert_contains(ran.out, "type         mtty:serial-2port\n");
	assert_contains(ran.out, "stream       mtty, 96 bytes");
	assert_contains(ran.out, "\nstream_ports  2     equal");
	assert_string_equal(ran.err, "");
}

static void the_document_has_all_of_it(void **state)
{
	json_t *document, *stream, *driver;

	(void)state;
	run("migcompat --json state inspect " STATE);
	assert_status(0);
	document = run_json();
	stream = json_object_get(document, "stream");
	assert_string_equal(json_member(document, "format"), "migcompat-state/1");
	assert_string_equal(json_member(document, "kind"), "state");
	assert_true(json_is_true(json_object_get(document, "sound")));
	assert_string_equal(json_member(document, "content"), "stream");
	assert_int_equal(json_integer_value(json_object_get(stream, "bytes")), 96);
	assert_int_equal(json_array_size(json_object_get(stream, "drivers")), 1);
	driver = json_array_get(json_object_get(stream, "drivers"), 0);
	assert_string_equal(json_member(driver, "driver"), "mtty");
	assert_string_equal(json_member(driver, "backend"), "mtty");
	assert_true(json_is_true(json_object_get(driver, "sound")));
	assert_string_equal(field(json_object_get(driver, "fields"), "stream_ports", "value"), "2");
	assert_string_equal(field(json_object_get(driver, "fields"), "stream_ports", "rule"),
			    "equal");
	assert_string_equal(field(json_object_get(driver, "fields"), "stream_major", "expected"),
			    "1");
	json_decref(document);
}

static void a_file_comes_through_a_pipe_as_well(void **state)
{
	(void)state;
	run("cat " STATE " | migcompat state inspect -");
	assert_status(0);
	assert_contains(ran.out, "file         standard input\n");
	run("cat " STATE " | migcompat " SERIAL_B "state check - " CARD_2);
	assert_status(0);
}

static void a_file_that_is_cut_is_not_sound(void **state)
{
	(void)state;
	run("head -c -1 " STATE " | migcompat state inspect -");
	assert_status(1);
	assert_contains(ran.out, "sound        no\n");
	assert_contains(ran.out,
			"reason       standard input: it ends in the middle of record 5\n");
	assert_contains(ran.out, "stream       mtty, 96 bytes"); /* what came before is shown */
}

static void a_drivers_bare_stream_is_known_by_what_it_begins_with(void **state)
{
	(void)state;
	run("printf "
	    "'\\x4e\\x2c\\x3e\\x8c\\x89\\x09\\x9d\\x7e\\1\\0\\0\\0\\0\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0"
	    "\\0%%72s' | migcompat state inspect -");
	assert_status(0);
	assert_contains(ran.out,
			"holds        a kernel driver's stream, without a version string\n");
	assert_contains(ran.out, "stream       mtty, 96 bytes");
	run("printf '\\xde\\xde\\xca\\xde\\xed\\xfe\\xcc\\xaa\\0\\4\\0\\0%%16s\\2\\0\\0\\0%%8s' | "
	    "migcompat state inspect -");
	assert_status(1);
	assert_contains(ran.out, "stream       hisi_acc_vfio_pci, 40 bytes, XXH3 ");
	assert_contains(ran.out, "stream_qp_num      1024");
	assert_contains(ran.out, "stream_major       2                  equal 1");
}

/* The text of a file is marked as its own. */
static void what_a_file_tells_people_is_its_own_words(void **state)
{
	uint8_t stream[24 + 4 * 36];

	(void)state;
	stream_mtty(stream, 1, 0, 2, 0);
	forge_all("mtty:mdev:serial-2port:1;x",
		  "host=lab\nsound=yes\nreason=fine\nE\033[1mS=\033[31mC\n", stream, 96);
	run("head -c -1 \"$FOLDER\"/forged | migcompat state inspect -");
	assert_status(1);
	assert_contains(ran.out, "\nsound        no\n");
	assert_contains(ran.out, "\nhost         lab\n");
	assert_contains(ran.out, "\ninfo         sound=yes\n");
	assert_contains(ran.out, "\ninfo         reason=fine\n");
	assert_contains(ran.out, "\ninfo         E?[1mS=?[31mC\n");
}

/* Sound or not, the reason is there in one member and one line. */
static void a_state_that_is_not_as_it_should_be_has_a_reason(void **state)
{
	static const struct {
		const char *string;
		uint32_t major, ports;
		const char *reason;
	} wrong[] = {
		{"mtty:mdev:serial-2port:1;x", 2, 2, "stream_major is 2, expected 1"},
		{"mtty:mdev:serial-2port:1;x", 1, 1, "the stream has 96 bytes, expected 60"},
		{"mtty:none:serial-2port:1;x", 1, 2, "the string's second part is no kind"},
	};
	uint8_t stream[24 + 4 * 36];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *document;

		stream_mtty(stream, wrong[i].major, 0, wrong[i].ports, 0);
		forge_all(wrong[i].string, "", stream, 96);
		run("migcompat --json state inspect \"$FOLDER\"/forged");
		assert_status(1);
		document = run_json();
		assert_false(json_is_true(json_object_get(document, "sound")));
		assert_contains(json_member(document, "reason"), wrong[i].reason);
		json_decref(document);
		run("migcompat state inspect \"$FOLDER\"/forged");
		assert_status(1);
		assert_contains(ran.out, "\nreason       ");
		assert_contains(ran.out, wrong[i].reason);
	}
}

static void what_nobody_knows_is_told_so(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat --json state inspect README.md");
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "kind"), "unknown");
	assert_false(json_is_true(json_object_get(document, "sound")));
	assert_true(json_is_null(json_object_get(document, "stream")));
	json_decref(document);
	run("migcompat state inspect /dev/zero");
	assert_status(1);
	run("migcompat state inspect /dev/null");
	assert_status(1);
	assert_contains(ran.out, "reason       /dev/null: it is empty\n");
	run("echo hello, world >\"$FOLDER\"/text; migcompat state inspect \"$FOLDER\"/text");
	assert_status(1);
	assert_contains(ran.out, "holds        unknown\n");
	run("echo hello:world >\"$FOLDER\"/text; migcompat state inspect \"$FOLDER\"/text");
	assert_status(1);
	assert_contains(ran.out, "holds        unknown\n");
}

static void what_cannot_be_read_is_trouble(void **state)
{
	(void)state;
	run("migcompat state inspect - </dev/null");
	assert_trouble("standard input is empty, expected a state");
	run("migcompat --json state inspect - </dev/null");
	assert_json_trouble("ENODATA", "standard input is empty, expected a state");
	run("migcompat " SERIAL_B "state check - " CARD_2 " </dev/null");
	assert_trouble("standard input is empty, expected a state");
	run("migcompat " SERIAL_B "state load - " CARD_2 " <&-");
	assert_trouble("standard input is empty, expected a state");
	run("migcompat state inspect nosuch");
	assert_trouble("nosuch: No such file or directory");
	run("migcompat --json state inspect core");
	assert_json_trouble("EISDIR", "core: Is a directory");
	run("migcompat state inspect");
	assert_trouble("state inspect expects FILE, got 0 arguments");
	run("migcompat state");
	assert_trouble("\"state\" is not a whole command");
}

static void a_state_is_checked_as_its_source_would_be(void **state)
{
	static const char *const targets[] = {CARD_2, CARD_1};

	(void)state;
	for (int i = 0; i < 2; i++) {
		json_t *by_string, *by_file, *findings;

		run("head -n 1 " STATE " | tr -d '\\n' | migcompat " SERIAL_B "--json check - %s",
		    targets[i]);
		assert_status(i);
		by_string = run_json();
		run("migcompat " SERIAL_B "--json state check " STATE " %s", targets[i]);
		assert_status(i);
		by_file = run_json();
		findings = json_object_get(by_file, "findings");
		assert_string_equal(field(findings, "stream_ports", "status"), i ? "bad" : "ok");
		/* But for what is known of the stream, the answers are one. */
		for (size_t n = json_array_size(findings); n-- > 0;)
			if (strncmp(json_member(json_array_get(findings, n), "field"), "stream_",
				    7) == 0)
				json_array_remove(findings, n);
		assert_true(json_equal(by_string, by_file));
		json_decref(by_string);
		json_decref(by_file);
	}
}

static void a_stream_that_is_not_the_strings_is_refused(void **state)
{
	uint8_t stream[24 + 4 * 36];

	(void)state;
	stream_mtty(stream, 1, 0, 2, 0);
	forge(stream, 96);
	run("migcompat " SERIAL_B "state check \"$FOLDER\"/forged " CARD_2);
	assert_status(0);
	stream_mtty(stream, 1, 0, 1, 0);
	forge(stream, 96);
	run("migcompat " SERIAL_B "state check \"$FOLDER\"/forged " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "incompatible (format): the stream has 96 bytes, expected 60\n");
	assert_contains(ran.out, "stream_ports: source has 1, target has 2 (must be equal)");
	forge("something", 9);
	run("migcompat " SERIAL_B "state check \"$FOLDER\"/forged " CARD_2);
	assert_status(1);
	assert_contains(
		ran.out,
		"stream: it does not begin like a stream of a driver that the backend mtty knows");
}

/* Others may take the stream, but the string says whose it is. */
static void the_backend_that_the_string_names_decides(void **state)
{
	const uint8_t stream[17] = {1}; /* a record of one byte, for two other drivers */

	(void)state;
	forge(stream, sizeof(stream));
	run("migcompat state inspect \"$FOLDER\"/forged");
	assert_status(1);
	assert_contains(ran.out, "\nreason       backend mtty: it is no stream that it knows\n");
	assert_contains(ran.out, "\ndriver       mlx5_vfio_pci: sound\n");
	forge_all("nosuch:mdev:t:1;x", "", stream, sizeof(stream));
	run("migcompat state inspect \"$FOLDER\"/forged");
	assert_status(0);
}

static void a_damaged_file_is_incompatible_with_everything(void **state)
{
	json_t *document;

	(void)state;
	run("head -c 300 " STATE " | migcompat " SERIAL_B "--json state check - " CARD_2);
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "incompatible");
	assert_string_equal(json_member(document, "limit"), "format");
	assert_contains(field(json_object_get(document, "findings"), "file", "text"),
			"it ends in the middle of record 2");
	json_decref(document);
}

static void a_target_that_is_not_there_cannot_be_checked(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "--json state check " STATE " nosuch");
	assert_json_trouble("ENOENT", "nosuch");
}

static void a_stale_fingerprint_is_told(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "state check --fingerprint 0 " STATE " " CARD_2);
	assert_trouble("stale: the target " CARD_2 " changed");
}

static void a_save_says_where_to(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "state save " DUAL);
	assert_trouble("state save expects -o FILE, or -o - for standard output");
	run("migcompat " SERIAL_A "--json state save " DUAL " -o - | cat");
	assert_contains(ran.err,
			"standard output takes the state or the document of --json, not both");
	run("migcompat " SERIAL_A "state save --columns x " DUAL " -o x");
	assert_trouble("state save takes no --columns");
	run("migcompat " SERIAL_A "state save " DUAL " -o");
	assert_trouble("-o expects COLUMNS or FILE");
	run("migcompat " SERIAL_A "state save " DUAL " --output");
	assert_trouble("--output expects FILE");
	run("migcompat " SERIAL_A "list --output x");
	assert_trouble("list takes no --output");
	run("migcompat " SERIAL_A "check -o x " DUAL " " SINGLE);
	assert_trouble("check takes no --columns");
	run("migcompat " SERIAL_A "state save --interface x " DUAL " -o \"$FOLDER\"/x");
	assert_trouble("--interface is \"x\", expected any, group, cdev or regions");
}

static void a_device_of_another_host_is_not_saved_and_leaves_no_file(void **state)
{
	(void)state;
	run("migcompat " SERIAL_A "state save " DUAL
	    " -o \"$FOLDER\"/x; s=$?; ls \"$FOLDER\"; exit $s");
	assert_status(2);
	assert_contains(ran.err, DUAL ": it is not a device of this host");
	assert_null(strstr(ran.out, "x\n"));
}

static void a_device_that_can_be_no_source_is_not_saved(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat -i tests/hosts/ap-z16.json --json state save matrix/vfio_ap-passthrough -o "
	    "\"$FOLDER\"/x");
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "not-migratable");
	json_decref(document);
}

static void what_does_not_fit_is_not_loaded(void **state)
{
	json_t *document;

	(void)state;
	run("migcompat " SERIAL_B "state load " STATE " " CARD_1);
	assert_status(1);
	assert_contains(ran.out, "incompatible (type): source has 2 ports, target has 1\n");
	assert_string_equal(ran.err, "");
	run("migcompat " SERIAL_B "--json state load " STATE " " CARD_1);
	assert_status(1);
	document = run_json();
	assert_string_equal(json_member(document, "format"), "migcompat-state-loaded/1");
	assert_true(json_is_false(json_object_get(document, "loaded")));
	assert_true(json_is_null(json_object_get(document, "kernel")));
	assert_string_equal(json_member(json_object_get(document, "verdict"), "limit"), "type");
	json_decref(document);
}

static void a_device_of_another_host_is_not_loaded(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "state load " STATE " " CARD_2);
	assert_status(2);
	assert_contains(ran.err, CARD_2 ": it is not a device of this host");
	run("migcompat " SERIAL_B "state load --force " STATE " " CARD_1);
	assert_status(2);
	assert_contains(ran.err, CARD_1 ": it is not a device of this host");
}

static void force_does_not_go_around_the_policy_nor_damage(void **state)
{
	(void)state;
	run("echo 'rules = ({name = \"never\"; action = \"deny\";});' >\"$FOLDER\"/deny.conf && "
	    "command migcompat --config \"$FOLDER\"/deny.conf " SERIAL_B "state load --force " STATE
	    " " CARD_2);
	assert_status(1);
	assert_contains(ran.err, "--force goes around neither holds nor the policy");
	/* The same if the verdict has another reason. */
	run("echo 'mechanism = \"require\";' >>\"$FOLDER\"/deny.conf && "
	    "command migcompat --config \"$FOLDER\"/deny.conf " SERIAL_B "state load --force " STATE
	    " " CARD_2);
	assert_status(1);
	assert_contains(ran.err, "--force goes around neither holds nor the policy");
	run("head -c 300 " STATE " | migcompat " SERIAL_B "state load --force - " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "it ends in the middle of record 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_file_is_shown_with_its_streams_fields),
		cmocka_unit_test(the_document_has_all_of_it),
		cmocka_unit_test(a_file_comes_through_a_pipe_as_well),
		cmocka_unit_test(a_file_that_is_cut_is_not_sound),
		cmocka_unit_test(a_drivers_bare_stream_is_known_by_what_it_begins_with),
		cmocka_unit_test(what_a_file_tells_people_is_its_own_words),
		cmocka_unit_test(a_state_that_is_not_as_it_should_be_has_a_reason),
		cmocka_unit_test(what_nobody_knows_is_told_so),
		cmocka_unit_test(what_cannot_be_read_is_trouble),
		cmocka_unit_test(a_state_is_checked_as_its_source_would_be),
		cmocka_unit_test(a_stream_that_is_not_the_strings_is_refused),
		cmocka_unit_test(the_backend_that_the_string_names_decides),
		cmocka_unit_test(a_damaged_file_is_incompatible_with_everything),
		cmocka_unit_test(a_target_that_is_not_there_cannot_be_checked),
		cmocka_unit_test(a_stale_fingerprint_is_told),
		cmocka_unit_test(a_save_says_where_to),
		cmocka_unit_test(a_device_of_another_host_is_not_saved_and_leaves_no_file),
		cmocka_unit_test(a_device_that_can_be_no_source_is_not_saved),
		cmocka_unit_test(what_does_not_fit_is_not_loaded),
		cmocka_unit_test(a_device_of_another_host_is_not_loaded),
		cmocka_unit_test(force_does_not_go_around_the_policy_nor_damage),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
