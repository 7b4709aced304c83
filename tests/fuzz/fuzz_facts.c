/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opens backends with any facts. Lines are KEY=VALUE; a line that begins with '/' is a
 * fact of the host, and a value "!5" is an error. The first byte chooses backend and
 * kind. A device that opens must accept its own string (unless its facts fit no device),
 * and no prefix of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/backend/provider.h"
#include "core/facts/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct provider *providers[3];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[] = {"mtty", "i915", "vfio_ap"};

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < 3; i++) {
		char path[4096];

		snprintf(path, sizeof(path), TEST_BACKENDS "/%s.so", names[i]);
		if (provider_local_new(path, &providers[i], NULL) != 0 ||
		    providers[i]->info.error || provider_settle(providers[i], NULL, NULL) != 0)
			abort();
	}
	return 0;
}

static void add(struct factset_builder *builder, struct arena *arena, char *line)
{
	char *value = strchr(line, '=');
	const char *key;

	if (!value)
		return;
	*value++ = '\0';
	key = arena_copy(arena, line, strlen(line));
	if (*value == '!')
		factset_builder_add_error(builder, key, atoi(value + 1));
	else
		factset_builder_add(builder, key, value, strlen(value));
}

/*
 * AP queues with function bits 16 or 17 fit no device, so their matrix does not fit
 * itself. No other reason is right.
 */
static int fits_nothing(const struct migcompat_result *result)
{
	for (size_t i = 0; i < result->count; i++)
		if (result->findings[i].status == MIGCOMPAT_STATUS_BAD &&
		    !strstr(result->findings[i].field, "function bits 16-17"))
			return 0;
	return result->bad_count != 0;
}

static void ask(struct provider *provider, const struct device *device)
{
	static struct migcompat_result result;
	struct opened *opened = NULL;
	struct error err = {0};

	if (provider_open(provider, device, &opened, &err) != 0) {
		if (!*err.text)
			abort();
		return;
	}
	if (opened->payload && !opened->not_target) {
		struct migcompat_sink sink = {0};

		result_reset(&result);
		if (opened_compare(opened, opened->payload, opened->payload_len, &result, &err) ==
			    0 &&
		    ((result.bad_count && !fits_nothing(&result)) || result.extra))
			abort();
		result_reset(&result);
		if (opened_compare(opened, opened->payload, opened->payload_len / 2, &result,
				   &err) == 0 &&
		    !result.bad_count)
			abort();
		for (int which = 0; which < PROVIDER_LIST_COUNT; which++)
			opened_list(opened, (enum provider_list)which, opened->payload,
				    opened->payload_len, &sink, &err);
		for (size_t i = 0; i < sink.nwrites; i++)
			if (!attribute_valid(sink.writes[i].attribute) ||
			    !utf8_clean(sink.writes[i].value, strlen(sink.writes[i].value)))
				abort();
		sink_free(&sink);
	}
	opened_close(opened);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct factset_builder mine, hosts;
	struct host host = {.name = "a"};
	struct device device = {.id = "x", .host = &host};
	char *text, *line, *rest;

	if (size < 2 || size > 65536 || !(text = malloc(size)))
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	rest = text;
	factset_builder_init(&mine, &arena);
	factset_builder_init(&hosts, &arena);
	while ((line = strsep(&rest, "\n")))
		add(*line == '/' ? &hosts : &mine, &arena, *line == '/' ? line + 1 : line);
	device.kind = (enum migcompat_kind)(data[0] / 3 % 3);
	if (factset_builder_finish(&mine, &device.facts, NULL) == 0 &&
	    factset_builder_finish(&hosts, &host.facts, NULL) == 0)
		ask(providers[data[0] % 3], &device);
	factset_builder_free(&mine);
	factset_builder_free(&hosts);
	arena_free(&arena);
	free(text);
	return 0;
}
