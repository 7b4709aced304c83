/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Gives the beginning of a file to all backends that read streams. The first byte chooses
 * what it is. As for "state inspect", it is a file. As for "state check", it is the stream
 * of a state file or a bare stream, and is checked against an mtty device. No backend reads
 * beyond the end, and each finding can be rendered.
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
static struct target target;
static struct migcompat_verdict verdict;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct engine_options options = {.backend_dir = TEST_BACKENDS,
					 .config = TEST_SOURCE "/etc",
					 .in_process = true,
					 .streams = true};
	const struct device *device = NULL;
	struct error err = {0};

	(void)argc;
	(void)argv;
	if (engine_start(&engine, &options, &err) ||
	    engine_add_file(&engine, TEST_SOURCE "/tests/hosts/serial-a.json", &err) ||
	    engine_ready(&engine, &err) ||
	    inventory_find(&engine.inventory, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", &device,
			   &err) ||
	    target_open(&engine, device, &target, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return 0;
}

/* The entry of a driver says that it takes the stream: no field of it is bad. */
static bool takes(const json_t *document)
{
	const json_t *stream = json_object_get(document, "stream");
	const json_t *drivers = json_object_get(stream, "drivers"), *driver, *field;
	bool found = false;
	size_t i, n;

	json_array_foreach (drivers, i, driver) {
		if (!json_is_true(json_object_get(driver, "sound")))
			continue;
		found = true;
		json_array_foreach (json_object_get(driver, "fields"), n, field)
			if (strcmp(json_string_value(json_object_get(field, "status")), "bad") == 0)
				return false;
	}
	return found;
}

/* A block of its own, so that sanitizers find a read beyond the end. */
static void inspect(const uint8_t *data, size_t size)
{
	struct tape tape = {0};
	const struct state_transport from = tape_transport(&tape);
	struct stream_answers look = {0};
	struct survey survey;
	struct error err = {0};
	json_t *document;
	int sound;

	tape_write(&tape, data, size);
	if (survey_run(&survey, &from, &err) || stream_ask(&engine, &survey, &look, &err))
		abort();
	document = json_state("fuzz", &survey, &look);
	sound = state_sound(&survey, &look, &err);
	/*
	 * No backend fails, and a bare file is sound only through the entry of a driver.
	 */
	if (!document || sound < 0 || (sound && !survey.is_state && !takes(document)))
		abort();
	json_decref(document);
	stream_answers_free(&look);
	survey_free(&survey);
	tape_free(&tape);
}

static void check(const uint8_t *data, size_t size, bool bare)
{
	const struct stream_head head = {
		.bytes = data,
		.len = size < MIGCOMPAT_STREAM_HEAD ? size : MIGCOMPAT_STREAM_HEAD,
		.size = size};
	struct question question = {.target = &target,
				    .text = target.version,
				    .len = strlen(target.version),
				    .stream = &head,
				    .verdict = &verdict};
	char reason[4096];

	if (bare)
		question.text = NULL;
	if (verdict_reset(&verdict))
		abort();
	check_question(&question);
	for (size_t i = 0; i < verdict.result.count; i++)
		finding_render(&verdict.result.findings[i], reason, sizeof(reason));
	/*
	 * The string is the target's own, so the stream decides. Only a whole stream with
	 * two ports is accepted.
	 */
	if (verdict.code > MIGCOMPAT_INCOMPATIBLE ||
	    (verdict.code == MIGCOMPAT_COMPATIBLE && (size != 96 || data[16] != 2)))
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
	/* Shrunk to the input's size, for the sanitizer. */
	copy = realloc(copy, size > 1 ? size - 1 : 1);
	if (copy && data[0])
		check(copy, size - 1, data[0] & 2);
	else if (copy)
		inspect(copy, size - 1);
	free(copy);
	return 0;
}
