/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migcompat state inspect and check: bare streams, and drivers that judge the same stream. */
#include <endian.h>

#include "tests/support/run.h"
#include "tests/support/stream.h"

#define GVT "-i tests/hosts/gvt-gen8-1024.json "
#define GVT_DEVICE "0b8a6f3e-54c1-4d27-b1f6-7e9d2c5a0821"
#define MANDATORY 0
#define OPTIONAL 1

static uint8_t bytes[256];
static uint8_t *at;

static uint8_t *record(uint8_t *to, uint64_t size, uint32_t flags, uint32_t tag)
{
	to = stream_put(to, htole64(size), 8);
	to = stream_put(to, htole32(flags), 4);
	return stream_put(to, htole32(tag), 4) + size;
}

/* $FOLDER/stream, filled up with zeros to this size. */
static void keep(size_t size)
{
	FILE *file = fopen(folder_path(&ran.folder, "stream"), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), file), sizeof(bytes));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(truncate(folder_path(&ran.folder, "stream"), (off_t)size), 0);
	memset(bytes, 0, sizeof(bytes));
}

/* A size of the rest, and data. */
static void keep_records(uint32_t first_flags, uint32_t second_flags, uint32_t second_tag)
{
	at = record(bytes, 8, first_flags, 1);
	at = record(at, 100, second_flags, second_tag);
	keep((size_t)(at - bytes));
}

static void keep_mtty(uint32_t ports)
{
	keep(stream_mtty(bytes, 1, 0, ports, 0));
}

static json_t *driver_of(json_t *document, size_t index)
{
	return json_array_get(json_object_get(json_object_get(document, "stream"), "drivers"),
			      index);
}

/* ---------------------------------------------------------------- inspect */

static void each_driver_has_an_entry(void **state)
{
	json_t *document;

	(void)state;
	keep_records(MANDATORY, MANDATORY, 0);
	run("migcompat --json state inspect \"$FOLDER\"/stream");
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "kind"), "stream");
	assert_string_equal(json_member(driver_of(document, 0), "driver"), "mlx5_vfio_pci");
	assert_true(json_is_true(json_object_get(driver_of(document, 0), "sound")));
	assert_string_equal(json_member(driver_of(document, 1), "driver"), "virtio_vfio_pci");
	assert_false(json_is_true(json_object_get(driver_of(document, 1), "sound")));
	assert_contains(json_member(driver_of(document, 1), "reason"), "tag 1 is mandatory");
	assert_null(driver_of(document, 2));
	json_decref(document);
}

static void people_see_who_takes_it(void **state)
{
	(void)state;
	keep_records(MANDATORY, MANDATORY, 0);
	run("migcompat state inspect \"$FOLDER\"/stream");
	assert_status(0);
	assert_contains(ran.out, "\nsound        yes\n");
	assert_contains(ran.out,
			"\nstream       mlx5_vfio_pci or virtio_vfio_pci, 140 bytes, XXH3 ");
	assert_contains(ran.out, "\ndriver       mlx5_vfio_pci: sound\n");
	assert_contains(ran.out, "\ndriver       virtio_vfio_pci: not sound: stream_record_1 at ");
}

static void a_stream_that_no_driver_takes_is_not_sound(void **state)
{
	(void)state;
	keep_records(OPTIONAL, MANDATORY, 9);
	run("migcompat state inspect \"$FOLDER\"/stream");
	assert_status(1);
	assert_contains(ran.out, "reason       stream_record_2 at offset 24: tag 9 is mandatory");
}

static void a_long_stream_that_is_cut_is_not_sound(void **state)
{
	(void)state;
	record(record(bytes, 8, OPTIONAL, 1), 100000, MANDATORY, 0);
	keep(40 + 100000);
	run("migcompat --json state inspect \"$FOLDER\"/stream");
	assert_status(0);
	assert_contains(ran.out, "\"bytes\":100040,\"sum\":null");
	run("head -c 100000 \"$FOLDER\"/stream >\"$FOLDER\"/cut; migcompat state inspect "
	    "\"$FOLDER\"/cut");
	assert_status(1);
	assert_contains(ran.out, "it ends in the data of record 2");
}

#define FAILING                                    \
	"mkdir -p \"$FOLDER\"/failing/streams && " \
	"cp " TEST_BUILD "/tests/backends/streams/streams.so \"$FOLDER\"/failing/ && "

static void a_backend_that_fails_leaves_it_untold(void **state)
{
	(void)state;
	run("export "
	    "ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0:handle_abort=0; " FAILING
	    "printf crash | migcompat --plugin-dir \"$FOLDER\"/failing state inspect -");
	assert_trouble("backend streams: its worker was killed by signal");
	run("printf e | migcompat --plugin-dir \"$FOLDER\"/failing --json state inspect -");
	assert_json_trouble("EUCLEAN", "backend streams: the stream could not be read");
}

/* The record's size is the letter that lets the other backend crash. */
static void a_backend_that_fails_takes_nobodys_yes_away(void **state)
{
	(void)state;
	record(bytes, 'c', MANDATORY, 0);
	keep(16 + 'c');
	run(FAILING "cp " TEST_BACKENDS
		    "/streams/kernel_streams.so \"$FOLDER\"/failing/streams/ && "
		    "migcompat --plugin-dir \"$FOLDER\"/failing state inspect \"$FOLDER\"/stream");
	assert_status(0);
}

