/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Damaged files: the target refuses them and is as it was. */
#include "tests/support/state_bench.h"

static void a_file_that_is_cut_anywhere_is_refused(void **state)
{
	struct bench *bench = *state;
	size_t len;

	save(bench);
	len = bench->tape.len;
	for (size_t cut = 0; cut < len; cut += cut < 300 || cut > len - 300 ? 1 : 1777) {
		bench->tape.len = cut;
		refused(bench, -EBADMSG, "tape: it ");
	}
}

static void a_file_with_any_bit_flipped_is_refused(void **state)
{
	struct bench *bench = *state;
	int changed_string = 0;

	save(bench);
	for (size_t at = 0; at < bench->tape.len;
	     at += at < 400 || at > bench->tape.len - 900 ? 1 : 3001) {
		const char bit = (char)(1 << (at % 8));
		struct snapshot before = snapshot_take(&bench->target.card);
		struct load_options any = load_plain;
		int r;

		bench->tape.bytes[at] = (char)(bench->tape.bytes[at] ^ bit);
		tape_rewind(&bench->tape);
		/* The string is judged before its sum can be known. */
		if (at < strlen(STATE_STRING)) {
			bench->tape.bytes[at] = (char)(bench->tape.bytes[at] ^ bit);
			snapshot_free(&before);
			changed_string++;
			continue;
		}
		r = side_load(&bench->target, &bench->tape, &any, &bench->err);
		if (r != -EBADMSG)
			fail_msg("bit flipped in byte %zu: %d %s", at, r, bench->err.text);
		snapshot_holds(&before, &bench->target.card);
		snapshot_free(&before);
		bench->tape.bytes[at] = (char)(bench->tape.bytes[at] ^ bit);
	}
	assert_int_equal(changed_string, strlen(STATE_STRING));
}

static void a_changed_version_string_is_refused_even_if_it_would_fit(void **state)
{
	struct bench *bench = *state;
	const struct load_options any = {.judge = judge_anything};
	struct snapshot before;

	save(bench);
	before = snapshot_take(&bench->target.card);
	bench->tape.bytes[3]++;
	assert_int_equal(side_load(&bench->target, &bench->tape, &any, &bench->err), -EBADMSG);
	assert_contains(bench->err.text, "version string");
	snapshot_holds(&before, &bench->target.card);
	snapshot_free(&before);
}

static int judge_no(void *arg, const char *version, size_t len, struct error *err)
{
	(void)version;
	(void)len;
	++*(int *)arg;
	return error_set(err, -EINVAL, "source has 2 ports, target has 1");
}

static void a_string_that_does_not_fit_is_refused_before_the_device_is_asked(void **state)
{
	struct bench *bench = *state;
	int asked = 0;
	const struct load_options no = {.judge = judge_no, .arg = &asked};
	struct snapshot before;

	save(bench);
	before = snapshot_take(&bench->target.card);
	assert_int_equal(side_load(&bench->target, &bench->tape, &no, &bench->err), -EINVAL);
	assert_string_equal(bench->err.text, "source has 2 ports, target has 1");
	assert_int_equal(asked, 1);
	assert_int_equal(bench->tape.at, strlen(STATE_STRING) + 1);
	assert_int_equal(bench->target.card.calls[CARD_SET_STATE], 0);
	snapshot_holds(&before, &bench->target.card);
	snapshot_free(&before);
}

/* The records of a sound file, to be put together in another order. */
static size_t records_find(const struct tape *tape, size_t *places, size_t max)
{
	size_t at = strlen(STATE_STRING) + 1, n = 0;

	while (at < tape->len && n < max - 1) {
		struct format_record record;

		places[n++] = at;
		memcpy(&record, tape->bytes + at, sizeof(record));
		at += sizeof(record) + record.size;
	}
	places[n] = at;
	return n;
}

static void records_that_are_left_out_repeated_or_swapped_are_refused(void **state)
{
	struct bench *bench = *state;
	struct tape whole = {0};
	size_t places[64], n;
	struct save_options options = save_plain();

	options.progress = keep_writing;
	options.arg = &bench->source.card;
	assert_int_equal(side_save(&bench->source, &whole, &options, NULL), 0);
	n = records_find(&whole, places, 64);
	assert_true(n >= 8);
#define PUT(i) tape_write(&bench->tape, whole.bytes + places[i], places[(i) + 1] - places[i])
	for (size_t i = 0; i < n; i++) {
		for (int how = 0; how < 3; how++) {
			bench->tape.len = 0;
			tape_write(&bench->tape, whole.bytes, places[0]);
			for (size_t j = 0; j < n; j++) {
				if (how == 0 && j == i)
					continue; /* left out */
				if (how == 2 && i + 1 < n && (j == i || j == i + 1))
					PUT(j == i ? i + 1 : i); /* swapped */
				else
					PUT(j);
				if (how == 1 && j == i)
					PUT(j); /* repeated */
			}
			if (how < 2 || i + 1 < n)
				refused(bench, -EBADMSG, "tape: ");
		}
	}
	tape_free(&whole);
}

static void other_files_are_no_state_files(void **state)
{
	struct bench *bench = *state;
	static const char elf[] = "\177ELF\2\1\1";
	static const struct load_options any = {.judge = judge_anything};

	bench->tape.len = 0;
	assert_int_equal(load(bench), -EBADMSG);
	assert_contains(bench->err.text, "empty");
	tape_write(&bench->tape, elf, sizeof(elf));
	assert_int_equal(load(bench), -EBADMSG);
	assert_contains(bench->err.text, "no state file");
	tape_rewind(&bench->tape);
	bench->tape.len = 0;
	for (size_t i = 0; i <= MIGCOMPAT_STRING_MAX; i++)
		tape_write(&bench->tape, "x", 1);
	assert_int_equal(load(bench), -EBADMSG);
	tape_rewind(&bench->tape);
	bench->tape.len = 0;
	tape_write(&bench->tape,
		   "hello\nworld, this is a text file of more than one record's head\n", 64);
	assert_int_equal(side_load(&bench->target, &bench->tape, &any, &bench->err), -EBADMSG);
	assert_contains(bench->err.text, "no state file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_is_cut_anywhere_is_refused),
		TEST(a_file_with_any_bit_flipped_is_refused),
		TEST(a_changed_version_string_is_refused_even_if_it_would_fit),
		TEST(a_string_that_does_not_fit_is_refused_before_the_device_is_asked),
		TEST(records_that_are_left_out_repeated_or_swapped_are_refused),
		TEST(other_files_are_no_state_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
