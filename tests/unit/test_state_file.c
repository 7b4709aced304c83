/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saving one device and loading another, and every way in which a file can be none: the target stays as it was. */
#include "core/state/sum.h"
#include "core/state/writer.h"
#include "tests/support/state.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define PAGES 150u
#define LOGGING MIGCOMPAT_CAP_LOGGING

struct bench {
	struct side source, target;
	struct tape tape;
	struct error err;
};

static int setup_with(void **state, uint64_t pages, uint32_t capabilities)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	side_make(&bench->source, pages, capabilities, 1);
	side_make(&bench->target, pages, capabilities, 2);
	*state = bench;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, PAGES, LOGGING);
}

static int setup_bare(void **state)
{
	return setup_with(state, 0, 0);
}

static int setup_still(void **state)
{
	return setup_with(state, PAGES, 0);
}

static int setup_page(void **state)
{
	return setup_with(state, 1, LOGGING);
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	side_free(&bench->source);
	side_free(&bench->target);
	tape_free(&bench->tape);
	free(bench);
	return 0;
}

static struct save_report save(struct bench *bench)
{
	const struct save_options options = save_plain();
	struct save_report report = {0};

	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	return report;
}

static int load(struct bench *bench)
{
	return side_load(&bench->target, &bench->tape, &load_plain, &bench->err);
}

/* ---------------------------------------------------------------- what is sound */

static void a_loaded_device_equals_the_saved_one(void **state)
{
	struct bench *bench = *state;
	struct save_report report = save(bench);

	assert_int_equal(report.memory_bytes, bench->source.card.info.memory_size);
	assert_int_equal(report.config_bytes, sizeof(struct card_config));
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_STOPPED);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_STOPPED);
}

static void a_file_begins_with_its_version_string_as_a_line(void **state)
{
	struct bench *bench = *state;

	save(bench);
	assert_memory_equal(bench->tape.bytes, STATE_STRING "\n", strlen(STATE_STRING) + 1);
}

static void a_device_may_run_on_after_a_save_and_run_after_a_load(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct load_options to_run = load_plain;

	options.run_on = true;
	to_run.run = true;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), 0);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
	assert_int_equal(side_load(&bench->target, &bench->tape, &to_run, &bench->err), 0);
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_RUNNING);
}

static void a_stopped_device_is_saved_in_one_go_and_stays_stopped(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct save_report report = {0};

	save(bench);
	bench->tape.len = 0;
	options.run_on = true;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_STOPPED);
	assert_int_equal(report.rounds, 0);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
}

/* It writes the same pages again and again. */
static int keep_writing(void *arg, const struct save_progress *progress)
{
	struct card *card = arg;

	if (progress->phase <= SAVE_ROUND)
		for (uint64_t page = 0; page < 20; page++)
			card_poke(card, page * PAGE, (uint8_t)(card->memory[page * PAGE] + 1));
	return 0;
}

static void rounds_end_at_their_limit(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct save_report report = {0};

	options.progress = keep_writing;
	options.arg = &bench->source.card;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	assert_int_equal(report.rounds, 3);
	assert_int_equal(report.dirty_bytes, 4 * 20 * sizeof(struct migcompat_dirty_record));
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
}

static void rounds_end_when_little_enough_is_left(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();
	struct save_report report = {0};

	options.progress = keep_writing;
	options.arg = &bench->source.card;
	options.rest_max = 20 * sizeof(struct migcompat_dirty_record);
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, &report), 0);
	assert_int_equal(report.rounds, 0);
	assert_int_equal(report.stopped_bytes, options.rest_max + sizeof(struct card_config));
}

static int stop_at_once(void *arg, const struct save_progress *progress)
{
	(void)arg;
	return progress->phase == SAVE_WHOLE;
}

static void a_cancelled_save_leaves_the_device_running(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();

	options.progress = stop_at_once;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -ECANCELED);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
	assert_int_equal(load(bench), -EBADMSG);
}

static void write_when_stopped(struct card *card, uint64_t position)
{
	if (card->state & MIGCOMPAT_DEVICE_STOPPED)
		card_poke(card, position, 1);
}

static int poke_once(void *arg, const struct save_progress *progress)
{
	struct card *card = arg;

	if (progress->phase == SAVE_WHOLE && progress->rest == 0)
		card_poke(card, 0, 9);
	return 0;
}

static void a_device_that_changes_while_it_is_stopped_is_told(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();

	options.progress = poke_once;
	options.arg = &bench->source.card;
	options.rounds_max = 0;
	bench->source.card.during_read = write_when_stopped;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -EIO);
	assert_int_equal(bench->source.card.state, MIGCOMPAT_DEVICE_RUNNING);
}

