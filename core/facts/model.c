/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inventory: hosts, devices, and finding one by name. Must not read files. */
#include "core/facts/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/array.h"

static const char *const kind_names[] = {
	[MIGCOMPAT_KIND_MDEV] = "mdev",
	[MIGCOMPAT_KIND_MDEV_TYPE] = "mdev-type",
	[MIGCOMPAT_KIND_PHYSICAL] = "physical",
};
#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

bool device_lacks_type(const struct device *device)
{
	return device->kind == MIGCOMPAT_KIND_MDEV && !factset_find(&device->facts, "mdev_type");
}

const char *kind_name(enum migcompat_kind kind)
{
	return (unsigned)kind < KIND_COUNT ? kind_names[kind] : "unknown";
}

int kind_parse(const char *text, size_t len, enum migcompat_kind *ret)
{
	for (unsigned i = 0; i < KIND_COUNT; i++) {
		if (strlen(kind_names[i]) == len && memcmp(kind_names[i], text, len) == 0) {
			*ret = (enum migcompat_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

void inventory_init(struct inventory *inventory)
{
	*inventory = (struct inventory){0};
}

void inventory_free(struct inventory *inventory)
{
	arena_free(&inventory->arena);
	free(inventory->hosts);
	free(inventory->devices);
	free(inventory->by_id);
	inventory_init(inventory);
}

struct host *inventory_add_host(struct inventory *inventory)
{
	struct host **hosts = realloc(inventory->hosts, (inventory->nhosts + 1) * sizeof(*hosts));
	struct host *host;

	if (!hosts)
		return NULL;
	inventory->hosts = hosts;
	host = arena_alloc(&inventory->arena, sizeof(*host), 8);
	if (!host)
		return NULL;
	*host = (struct host){.number = inventory->nhosts};
	hosts[inventory->nhosts++] = host;
	return host;
}

struct device *inventory_add_device(struct inventory *inventory)
{
	struct device *devices =
		array_grow(inventory->devices, inventory->ndevices, sizeof(*devices));

	if (!devices)
		return NULL;
	inventory->devices = devices;
	devices[inventory->ndevices] = (struct device){0};
	return &inventory->devices[inventory->ndevices++];
}

static int id_compare(const void *a, const void *b)
{
	const struct device *x = *(const struct device *const *)a;
	const struct device *y = *(const struct device *const *)b;
	int order = strcmp(x->id, y->id);

	if (order)
		return order;
	return x->host->number < y->host->number ? -1 : x->host->number > y->host->number;
}

static const char *host_source(const struct host *host)
{
	return host->source ? host->source : "this host";
}

int inventory_finish(struct inventory *inventory, struct error *err)
{
	const struct device **by_id = malloc((inventory->ndevices + 1) * sizeof(*by_id));

	if (!by_id)
		return error_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < inventory->ndevices; i++)
		by_id[i] = &inventory->devices[i];
	qsort(by_id, inventory->ndevices, sizeof(*by_id), id_compare);
	free(inventory->by_id);
	inventory->by_id = by_id;
	for (size_t i = 1; i < inventory->ndevices; i++)
		if (by_id[i - 1]->host == by_id[i]->host &&
		    strcmp(by_id[i - 1]->id, by_id[i]->id) == 0)
			return error_set(err, -EEXIST,
					 "%s: device \"%s\" occurs twice in host \"%s\", expected "
					 "an id that is unique in its host",
					 host_source(by_id[i]->host), by_id[i]->id,
					 by_id[i]->host->name);
	return 0;
}

/* The first device whose id is not less than this one. */
static size_t id_position(const struct inventory *inventory, const char *id)
{
	size_t low = 0, high = inventory->ndevices;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(inventory->by_id[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int not_unique(const char *name, const struct device *a, const struct device *b,
		      struct error *err)
{
	if (strcmp(a->host->name, b->host->name) != 0)
		return error_set(err, -ENOTUNIQ, "\"%s\" fits two devices: %s//%s and %s//%s", name,
				 a->host->name, a->id, b->host->name, b->id);
	return error_set(err, -ENOTUNIQ, "\"%s\" fits two devices: %s//%s of %s and of %s", name,
			 a->host->name, a->id, host_source(a->host), host_source(b->host));
}

/* One way to read "ID" or "HOST//ID". */
struct reading {
	const char *name; /* as it was given, for messages */
	const char *id;
	const char *host; /* not zero-terminated; NULL: any host */
	size_t host_len;
};

/* *found: the device that another reading found, or NULL. */
static int find_among(const struct inventory *inventory, const struct reading *reading,
		      const struct device **found, struct error *err)
{
	for (size_t i = id_position(inventory, reading->id); i < inventory->ndevices; i++) {
		const struct device *device = inventory->by_id[i];

		if (strcmp(device->id, reading->id) != 0)
			break;
		if (reading->host &&
		    (strlen(device->host->name) != reading->host_len ||
		     memcmp(device->host->name, reading->host, reading->host_len) != 0))
			continue;
		if (*found)
			return not_unique(reading->name, *found, device, err);
		*found = device;
	}
	return 0;
}

int inventory_find(const struct inventory *inventory, const char *name, const struct device **ret,
		   struct error *err)
{
	const char *bar = strstr(name, "//");
	struct reading reading = {.name = name, .id = name};
	const struct device *found = NULL;
	int r;

	if (bar) {
		reading.id = bar + 2;
		reading.host = name;
		reading.host_len = (size_t)(bar - name);
	}
	r = find_among(inventory, &reading, &found, err);
	/* "a///x" can also mean x of the host "a/". */
	if (r == 0 && bar && *reading.id == '/') {
		reading.id++;
		reading.host_len++;
		r = find_among(inventory, &reading, &found, err);
	}
	if (r < 0)
		return r;
	if (!found) {
		if (inventory->nhosts == 1 && !inventory->hosts[0]->source)
			return error_set(
				err, -ENOENT,
				"no device \"%s\" on this host; see migcompat list --types", name);
		if (inventory->nhosts == 1)
			return error_set(err, -ENOENT, "no device \"%s\" among the %zu of %s", name,
					 inventory->ndevices, host_source(inventory->hosts[0]));
		return error_set(err, -ENOENT, "no device \"%s\" among the %zu of %zu hosts", name,
				 inventory->ndevices, inventory->nhosts);
	}
	*ret = found;
	return 0;
}

int inventory_find_host(const struct inventory *inventory, const char *name, struct error *err)
{
	char known[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < inventory->nhosts; i++) {
		if (strcmp(inventory->hosts[i]->name, name) == 0)
			return 0;
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s\"%s\"",
						 i ? ", " : "", inventory->hosts[i]->name);
	}
	return error_set(err, -ENOENT, "no host \"%s\", there is %s", name, known);
}
