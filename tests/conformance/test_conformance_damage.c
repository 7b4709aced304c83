/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Damaged state files, of each backend with device state and of a kernel driver: cut, with
 * a flipped bit, with missing, repeated or swapped records. None is accepted, and the
 * device is unchanged.
 *
 * Small files are damaged everywhere. In large files only bytes near the heads of records
 * are, since a reader decides there.
 */
#include "core/regions/load.h"
#include "core/regions/save.h"
#include "core/state/survey.h"
#include "tests/support/conformance.h"
#include "tests/support/tape.h"

#define STRING "any:physical:state:1;x"
#define WHOLE_MAX 8192u /* a file of at most so many bytes has each bit flipped */
/* Damaged files that are also loaded, which costs as much as the memory. */
#define LOADED_MAX 24u
#define RECORDS_MAX 4096u

struct file {
	struct tape tape;
	size_t places[RECORDS_MAX + 1]; /* of records, and the end */
	size_t nrecords;
};

static struct file file;
static struct state_port *target; /* NULL: the file is only read */
static struct tape before;        /* state of the target at first */
static size_t loads;

/* ---------------------------------------------------------------- one damaged file */

static int judge(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)version;
	(void)len;
	(void)err;
	return 0;
}

static struct tape target_save(void)
{
	struct tape tape = {0};
	const struct state_transport to = tape_transport(&tape);
	const struct save_options options = {.version = STRING, .version_len = strlen(STRING)};
	struct error err = {0};

	if (state_save(target, &to, &options, NULL, &err))
		fail_msg("%s", err.text);
	return tape;
}

/* Compares with a copy, which is faster than finding the difference. */
static void target_is_as_it_was(void)
{
	struct tape now = target_save();

	if (now.len != before.len || memcmp(now.bytes, before.bytes, now.len) != 0)
		fail_msg("the target changed");
	tape_free(&now);
}

static bool reads(struct tape *tape)
{
	const struct state_transport from = tape_transport(tape);
	struct survey survey;
	struct error err = {0};
	bool sound;

	tape_rewind(tape);
	if (survey_run(&survey, &from, &err))
		fail_msg("%s", err.text);
	sound = survey.sound;
	if (!sound)
		assert_true(*survey.reason.text);
	survey_free(&survey);
	return sound;
}

static bool loads_it(struct tape *tape)
{
	const struct state_transport from = tape_transport(tape);
	const struct load_options options = {.judge = judge};
	struct error err = {0};

	tape_rewind(tape);
	loads++;
	return state_load(target, &from, &options, &err) == 0;
}

/* what, at: for the message of a failure. */
static void refused(struct tape *tape, bool load, const char *what, size_t at)
{
	if (reads(tape))
		fail_msg("a file is sound: %s at %zu of %zu", what, at, tape->len);
	if (target && load && loads_it(tape))
		fail_msg("a file was loaded: %s at %zu of %zu", what, at, tape->len);
}

/* ---------------------------------------------------------------- all of them */

static void file_index(void)
{
	size_t at =
		(size_t)((char *)memchr(file.tape.bytes, '\n', file.tape.len) - file.tape.bytes) +
		1;

	file.nrecords = 0;
	while (at < file.tape.len && file.nrecords < RECORDS_MAX) {
		struct format_record record;

		file.places[file.nrecords++] = at;
		memcpy(&record, file.tape.bytes + at, sizeof(record));
		at += sizeof(record) + le64toh(record.size);
	}
	file.places[file.nrecords] = at;
	assert_int_equal(at, file.tape.len);
}

/* Where a file is damaged. load: the damaged file is also loaded. */
static struct place {
	size_t at;
	bool load;
} places[16384];
static size_t nplaces;

static void places_add(size_t from, size_t to, bool load)
{
	for (size_t at = from;
	     at < to && at < file.tape.len && nplaces < sizeof(places) / sizeof(places[0]); at++)
		places[nplaces++] = (struct place){at, load};
}

/* All places, or the heads of records at both ends and some in between. */
static void places_choose(void)
{
	const size_t len = file.tape.len;

	nplaces = 0;
	if (len <= WHOLE_MAX) {
		places_add(0, len, true);
		return;
	}
	places_add(0, 256, false);
	places_add(len - 256, len, false);
	for (size_t i = 1; i < file.nrecords; i++)
		if (i <= 4 || i + 4 >= file.nrecords)
			places_add(file.places[i] - 2,
				   file.places[i] + sizeof(struct format_record) + 2, false);
	for (size_t i = 1; i <= LOADED_MAX; i++)
		places_add(len / (LOADED_MAX + 1) * i, len / (LOADED_MAX + 1) * i + 1, true);
}

static void cut_anywhere(void)
{
	const size_t len = file.tape.len;

	for (size_t i = 0; i < nplaces; i++) {
		file.tape.len = places[i].at;
		refused(&file.tape, places[i].load, "cut", places[i].at);
		file.tape.len = len;
	}
}