static void info_for_people_is_passed_over(void **state)
{
	struct bench *bench = *state;
	struct save_options options = save_plain();

	options.info = "host=a\ndevice=x\n";
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), 0);
	assert_int_equal(load(bench), 0);
	assert_true(card_equal(&bench->source.card, &bench->target.card));
}

static void what_is_too_long_for_a_file_is_not_begun(void **state)
{
	static char longest[MIGCOMPAT_STRING_MAX + 1], info[FORMAT_PAYLOAD_MAX + 2];
	struct bench *bench = *state;
	struct save_options options = save_plain();

	memset(longest, 'x', sizeof(longest));
	options.version = longest;
	options.version_len = sizeof(longest);
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -E2BIG);
	options = save_plain();
	memset(info, 'x', sizeof(info) - 1);
	options.info = info;
	assert_int_equal(side_save(&bench->source, &bench->tape, &options, NULL), -E2BIG);
	assert_int_equal(bench->tape.len, 0);
}

/* ---------------------------------------------------------------- what is refused */

/* The target refuses the tape with that errno, and is as it was; asked again it refuses again. */
static void refused(struct bench *bench, int expected, const char *part)
{
	struct snapshot before = snapshot_take(&bench->target.card);
	const struct state_transport from = tape_transport(&bench->tape);
	struct state_load again;
	int r;

	tape_rewind(&bench->tape);
	assert_int_equal(load(bench), expected);
	assert_contains(bench->err.text, part);
	snapshot_holds(&before, &bench->target.card);
	tape_rewind(&bench->tape);
	r = state_load_begin(&again, bench->target.port, &from, &load_plain, &bench->err);
	while (!r)
		r = state_load_step(&again, &bench->err) > 0 ? 0 : again.reader.refused;
	for (int i = 0; i < 3; i++)
		assert_int_equal(state_load_step(&again, &bench->err), expected);
	state_load_end(&again);
	snapshot_holds(&before, &bench->target.card);
	snapshot_free(&before);
}

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
	for (size_t at = 0; at < bench->tape.len; at += at < 400 || at > bench->tape.len - 900 ? 1 : 3001) {
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

static int judge_anything(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)version;
	(void)len;
	(void)err;
	return 0;
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

/* ---------------------------------------------------------------- files made by hand, with the right sums */

struct script {
	struct state_transport to;
	struct state_writer writer;
	struct bench *bench;
};

static char payload[FORMAT_PAYLOAD_MAX + PAGE];

static struct script script_begin(struct bench *bench, uint64_t memory_size)
{
	const struct format_head head = {.content = FORMAT_REGIONS, .memory_size = memory_size};
	struct script script = {.bench = bench};

	bench->tape.len = 0;
	memset(payload, 0, sizeof(payload));
	script.to = tape_transport(&bench->tape);
	assert_int_equal(writer_begin(&script.writer, &script.to, STATE_STRING, strlen(STATE_STRING), &head, NULL), 0);
	return script;
}

static void add(struct script *script, uint32_t type, uint64_t position, size_t size)
{
	script->writer.to = &script->to;
	assert_int_equal(writer_record(&script->writer, (enum record_type)type, position, payload, size, NULL), 0);
}

static void add_memory(struct script *script)
{
	for (uint64_t at = 0; at < PAGES * PAGE; at += 50 * PAGE)
		add(script, RECORD_MEMORY, at, 50 * PAGE);
}

static void add_config(struct script *script)
{
	const struct card_config config = {.magic = CARD_MAGIC, .size = sizeof(config)};

	memcpy(payload, &config, sizeof(config));
	add(script, RECORD_CONFIG, 0, sizeof(config));
}

static void finish(struct script *script)
{
	script->writer.to = &script->to;
	assert_int_equal(writer_end(&script->writer, NULL), 0);
}

static void a_file_made_by_hand_is_taken(void **state)
{
	struct script script = script_begin(*state, PAGES * PAGE);

	add_memory(&script);
	add(&script, RECORD_DIRTY, 1, 2 * sizeof(struct migcompat_dirty_record));
	add_config(&script);
	finish(&script);
	assert_int_equal(load(*state), 0);
}

static void memory_that_is_missing_repeated_or_out_of_order_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_MEMORY, 0, 50 * PAGE);
	add_config(&script);
	refused(bench, -EBADMSG, "config");
	script = script_begin(bench, PAGES * PAGE);
	add(&script, RECORD_MEMORY, 50 * PAGE, 50 * PAGE);
	refused(bench, -EBADMSG, "memory");
	script = script_begin(bench, PAGES * PAGE);
	add(&script, RECORD_MEMORY, 0, 50 * PAGE);
	add(&script, RECORD_MEMORY, 0, 50 * PAGE);
	refused(bench, -EBADMSG, "memory");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_MEMORY, PAGES * PAGE, PAGE);
	refused(bench, -EBADMSG, "memory");
	script = script_begin(bench, PAGES * PAGE);
	add(&script, RECORD_MEMORY, 0, PAGE / 2);
	refused(bench, -EBADMSG, "whole pages");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add_config(&script);
	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -EBADMSG, "dirty");
}

