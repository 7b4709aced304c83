/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which targets stay open as devices are attached and detached. */
#include "core/service/kernel/open_targets.h"
#include "tests/service/daemon.h"
#include "tests/support/test.h"
#include "tests/service/worker_program.h"

#define CARD "0000:00:04.0"

struct bench {
	struct folder folder;
	struct world world;
	struct open_targets targets;
	unsigned own; /* references to the world that no open target holds */
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
	assert_int_equal(open_targets_init(&bench->targets, &bench->world, "mtty"), 0);
	bench->own = bench->world.references;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	open_targets_free(&bench->targets);
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

static struct queue_job *job_make(uint64_t attachment)
{
	struct queue_job *job = calloc(1, sizeof(*job) + sizeof(CARD));

	assert_non_null(job);
	job->op = MIGCOMPAT_BROKER_OP_WRITE;
	job->stamp.attachment = attachment;
	memcpy(job->device, CARD, sizeof(CARD));
	return job;
}

/* Open the targets of these jobs in one batch. */
static void batch(struct bench *bench, struct queue_job *const *jobs, size_t count)
{
	struct target *opened[2];
	struct error err = {0};

	bench->targets.batch++;
	open_targets_note_life(&bench->targets);
	for (size_t i = 0; i < count; i++)
		if (open_targets_get(&bench->targets, jobs, count, jobs[i], &opened[i], &err))
			fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(opened[i]->opened->device->id, CARD);
}

static void device_attached_again_replaces_its_earlier_target(void **state)
{
	struct bench *bench = *state;

	for (uint64_t attachment = 1; attachment <= 20; attachment++) {
		struct queue_job *job = job_make(attachment);

		batch(bench, &job, 1);
		free(job);
	}
	assert_int_equal(targets_open(bench), 1);
}

static void batch_keeps_targets_of_both_attachments_of_a_device(void **state)
{
	struct bench *bench = *state;
	struct queue_job *jobs[] = {job_make(1), job_make(2)};

	batch(bench, jobs, 2);
	assert_int_equal(targets_open(bench), 2);
	free(jobs[0]);
	free(jobs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(device_attached_again_replaces_its_earlier_target,
						setup, teardown),
		cmocka_unit_test_setup_teardown(batch_keeps_targets_of_both_attachments_of_a_device,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