/* ---------------------------------------------------------------- check */

static void a_bare_stream_is_held_against_the_target(void **state)
{
	json_t *document;

	(void)state;
	keep_mtty(2);
	run("migcompat " SERIAL_B "--json state check \"$FOLDER\"/stream " CARD_2);
	assert_status(0);
	document = run_json();
	assert_string_equal(json_member(document, "verdict"), "compatible");
	assert_true(json_is_null(json_object_get(json_object_get(document, "source"), "type")));
	assert_true(json_is_null(json_object_get(document, "source_fingerprint")));
	assert_true(json_is_string(json_object_get(document, "target_fingerprint")));
	json_decref(document);
	run("migcompat " SERIAL_B "state check - " CARD_2 " <\"$FOLDER\"/stream");
	assert_status(0);
}

static void a_bare_stream_that_does_not_fit_says_why(void **state)
{
	(void)state;
	keep_mtty(1);
	run("migcompat " SERIAL_B "state check \"$FOLDER\"/stream " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "incompatible (parameter): source has 1 ports in its stream, "
				 "target has 2");
}

/* What other backends know of it does not count. */
static void the_targets_backend_alone_is_asked(void **state)
{
	(void)state;
	keep_records(OPTIONAL, MANDATORY, 0);
	run("migcompat " SERIAL_B "state check \"$FOLDER\"/stream " CARD_2);
	assert_status(1);
	assert_contains(ran.out, "it does not begin like a stream of a driver that the backend "
				 "mtty knows");
	run("migcompat " SERIAL_B "state check README.md " CARD_2);
	assert_status(1);
}

static void a_backend_without_streams_cannot_tell(void **state)
{
	(void)state;
	keep_mtty(2);
	run("migcompat " GVT "state check \"$FOLDER\"/stream " GVT_DEVICE);
	assert_trouble("the backend i915 reads no streams");
	run("migcompat " GVT "--json state check \"$FOLDER\"/stream " GVT_DEVICE);
	assert_json_trouble("EOPNOTSUPP", "the backend i915 reads no streams");
}

static void a_device_that_nobody_serves_cannot_be_asked(void **state)
{
	(void)state;
	keep_mtty(2);
	run("mkdir -p \"$FOLDER\"/empty; migcompat --plugin-dir \"$FOLDER\"/empty " SERIAL_B
	    "state check \"$FOLDER\"/stream " CARD_2);
	assert_trouble("no backend knows the rules of its driver (module serial_vfio_pci");
}

static void an_empty_file_is_no_stream(void **state)
{
	(void)state;
	run("migcompat " SERIAL_B "state check /dev/null " CARD_2);
	assert_trouble("/dev/null: it is empty");
}

static void the_policy_counts_for_a_bare_stream(void **state)
{
	static const struct {
		const char *rules;
		int status;
	} cases[] = {
		{"{name = \"r\"; action = \"deny\"; match = {target = {namespace = \"mtty\";};};}",
		 1},
		/* Of the source nothing is known, so that a denial might mean it. */
		{"{name = \"r\"; action = \"deny\"; match = {source = {type = \"nosuch\";};};}", 1},
		{"{name = \"r\"; action = \"deny\"; match = {target = {namespace = \"i915\";};};}",
		 0},
	};

	(void)state;
	keep_mtty(2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run("echo 'rules = (%s);' >\"$FOLDER\"/rules.conf; command migcompat --config "
		    "\"$FOLDER\"/rules.conf " SERIAL_B "state check \"$FOLDER\"/stream " CARD_2,
		    cases[i].rules);
		assert_status(cases[i].status);
	}
}

static void a_bare_stream_is_not_loaded(void **state)
{
	(void)state;
	keep_mtty(2);
	run("migcompat " SERIAL_B "state load \"$FOLDER\"/stream " CARD_2);
	assert_trouble("it does not begin with a version string and a newline: no state file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_driver_has_an_entry),
		cmocka_unit_test(people_see_who_takes_it),
		cmocka_unit_test(a_stream_that_no_driver_takes_is_not_sound),
		cmocka_unit_test(a_long_stream_that_is_cut_is_not_sound),
		cmocka_unit_test(a_backend_that_fails_leaves_it_untold),
		cmocka_unit_test(a_backend_that_fails_takes_nobodys_yes_away),
		cmocka_unit_test(a_bare_stream_is_held_against_the_target),
		cmocka_unit_test(a_bare_stream_that_does_not_fit_says_why),
		cmocka_unit_test(the_targets_backend_alone_is_asked),
		cmocka_unit_test(a_backend_without_streams_cannot_tell),
		cmocka_unit_test(a_device_that_nobody_serves_cannot_be_asked),
		cmocka_unit_test(an_empty_file_is_no_stream),
		cmocka_unit_test(the_policy_counts_for_a_bare_stream),
		cmocka_unit_test(a_bare_stream_is_not_loaded),
	};

	return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