static void dirty_pages_that_fit_nowhere_are_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -EBADMSG, "dirty");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_DIRTY, 1, PAGE);
	refused(bench, -EBADMSG, "dirty");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_DIRTY, 2, sizeof(struct migcompat_dirty_record));
	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -EBADMSG, "round");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	payload[0] = (char)PAGES;
	add(&script, RECORD_DIRTY, 1, sizeof(struct migcompat_dirty_record));
	refused(bench, -ERANGE, "past the end");
}

static void a_config_that_is_none_is_refused_after_all_was_read(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	add(&script, RECORD_CONFIG, 0, sizeof(struct card_config));
	finish(&script);
	refused(bench, -EINVAL, "config_write");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add_config(&script);
	add(&script, RECORD_CONFIG, sizeof(struct card_config), 1);
	refused(bench, -EINVAL, "config");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_CONFIG, 8, 8);
	refused(bench, -EBADMSG, "config");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add(&script, RECORD_CONFIG, 0, 0);
	refused(bench, -EBADMSG, "config");
}

static void a_state_without_a_config_or_an_end_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	finish(&script);
	refused(bench, -EBADMSG, "not whole");
	script = script_begin(bench, PAGES * PAGE);
	add_memory(&script);
	add_config(&script);
	refused(bench, -EBADMSG, "ends");
}

static void what_follows_the_end_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	add_config(&script);
	finish(&script);
	tape_write(&bench->tape, "x", 1);
	refused(bench, -EBADMSG, "follows");
}

static void an_end_that_counts_something_else_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_memory(&script);
	add_config(&script);
	script.writer.bytes++;
	finish(&script);
	refused(bench, -EBADMSG, "counts");
}

static void another_size_of_memory_is_refused(void **state)
{
	struct bench *bench = *state;

	script_begin(bench, (PAGES + 1) * PAGE);
	refused(bench, -EINVAL, "bytes of memory");
	script_begin(bench, PAGES * PAGE + 1);
	refused(bench, -EBADMSG, "no sense");
	script_begin(bench, UINT64_MAX / PAGE * PAGE);
	refused(bench, -EINVAL, "bytes of memory");
}

/* A record whose head is what it should not be, with the right sums. */
static void add_strange(struct script *script, uint32_t type, uint32_t flags, uint64_t size)
{
	struct format_record record = {
		.type = type, .flags = flags, .number = script->writer.number++, .size = size, .payload_sum = state_sum(payload, size, 0)};

	script->writer.bytes += size;
	script->writer.chain = record.sum = state_sum(&record, offsetof(struct format_record, sum), script->writer.chain);
	tape_write(&script->bench->tape, &record, sizeof(record));
	tape_write(&script->bench->tape, payload, size);
}

static void an_unknown_record_is_passed_over_only_where_it_is_optional(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_strange(&script, 99, 0, 10);
	refused(bench, -EPROTONOSUPPORT, "type 99");
	script = script_begin(bench, PAGES * PAGE);
	add_strange(&script, 99, RECORD_OPTIONAL, 10000);
	add_memory(&script);
	add_strange(&script, 0, RECORD_OPTIONAL, 0);
	add_config(&script);
	add_strange(&script, UINT32_MAX, RECORD_OPTIONAL, 1);
	finish(&script);
	tape_rewind(&bench->tape);
	assert_int_equal(load(bench), 0);
}

static void a_known_record_with_other_flags_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add_strange(&script, RECORD_MEMORY, RECORD_OPTIONAL, PAGE);
	refused(bench, -EBADMSG, "flags");
	script = script_begin(bench, PAGES * PAGE);
	add_strange(&script, RECORD_INFO, 0, 4);
	refused(bench, -EBADMSG, "flags");
	script = script_begin(bench, PAGES * PAGE);
	add_strange(&script, 99, RECORD_OPTIONAL | 2, 4);
	refused(bench, -EBADMSG, "flags");
}

static void a_second_head_is_refused(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_HEAD, 0, sizeof(struct format_head));
	refused(bench, -EBADMSG, "type 1");
}

static void a_stream_is_no_state_for_regions(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);

	add(&script, RECORD_STREAM, 0, 100);
	refused(bench, -EBADMSG, "stream");
}

