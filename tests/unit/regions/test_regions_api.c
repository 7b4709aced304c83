/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of libmigcompat-regions that save, load and connect, as a program calls them. */
#include <fcntl.h>
#include <sys/mman.h>

#include "tests/support/served.h"
#include "tests/support/test.h"

#define PAGES 100u

struct bench {
	struct folder folder;
	struct card card;
	struct migcompat_regions *regions;
	int file;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	folder_make(&bench->folder);
	card_make(&bench->card, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&bench->card, 1);
	assert_int_equal(migcompat_regions_new(&card_table, &bench->card, &bench->regions), 0);
	bench->file = memfd_create("state", MFD_CLOEXEC);
	assert_true(bench->file >= 0);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	close(bench->file);
	migcompat_regions_free(bench->regions);
	card_free(&bench->card);
	folder_remove(&bench->folder);
	free(bench);
	return 0;
}

static int judge(void *arg, const char *version)
{
	*(int *)arg += 1;
	return strcmp(version, SERVED_STRING) == 0 ? 0 : -EPERM;
}

static const struct migcompat_save_options named = {.struct_size = sizeof(named),
						    .version = SERVED_STRING};

static void a_device_takes_back_what_was_saved(void **state)
{
	struct bench *bench = *state;
	int asked = 0;
	const struct migcompat_load_options options = {
		.struct_size = sizeof(options), .judge = judge, .arg = &asked};
	uint8_t first = bench->card.memory[0];

	assert_int_equal(migcompat_regions_save(bench->regions, bench->file, &named, NULL), 0);
	card_poke(&bench->card, 0, (uint8_t)(first + 1));
	assert_int_equal(lseek(bench->file, 0, SEEK_SET), 0);
	assert_int_equal(migcompat_regions_load(bench->regions, bench->file, &options), 0);
	assert_int_equal(bench->card.memory[0], first);
	assert_int_equal(asked, 1);
}

static void a_load_needs_a_judge(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(migcompat_regions_load(bench->regions, bench->file, NULL), -EINVAL);
	assert_contains(migcompat_regions_message(bench->regions), "judge");
}

/* No reader would take the file. */
static void a_string_that_is_no_version_string_is_not_saved(void **state)
{
	static const char *const wrong[] = {NULL,
					    "",
					    "card",
					    "card:physical:plain",
					    "card:physical:plain:a b",
					    "card:physical:plain:\n"};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct migcompat_save_options options = {.struct_size = sizeof(options),
							       .version = wrong[i]};

		assert_int_equal(
			migcompat_regions_save(bench->regions, bench->file, &options, NULL),
			-EINVAL);
		assert_contains(migcompat_regions_message(bench->regions), "version string");
	}
	assert_int_equal(migcompat_regions_save(bench->regions, bench->file, NULL, NULL), -EINVAL);
	assert_int_equal(lseek(bench->file, 0, SEEK_END), 0);
}

/* A program that was built with an older or a newer header. */
static void a_report_is_filled_as_far_as_both_know_it(void **state)
{
	struct {
		struct migcompat_save_report report;
		uint64_t later;
	} grown = {{.struct_size = sizeof(grown)}, 1};
	struct migcompat_save_report cut = {
		.struct_size = offsetof(struct migcompat_save_report, dirty_bytes),
		.dirty_bytes = 77};
	struct bench *bench = *state;

	assert_int_equal(migcompat_regions_save(bench->regions, bench->file, &named, &grown.report),
			 0);
	assert_int_equal(grown.report.memory_bytes, PAGES * MIGCOMPAT_STATE_PAGE);
	assert_int_equal(grown.report.struct_size, sizeof(grown));
	assert_int_equal(grown.later, 0);
	assert_int_equal(migcompat_regions_save(bench->regions, bench->file, &named, &cut), 0);
	assert_int_equal(cut.memory_bytes, PAGES * MIGCOMPAT_STATE_PAGE);
	assert_int_equal(cut.dirty_bytes, 77);
}

/* ---------------------------------------------------------------- another process */

static void a_device_of_another_process_moves_without_any_options(void **state)
{
	struct served served = {.seed = 1};
	struct migcompat_regions *remote = NULL;
	struct bench *bench = *state;
	char text[200] = "";

	served_begin(&served, bench->folder.path, "device");
	assert_int_equal(migcompat_regions_connect(served.path, 5000, &remote, text, sizeof(text)),
			 0);
	assert_string_equal(migcompat_regions_version(remote), SERVED_STRING);
	assert_int_equal(migcompat_regions_save(remote, bench->file, NULL, NULL), 0);
	assert_int_equal(lseek(bench->file, 0, SEEK_SET), 0);
	assert_int_equal(migcompat_regions_load(remote, bench->file, NULL), 0);
	migcompat_regions_free(remote);
	served_end(&served);
}

/* 0 would make connect(2) wait without a limit. */
static void a_connection_needs_a_time_limit(void **state)
{
	static const int wrong[] = {0, -1};
	struct migcompat_regions *remote = NULL;
	struct bench *bench = *state;
	char text[200];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(migcompat_regions_connect(bench->folder.path, wrong[i], &remote,
							   text, sizeof(text)),
				 -EINVAL);
		assert_contains(text, "limit");
	}
	assert_null(remote);
}

#define API(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		API(a_device_takes_back_what_was_saved),
		API(a_load_needs_a_judge),
		API(a_string_that_is_no_version_string_is_not_saved),
		API(a_report_is_filled_as_far_as_both_know_it),
		API(a_device_of_another_process_moves_without_any_options),
		API(a_connection_needs_a_time_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
