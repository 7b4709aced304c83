/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file may begin with, to all who know streams. The first byte says what the rest is taken
 * for: a bare file, as "state inspect" reads it, or a stream that is held against a target, as
 * "state check" does: an mtty, or (2) an AP matrix. Nobody reads beyond what is here, and what is
 * found can be shown.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/check.h"
#include "core/check/json.h"
#include "core/check/state.h"
#include "tests/support/tape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct engine engine;
static struct target serial, matrix;
static struct migcompat_verdict verdict;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct engine_options options = {.backend_dir = TEST_BACKENDS, .config = TEST_SOURCE "/etc", .in_process = true, .streams = true};
	const struct device *device = NULL, *ap = NULL;
	struct error err = {0};

	(void)argc;
	(void)argv;
	if (engine_start(&engine, &options, &err) ||
	    engine_add_file(&engine, TEST_SOURCE "/tests/hosts/serial-a.json", &err) ||
	    engine_add_file(&engine, TEST_SOURCE "/tests/hosts/ap-z16.json", &err) ||
	    engine_ready(&engine, &err) ||
	    inventory_find(&engine.inventory, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", &device,
			   &err) ||
	    inventory_find(&engine.inventory, "c4d9e7a0-31b5-4f68-8a27-16c8f0e30503", &ap, &err) ||
	    target_open(&engine, device, &serial, &err) ||
	    target_open(&engine, ap, &matrix, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return 0;
}

/* In memory of its own, so that a byte beyond the end is found. */
static void inspect(const uint8_t *data, size_t size)
{
	struct tape tape = {0};
	const struct state_transport from = tape_transport(&tape);
	struct stream_look look = {0};
	struct survey survey;
	struct error err = {0};
	json_t *document;

	tape_write(&tape, data, size);
	if (survey_run(&survey, &from, &err) || state_look(&engine, &survey, &look, &err))
		abort();
	document = json_state("fuzz", &survey, &look);
	if (!document || (state_sound(&survey, &look) && !survey.is_state && look.result.bad_count))
		abort();
	json_decref(document);
	state_look_free(&look);
	survey_free(&survey);
	tape_free(&tape);
}

/* A whole one of two ports. */
static bool serial_whole(const uint8_t *data, size_t size)
{
	return size == 96 && data[16] == 2;
}

/* A whole one, as its number of queues says. */
static bool matrix_whole(const uint8_t *data, size_t size)
{
	return size >= 48 && memcmp(data, "vfap", 4) == 0 &&
	       size == 48 + 16 * ((size_t)data[9] << 16 | (size_t)data[10] << 8 | data[11]);
}

/* Only what is whole is taken. */
static void check(struct target *target, bool (*whole)(const uint8_t *data, size_t size),
		  const uint8_t *data, size_t size)
{
	const struct stream_head head = {.bytes = data, .len = size < MIGCOMPAT_STREAM_HEAD ? size : MIGCOMPAT_STREAM_HEAD, .size = size};
	struct question question = {.target = target,
				    .text = target->version,
				    .len = strlen(target->version),
				    .stream = &head,
				    .verdict = &verdict};
	char reason[4096];

	if (verdict_reset(&verdict))
		abort();
	check_question(&question);
	for (size_t i = 0; i < verdict.result.count; i++)
		finding_render(&verdict.result.findings[i], reason, sizeof(reason));
	/* Its own string fits; so the stream decides. */
	if (verdict.code > VERDICT_INCOMPATIBLE ||
	    (verdict.code == VERDICT_COMPATIBLE && !whole(data, size)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	if (!size || !copy) {
		free(copy);
		return 0;
	}
	memcpy(copy, data + 1, size - 1);
	/* Shrunk to what was given, for the sanitizer. */
	copy = realloc(copy, size > 1 ? size - 1 : 1);
	if (copy && data[0])
		check(data[0] == 2 ? &matrix : &serial, data[0] == 2 ? matrix_whole : serial_whole,
		      copy, size - 1);
	else if (copy)
		inspect(copy, size - 1);
	free(copy);
	return 0;
}
