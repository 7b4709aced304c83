/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes to the control region, and puts bytes into the other regions, as another process
 * could at any time. The first byte chooses the device: a small card with or without
 * capabilities, an AP matrix, or a small virtual GPU. The device must not change before
 * it has accepted a whole config.
 */
#include <stdlib.h>
#include <string.h>

#include "core/backend/provider.h"
#include "core/facts/error.h"
#include "tests/support/card.h"
#include "tests/support/local_port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define PAGES 5u
#define WRITES_MAX 64u

#define CONFIG "0x0600000000000000000000000000000000000000000000000000000000000000"
#define FACT(name, text)                                            \
	{                                                           \
		.key = name, .value = text, .len = sizeof(text) - 1 \
	}

static const struct fact ap_facts[] = {
	FACT("ap_config", CONFIG "," CONFIG "," CONFIG),
	FACT("mdev_type", "vfio_ap-passthrough"),
};
static const struct fact ap_host_facts[] = {
	FACT("bus/ap/devices/card05/ap_functions", "0x92800000"),
	FACT("bus/ap/devices/card05/hwtype", "12"),
	FACT("bus/ap/devices/card06/ap_functions", "0x92800000"),
	FACT("bus/ap/devices/card06/hwtype", "12"),
};
static const struct fact gpu_facts[] = {
	FACT("mdev_type", "i915-GVTg_V5_4"),
	FACT("mdev_type/description",
	     "low_gm_size: 2MB high_gm_size: 1MB fence: 4 resolution: 1024x768"),
	FACT("parent/device", "0x1912"),
	FACT("parent/vendor", "0x8086"),
};
static const struct host ap_host = {.name = "a", .facts = {ap_host_facts, 4}},
			 gpu_host = {.name = "b"};
static const struct device ap = {
	.id = "ap", .host = &ap_host, .kind = MIGCOMPAT_KIND_MDEV, .facts = {ap_facts, 2}};
static const struct device gpu = {
	.id = "gpu", .host = &gpu_host, .kind = MIGCOMPAT_KIND_MDEV, .facts = {gpu_facts, 4}};

static struct opened *opened[2];

static struct opened *open_device(const char *path, const struct device *device)
{
	struct provider *provider = NULL;
	struct opened *ret = NULL;
	struct error err = {0};

	if (provider_local_new(path, &provider, &err) || provider->info.error ||
	    provider_settle(provider, NULL, NULL) || provider_open(provider, device, &ret, &err)) {
		fprintf(stderr, "%s: %s\n", path,
			provider && provider->info.error ? provider->info.error : err.text);
		abort();
	}
	return ret;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	opened[0] = open_device(TEST_BACKENDS "/vfio_ap.so", &ap);
	opened[1] = open_device(TEST_BACKENDS "/i915.so", &gpu);
	return 0;
}

/* The rest of the input. */
struct input {
	const uint8_t *at;
	size_t len;
};

static uint64_t take(struct input *input, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size && input->len; i++, input->at++, input->len--)
		value |= (uint64_t)*input->at << (8 * i);
	return value;
}

static const uint64_t fields[][2] = {
	{STATE_FIELD(version)},         {STATE_FIELD(device_state)},
	{STATE_FIELD(config.action)},   {STATE_FIELD(config.size)},
	{STATE_FIELD(memory.action)},   {STATE_FIELD(memory.size)},
	{STATE_FIELD(memory.position)}, {STATE_FIELD(dirty.start)},
	{STATE_FIELD(dirty.count)},     {STATE_FIELD(capabilities)},
	{STATE_FIELD(regions[2].size)}, {2, 4},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/*
 * A load takes many writes. This one brings the whole memory, so that a config can
 * follow.
 */
static void stage(struct state_port *port)
{
	const uint64_t window = port->places[MIGCOMPAT_REGION_MEMORY].size;
	struct migcompat_control control;
	int r = 0;

	for (uint64_t at = 0, part; at < port->info.memory_size && !r; at += part) {
		part = port->info.memory_size - at < window ? port->info.memory_size - at : window;
		const struct state_write writes[] = {
			{STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED},
			{STATE_FIELD(memory.position), at},
			{STATE_FIELD(memory.size), part},
			{STATE_FIELD(memory.action), MIGCOMPAT_SET_BUFFER},
		};

		r = port_run(port, writes + (at > 0), 4 - (size_t)(at > 0), false, &control, NULL);
	}
}

static void write_field(struct state_port *port, struct input *input)
{
	const uint64_t *field = fields[take(input, 1) % FIELDS];
	uint64_t value = take(input, 1);
	struct migcompat_control control = {0};
	struct error err = {0};

	/* A small number, a whole page, a record, or any bytes. */
	if (value >= 0xf0)
		value = take(input, 8);
	else if (value >= 0x80)
		value = (value & 0x3f) * (value & 0x40 ? sizeof(struct migcompat_dirty_record)
						       : MIGCOMPAT_STATE_PAGE);
	const struct state_write write = {field[0], field[1], value};

	if (port_run(port, &write, 1, value & 1, &control, &err) && !*err.text)
		abort();
	if (control.device_state > MIGCOMPAT_DEVICE_STATE_MASK ||
	    control.memory.position > port->info.memory_size)
		abort();
}

static void write_region(struct state_port *port, struct input *input)
{
	const struct migcompat_region_place *place =
		&port->places[take(input, 1) % MIGCOMPAT_REGION_ENUM_COUNT];
	uint64_t at = take(input, 2), len = take(input, 1);

	if (!place->size)
		return;
	at %= place->size;
	len = len < place->size - at ? len : place->size - at;
	len = len < input->len ? len : input->len;
	memcpy(port->base + place->offset + at, input->at, len);
	input->at += len;
	input->len -= len;
}

static void run(struct state_port *port, struct input *input)
{
	for (unsigned i = 0; i < WRITES_MAX && input->len; i++) {
		uint64_t what = take(input, 1);

		if (what == 0xff)
			stage(port);
		else if (what >= 0xc0)
			write_region(port, input);
		else
			write_field(port, input);
	}
}

static void run_card(struct input *input, uint32_t capabilities)
{
	struct migcompat_regions *regions = NULL;
	struct state_port *port = NULL;
	struct card card, before;

	card_make(&card, PAGES, capabilities);
	card_make(&before, PAGES, capabilities);
	card_fill(&card, 1);
	card_fill(&before, 1);
	if (migcompat_regions_new(&card_table, &card, &regions))
		abort();
	port = local_port_new(regions);
	run(port, input);
	local_port_free(port);
	/* Unless a whole config was accepted, nothing has changed. */
	if (card.staging || (memcmp(&card.config, &before.config, sizeof(card.config)) == 0 &&
			     !card_equal(&card, &before)))
		abort();
	card_free(&card);
	card_free(&before);
}

static void run_backend(struct input *input, struct opened *device)
{
	struct state_port *port = NULL;
	struct error err = {0};

	if (opened_state(device, &port, &err))
		abort();
	run(port, input);
	port_close(port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};

	switch (take(&input, 1) % 4) {
	case 0:
		run_card(&input, MIGCOMPAT_CAP_LOGGING | MIGCOMPAT_CAP_SYSTEM_MEMORY);
		break;
	case 1:
		run_card(&input, 0);
		break;
	case 2:
		run_backend(&input, opened[0]);
		break;
	default:
		run_backend(&input, opened[1]);
		break;
	}
	return 0;
}
