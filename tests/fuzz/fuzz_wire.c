/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads what comes through a worker's socket. The first byte chooses the side: the body
 * of a reply, or a stream of requests to the sample backend.
 */
#include <stdlib.h>
#include <string.h>

#include "core/worker/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_info(struct wire_reader *body)
{
	struct backend_info info = {0};
	struct arena arena = {0};

	if (message_get_info(body, &arena, &info) == 0 && info_check(&info, NULL))
		abort();
	arena_free(&arena);
}

static void read_opened(struct wire_reader *body)
{
	struct opened opened = {0};
	uint32_t number;

	if (message_get_opened(body, &number, &opened))
		return;
	if (!opened.not_source == !opened.payload || !opened.newest != !opened.payload)
		abort();
}

/* The findings decide an accepted answer, whatever the rest of the reply says. */
static void read_result(struct wire_reader *body)
{
	static struct migcompat_result result;
	uint32_t bad = 0;

	if (result_reset(&result) || message_get_result(body, &result))
		return;
	for (size_t i = 0; i < result.count; i++) {
		char text[256];

		bad += result.findings[i].status == MIGCOMPAT_STATUS_BAD;
		finding_render(&result.findings[i], text, sizeof(text));
	}
	if (result.count == 0 || result.bad_count < bad || !result.bad_count != !result.bad_limits)
		abort();
}

static void read_list(struct wire_reader *body)
{
	struct migcompat_sink sink = {0};

	message_get_list(body, &sink);
	sink_free(&sink);
}

/* No address that a worker gives for its regions is outside them. */
static void read_control(struct wire_reader *body)
{
	static const struct regions_info info = {16384, 100, MIGCOMPAT_CAP_DEVICE_MEMORY, 0};
	struct state_port port = {.info = info};
	struct migcompat_control control;
	int r;

	regions_places(&info, port.places);
	if (message_get_control(body, &port, &r, &control, NULL))
		return;
	if (r > 0 || control.memory.size > port.places[MIGCOMPAT_REGION_MEMORY].size ||
	    control.memory.position > info.memory_size || control.config.size > info.config_max ||
	    control.device_state > MIGCOMPAT_DEVICE_STATE_MASK)
		abort();
}

static void read_session(struct wire_reader *body)
{
	struct regions_info info;
	uint32_t number;

	if (message_get_session(body, &number, &info) == 0 && regions_info_check(&info, NULL))
		abort();
}

static void serve_requests(struct wire_reader *body)
{
	static struct provider *provider;
	struct wire_in in = {.bytes = body->at, .end = (size_t)(body->end - body->at)};
	struct wire_message message;
	struct server server = {0};
	int r = 0;

	if (!provider &&
	    (provider_local_new(TEST_BACKENDS "/mtty.so", &provider, NULL) || provider->info.error))
		abort();
	server.provider = provider;
	while (!r && wire_next(&in, WIRE_REQUEST_MAX, &message) == 1)
		r = server_answer(&server, &message);
	server.provider = NULL;
	server_free(&server);
	provider->settings.values = NULL; /* the server has freed them */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct wire_reader *) = {
		read_info,      read_opened,  read_result, read_list,
		serve_requests, read_control, read_session};
	struct wire_reader body;
	char *copy;

	if (size < 1 || data[0] >= sizeof(readers) / sizeof(readers[0]))
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	body = (struct wire_reader){.at = copy, .end = copy + size - 1};
	readers[data[0]](&body);
	free(copy);
	return 0;
}
