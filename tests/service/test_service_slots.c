/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many targets a lane keeps open for devices that come and go. */
#include "core/service/kernel/open_targets.h"
#include "tests/service/daemon.h"
#include "tests/support/test.h"
#include "tests/service/worker_program.h"

#define CARD "0000:00:04.0"

struct bench {
	struct folder folder;
	struct world world;
	struct slots slots;
	unsigned own; /* references to the world that are no open target's */
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .restart = true};
	struct error err = {0};

	assert_non_null(bench);
	folder_make(&bench->folder);
	options.config = bench->folder.path;
	if (engine_start(&bench->world.engine, &options, &err) ||
	    engine_add_file(&bench->world.engine, TEST_SOURCE "/tests/hosts/serial-b.json", &err) ||
	    engine_ready(&bench->world.engine, &err))
		fail_msg("%s", err.text);
	bench->world.references = 1;
	assert_int_equal(slots_init(&bench->slots, &bench->world, "mtty"), 0);
	bench->own = bench->world.references;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	slots_free(&bench->slots);
	assert_int_equal(bench->world.references, 1);
	engine_stop(&bench->world.engine);
	folder_remove(&bench->folder);
	free(bench);
	return 0;
}

static unsigned targets_open(const struct bench *bench)
{
	return bench->world.references - bench->own;
}

static struct job *job_make(uint64_t attachment)
{
	struct job *job = calloc(1, sizeof(*job) + sizeof(CARD));

	assert_non_null(job);
	job->op = BROKER_WRITE;
	job->stamp.attachment = attachment;
	memcpy(job->device, CARD, sizeof(CARD));
	return job;
}

/* The targets of these jobs, in one batch. */
static void batch(struct bench *bench, struct job *const *jobs, size_t count)
{
	struct target *targets[2];
	struct error err = {0};

	bench->slots.batch++;
	slots_look(&bench->slots);
	for (size_t i = 0; i < count; i++)
		if (slots_target(&bench->slots, jobs, count, jobs[i], &targets[i], &err))
			fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(targets[i]->opened->device->id, CARD);
}

static void a_device_that_comes_back_takes_the_place_of_what_it_was(void **state)
{
	struct bench *bench = *state;

	for (uint64_t attachment = 1; attachment <= 20; attachment++) {
		struct job *job = job_make(attachment);

		batch(bench, &job, 1);
		free(job);
	}
	assert_int_equal(targets_open(bench), 1);
}

static void one_batch_keeps_what_it_asks_about_before_and_after(void **state)
{
	struct bench *bench = *state;
	struct job *jobs[] = {job_make(1), job_make(2)};

	batch(bench, jobs, 2);
	assert_int_equal(targets_open(bench), 2);
	free(jobs[0]);
	free(jobs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_device_that_comes_back_takes_the_place_of_what_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(one_batch_keeps_what_it_asks_about_before_and_after,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
