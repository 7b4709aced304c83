/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs backends in this process, so that their allocations fail too: inside CONFIG
 * BACKENDS HOLDS INVENTORY… With the holds of that folder it prints one document in a
 * line: the row of each device, and choices, verdicts and plans of the first one. Status
 * 0, or 2 after a sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/check/plan.h"

static void die(const char *text)
{
	fprintf(stderr, "inside: %s\n", text);
	exit(2);
}

static void print(json_t *document)
{
	char *text = json_text(document, JSON_COMPACT);

	if (!text)
		die("out of memory");
	puts(text);
	free(text);
	json_decref(document);
}

static void print_row(const struct engine *engine, const struct device *device)
{
	struct arena arena = {0};
	struct row row;

	if (row_make(engine, device, &arena, &row))
		die("out of memory");
	print(json_row(&row));
	arena_free(&arena);
}

static void print_pair(const struct engine *engine, const struct device *source,
		       const struct device *target)
{
	/* The name of a new instance must be the same each time. */
	const struct plan_question question = {
		.source = source, .target = target, .uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1009"};
	struct migcompat_verdict verdict = {0};
	struct plan plan = {0};
	struct error err = {0};

	if (check_devices(engine, source, target, &verdict))
		die("out of memory");
	print(json_verdict(&verdict));
	if (plan_make(engine, &question, &verdict, &plan, &err))
		print(json_error(-12, err.text));
	else
		print(json_plan(&plan, &verdict));
	plan_free(&plan);
	verdict_clear(&verdict);
}

static void print_choices(const struct engine *engine, const struct device *source)
{
	const struct ask_question question = {.source = source, .flags = ASK_REFUSED | ASK_OTHERS};
	struct error err = {0};
	json_t *document = NULL;

	if (json_ask(engine, &question, &document, &err))
		document = json_error(-12, err.text);
	print(document);
}

int main(int argc, char **argv)
{
	struct engine_options options = {.in_process = true,
					 .worker = TEST_BUILD "/migcompat-worker"};
	static struct engine engine;
	static struct holds holds;
	struct error err = {0};

	if (argc < 5)
		die("usage: inside CONFIG BACKENDS HOLDS INVENTORY…");
	options.config = argv[1];
	options.backend_dir = argv[2];
	if (engine_start(&engine, &options, &err) ||
	    engine_take_holds(&engine, &holds, argv[3], &err))
		die(err.text);
	for (int i = 4; i < argc; i++)
		if (engine_add_file(&engine, argv[i], &err))
			die(err.text);
	if (engine_ready(&engine, &err))
		die(err.text);
	for (size_t i = 0; i < engine.inventory.ndevices; i++)
		print_row(&engine, &engine.inventory.devices[i]);
	print_choices(&engine, &engine.inventory.devices[0]);
	for (size_t i = 1; i < engine.inventory.ndevices; i++)
		print_pair(&engine, &engine.inventory.devices[0], &engine.inventory.devices[i]);
	engine_stop(&engine);
	holds_free(&holds);
	return 0;
}