static void a_size_beyond_all_is_refused_before_it_is_read(void **state)
{
	struct bench *bench = *state;
	struct script script = script_begin(bench, PAGES * PAGE);
	struct format_record record = {.type = RECORD_MEMORY, .number = 1, .size = FORMAT_PAYLOAD_MAX + PAGE};

	record.sum = state_sum(&record, offsetof(struct format_record, sum), script.writer.chain);
	tape_write(&bench->tape, &record, sizeof(record));
	refused(bench, -EBADMSG, "size");
	script = script_begin(bench, PAGES * PAGE);
	record.size = UINT64_MAX;
	record.sum = state_sum(&record, offsetof(struct format_record, sum), script.writer.chain);
	tape_write(&bench->tape, &record, sizeof(record));
	refused(bench, -EBADMSG, "size");
}

/* Records of a sound file by their places, to be put together in another order. */
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
	tape_write(&bench->tape, "hello\nworld, this is a text file of more than one record's head\n", 64);
	assert_int_equal(side_load(&bench->target, &bench->tape, &any, &bench->err), -EBADMSG);
}

static void a_target_that_was_stopped_stays_stopped(void **state)
{
	struct bench *bench = *state;
	struct migcompat_control control;

	save(bench);
	bench->tape.len -= 10;
	assert_int_equal(port_run(bench->target.port,
				  (struct state_write[]){{STATE_FIELD(version), 1}, {STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED}}, 2,
				  false, &control, NULL),
			 0);
	refused(bench, -EBADMSG, "ends");
	assert_int_equal(bench->target.card.state, MIGCOMPAT_DEVICE_STOPPED);
}

static void a_load_may_be_given_up_between_records(void **state)
{
	struct bench *bench = *state;
	const struct state_transport from = tape_transport(&bench->tape);
	struct snapshot before = snapshot_take(&bench->target.card);
	struct state_load give_up;

	save(bench);
	assert_int_equal(state_load_begin(&give_up, bench->target.port, &from, &load_plain, &bench->err), 0);
	assert_int_equal(state_load_step(&give_up, &bench->err), 1);
	assert_true(bench->target.card.staging);
	state_load_end(&give_up);
	snapshot_holds(&before, &bench->target.card);
	snapshot_free(&before);
}

#define WITH(setup, name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST(name) WITH(setup, name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_loaded_device_equals_the_saved_one),
		{"a_loaded_device_equals_the_saved_one: no memory", a_loaded_device_equals_the_saved_one, setup_bare, teardown, NULL},
		{"a_loaded_device_equals_the_saved_one: no logging", a_loaded_device_equals_the_saved_one, setup_still, teardown, NULL},
		{"a_loaded_device_equals_the_saved_one: one page", a_loaded_device_equals_the_saved_one, setup_page, teardown, NULL},
		TEST(a_file_begins_with_its_version_string_as_a_line),
		TEST(a_device_may_run_on_after_a_save_and_run_after_a_load),
		TEST(a_stopped_device_is_saved_in_one_go_and_stays_stopped),
		TEST(rounds_end_at_their_limit),
		TEST(rounds_end_when_little_enough_is_left),
		TEST(a_cancelled_save_leaves_the_device_running),
		TEST(a_device_that_changes_while_it_is_stopped_is_told),
		TEST(info_for_people_is_passed_over),
		TEST(what_is_too_long_for_a_file_is_not_begun),
		TEST(a_file_that_is_cut_anywhere_is_refused),
		TEST(a_file_with_any_bit_flipped_is_refused),
		TEST(a_changed_version_string_is_refused_even_if_it_would_fit),
		TEST(a_string_that_does_not_fit_is_refused_before_the_device_is_asked),
		TEST(a_file_made_by_hand_is_taken),
		TEST(memory_that_is_missing_repeated_or_out_of_order_is_refused),
		TEST(dirty_pages_that_fit_nowhere_are_refused),
		TEST(a_config_that_is_none_is_refused_after_all_was_read),
		TEST(a_state_without_a_config_or_an_end_is_refused),
		TEST(what_follows_the_end_is_refused),
		TEST(an_end_that_counts_something_else_is_refused),
		TEST(another_size_of_memory_is_refused),
		TEST(an_unknown_record_is_passed_over_only_where_it_is_optional),
		TEST(a_known_record_with_other_flags_is_refused),
		TEST(a_second_head_is_refused),
		TEST(a_stream_is_no_state_for_regions),
		TEST(a_size_beyond_all_is_refused_before_it_is_read),
		TEST(records_that_are_left_out_repeated_or_swapped_are_refused),
		TEST(other_files_are_no_state_files),
		TEST(a_target_that_was_stopped_stays_stopped),
		TEST(a_load_may_be_given_up_between_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