static void any_bit_flipped(void)
{
	const unsigned bits = file.tape.len <= WHOLE_MAX ? 8 : 1;

	for (size_t i = 0; i < nplaces; i++) {
		const size_t at = places[i].at;

		for (unsigned bit = 0; bit < bits; bit++) {
			const char flip = (char)(1u << (bits == 1 ? at % 8 : bit));

			file.tape.bytes[at] = (char)(file.tape.bytes[at] ^ flip);
			refused(&file.tape, places[i].load && (bits == 1 || bit == at % 8),
				"bit flipped", at);
			file.tape.bytes[at] = (char)(file.tape.bytes[at] ^ flip);
		}
	}
}

static void put(struct tape *to, size_t i)
{
	assert_true(tape_write(to, file.tape.bytes + file.places[i],
			       file.places[i + 1] - file.places[i]) >= 0);
}

/*
 * Copy the file with record i left out (0), repeated (1), or swapped with the next one
 * (2).
 */
static void otherwise(struct tape *to, size_t i, int how)
{
	to->len = to->calls = 0;
	tape_write(to, file.tape.bytes, file.places[0]);
	for (size_t j = 0; j < file.nrecords; j++) {
		if (how == 2 && (j == i || j == i + 1))
			put(to, j == i ? i + 1 : i);
		else if (how != 0 || j != i)
			put(to, j);
		if (how == 1 && j == i)
			put(to, j);
	}
}

static void records_in_another_order(void)
{
	static const char *const names[] = {"record left out", "record repeated",
					    "records swapped"};
	const size_t step = file.tape.len <= WHOLE_MAX ? 1 : file.nrecords / (LOADED_MAX / 3) + 1;
	struct tape other = {0};

	for (size_t i = 0; i < file.nrecords; i += step)
		for (int how = 0; how < 3; how++) {
			if (how == 2 && i + 1 == file.nrecords)
				continue;
			otherwise(&other, i, how);
			refused(&other, true, names[how], i);
		}
	tape_free(&other);
}

static void damaged_in_every_way(void)
{
	file_index();
	places_choose();
	assert_true(reads(&file.tape));
	cut_anywhere();
	any_bit_flipped();
	records_in_another_order();
	if (target) {
		target_is_as_it_was();
		assert_true(loads_it(&file.tape)); /* the original, undamaged */
	}
}

/* ---------------------------------------------------------------- whose files */

static bool is_small(struct opened *opened)
{
	struct state_port *port = NULL;
	struct error err = {0};
	bool small;

	if (opened_state(opened, &port, &err))
		return false;
	small = port->info.memory_size <= (uint64_t)512 << 20;
	port_close(port);
	return small;
}

static void backend_files(struct opened *opened)
{
	static const struct state_write stop[] = {
		{STATE_FIELD(version), 1}, {STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED}};
	const struct state_transport to = tape_transport(&file.tape);
	const struct save_options options = {.version = STRING,
					     .version_len = strlen(STRING),
					     .rounds_max = 1,
					     .info = "host=a\n"};
	struct migcompat_control control;
	struct state_port *source = NULL;
	struct error err = {0};

	if (opened_state(opened, &source, &err) || opened_state(opened, &target, &err) ||
	    state_save(source, &to, &options, NULL, &err) ||
	    port_run(target, stop, 2, false, &control, &err))
		fail_msg("%s", err.text);
	before = target_save();
	loads = 0;
	damaged_in_every_way();
	printf("%s: a file of %zu bytes, %zu loads\n", opened->provider->info.name, file.tape.len,
	       loads);
	tape_free(&before);
	tape_free(&file.tape);
	target = port_close(target);
	port_close(source);
}

/* One device of each backend: all of its types write the same kind of file. */
static void files_of_all_backends(void **state)
{
	const struct provider *seen = NULL;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < nproviders; i++) {
		for (size_t j = 0; j < inventory.ndevices && seen != providers[i]; j++) {
			struct opened *opened = provider_of(&inventory.devices[j]) == providers[i]
							? open_or_null(&inventory.devices[j])
							: NULL;

			if (opened && is_small(opened)) {
				backend_files(opened);
				seen = providers[i];
				count++;
			}
			opened_close(opened);
		}
	}
	assert_true(count >= 3 || arguments > 2);
}

static void a_kernel_drivers_file(void **state)
{
	FILE *from = fopen(TEST_SOURCE "/tests/hosts/serial-a.state", "re");
	char bytes[4096];
	size_t n;

	(void)state;
	assert_non_null(from);
	while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
		tape_write(&file.tape, bytes, n);
	fclose(from);
	damaged_in_every_way();
	tape_free(&file.tape);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_all_backends),
		cmocka_unit_test(a_kernel_drivers_file),
	};

	return cmocka_run_group_tests(tests, setup, unload);
}

int main(int argc, char **argv)
{
	return conformance_main(argc, argv, run);
}
