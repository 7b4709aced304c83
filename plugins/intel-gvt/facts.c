/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a GVT-g device from facts. Each step reads one fact, and its error sentence has
 * the fact, its value and what was expected. Only a missing fact has a substitute. A fact
 * that is unreadable, malformed or not collected stops open.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gvt.h"

#define INTEL 0x8086u
#define TYPE_PREFIX "i915-GVTg_V"
#define INSTANCES_MAX 4096u
#define SHOWN_SIZE 96u

struct shown {
	char text[SHOWN_SIZE];
};

/* A fact's value for a sentence: printable bytes, one line, cut at the end. */
static struct shown shown(const char *value, size_t len)
{
	struct shown shown = {{0}};

	for (size_t i = 0; i < len && i < sizeof(shown.text) - sizeof("..."); i++)
		shown.text[i] = value[i] == '\n'                      ? ' '
				: value[i] >= 0x20 && value[i] < 0x7f ? value[i]
								      : '?';
	if (len > sizeof(shown.text) - sizeof("..."))
		memcpy(shown.text + sizeof(shown.text) - sizeof("..."), "...", sizeof("..."));
	return shown;
}

/* The sentence about a fact that host->fact or host->number could not give. */
static int fact_fail(struct gvt_device *gvt, int error, uint32_t scope, const char *key,
		     const char *expected)
{
	const struct migcompat_host *host = gvt->host;
	const char *value;
	size_t len;

	if (error == -ENOENT)
		return host->fail(gvt->facts, error, "the fact \"%s\" is missing, expected %s", key,
				  expected);
	if (error == -ENODATA)
		return host->fail(gvt->facts, error,
				  "the fact \"%s\" was not collected, expected %s", key, expected);
	if (error == -ERANGE && host->fact(gvt->facts, scope, key, &value, &len) == 0)
		return host->fail(gvt->facts, error, "the fact \"%s\" is \"%s\", expected %s", key,
				  shown(value, len).text, expected);
	/* -ENODEV would tell the caller that the device cannot migrate. A vanished file
	 * does not say so. */
	return host->fail(gvt->facts, error == -ENODEV ? -EIO : error,
			  "the fact \"%s\" could not be read: %s", key, strerror(-error));
}

/* Takes vendor and device from "pci:v00008086d00001912sv…", for inventories that have
 * nothing else. */
static bool modalias_read(struct gvt_device *gvt)
{
	unsigned vendor, device;
	const char *text;
	size_t len;

	if (gvt->host->fact(gvt->facts, 0, "parent/modalias", &text, &len) != 0 ||
	    strlen(text) != len || sscanf(text, "pci:v%8Xd%8Xsv", &vendor, &device) != 2)
		return false;
	gvt->pci_vendor = vendor;
	gvt->pci_device = device;
	return true;
}

static int pci_read(struct gvt_device *gvt)
{
	const struct migcompat_host *host = gvt->host;
	int r;

	r = host->number(gvt->facts, 0, "parent/vendor", 16, 0xffff, &gvt->pci_vendor);
	if (r && !(r == -ENOENT && modalias_read(gvt)))
		return fact_fail(gvt, r, 0, "parent/vendor", "the GPU's PCI vendor such as 0x8086");
	r = r ? 0 : host->number(gvt->facts, 0, "parent/device", 16, 0xffff, &gvt->pci_device);
	if (r && !(r == -ENOENT && modalias_read(gvt)))
		return fact_fail(gvt, r, 0, "parent/device", "the GPU's PCI device such as 0x1912");
	gvt->generation = gvt->pci_vendor == INTEL ? gvt_generation(gvt->pci_device) : 0;
	if (!gvt->generation)
		return host->fail(
			gvt->facts, -ENODEV,
			"the GPU %04x:%04x is none of the gen8 and gen9 GPUs that have GVT-g",
			(unsigned)gvt->pci_vendor, (unsigned)gvt->pci_device);
	return 0;
}

/* Decimal without leading zero, up to the character stop. */
static bool type_number(const char *text, char stop, const char **ret_end, uint64_t *ret)
{
	uint64_t number = 0;
	size_t len = 0;

	for (; text[len] >= '0' && text[len] <= '9' && len < 6; len++)
		number = number * 10 + (uint64_t)(text[len] - '0');
	if (len == 0 || text[0] == '0' || text[len] != stop)
		return false;
	*ret_end = text + len + 1;
	*ret = number;
	return true;
}

/* Takes generation and share from "i915-GVTg_V5_4". The number after V is the generation
 * less four. ret_share stays 0 if the type id is missing. */
static int type_read(struct gvt_device *gvt, uint64_t *ret_share)
{
	static const char expected[] = "a type id such as i915-GVTg_V5_4";
	const struct migcompat_host *host = gvt->host;
	const char *id = NULL, *rest;
	uint64_t version, share;
	size_t len = 0;
	int r;

	r = host->fact(gvt->facts, 0, "mdev_type", &id, &len);
	if (r == -ENOENT)
		return 0; /* the description has the resources, the PCI id the generation */
	if (r)
		return fact_fail(gvt, r, 0, "mdev_type", expected);
	if (strlen(id) != len || strncmp(id, TYPE_PREFIX, strlen(TYPE_PREFIX)) != 0 ||
	    !type_number(id + strlen(TYPE_PREFIX), '_', &rest, &version) ||
	    !type_number(rest, '\0', &rest, &share))
		return host->fail(gvt->facts, -EINVAL,
				  "the fact \"mdev_type\" is \"%s\", expected %s",
				  shown(id, len).text, expected);
	if (version != 4 && version != 5)
		return host->fail(
			gvt->facts, -ENODEV,
			"the type %s is of no generation that GVT-g has: V4 (gen8) and V5 (gen9)",
			id);
	if (version + 4 != gvt->generation)
		return host->fail(gvt->facts, -EINVAL,
				  "the type %s is of a gen%u GPU, but the PCI device %04x:%04x is "
				  "a gen%u GPU",
				  id, (unsigned)version + 4, (unsigned)gvt->pci_vendor,
				  (unsigned)gvt->pci_device, (unsigned)gvt->generation);
	gvt->type_id = id;
	*ret_share = share;
	return 0;
}

/* Takes the description. If the driver has none, the type id decides. */
static int resources_read(struct gvt_device *gvt, uint64_t share)
{
	static const char key[] = "mdev_type/description";
	static const char expected[] = "\"low_gm_size: NMB\", \"high_gm_size: NMB\", \"fence: N\" "
				       "and \"resolution: WIDTHxHEIGHT\"";
	const struct migcompat_host *host = gvt->host;
	char wrong[128];
	const char *text;
	size_t len;
	int r;

	r = host->fact(gvt->facts, 0, key, &text, &len);
	if (r == -ENOENT && share) {
		if (gvt_share_resources(share, &gvt->one) == 0)
			return 0;
		return host->fail(gvt->facts, r,
				  "the fact \"%s\" is missing, and without it the resources of the "
				  "type %s are not known",
				  key, gvt->type_id);
	}
	if (r)
		return fact_fail(gvt, r, 0, key, expected);
	r = gvt_description_parse(text, len, &gvt->one, wrong, sizeof(wrong));
	if (r)
		return host->fail(gvt->facts, r, "the fact \"%s\" is \"%s\": %s, expected %s", key,
				  shown(text, len).text, wrong, expected);
	return 0;
}

/* A number that is 1 if the fact is missing. ret_key, unless NULL, is set if the fact
 * exists. */
static int count_read(struct gvt_device *gvt, const char *key, uint64_t *ret, const char **ret_key)
{
	const struct migcompat_host *host = gvt->host;
	uint64_t number = 1;
	int r = host->number(gvt->facts, 0, key, 10, INSTANCES_MAX, &number);

	if (r == -ENOENT)
		return 0;
	if (r == 0 && number == 0)
		r = -ERANGE;
	if (r)
		return fact_fail(gvt, r, 0, key, "a number of instances from 1 to 4096");
	*ret = number;
	if (ret_key)
		*ret_key = key;
	return 0;
}

static uint64_t instances_fitting(const struct gvt_resources *one)
{
	uint64_t low = GVT_MEMORY_MAX_MB / one->low_mb, high = GVT_MEMORY_MAX_MB / one->high_mb;

	return low < high ? low : high;
}

/*
 * Aggregation as proposed for mdev from 2018 to 2020. "aggregation" of a type is how many
 * instances can be one device. "aggregated_instances" of a device (in the last version
 * below "mdev/") is how many it has.
 */
static int aggregation_read(struct gvt_device *gvt)
{
	static const char *const places[] = {"aggregated_instances", "mdev/aggregated_instances"};
	uint64_t fitting = instances_fitting(&gvt->one);
	int r;

	gvt->instances = gvt->instances_max = 1;
	r = count_read(gvt, "mdev_type/aggregation", &gvt->instances_max, NULL);
	if (r)
		return r;
	if (gvt->kind == MIGCOMPAT_KIND_MDEV_TYPE) {
		if (gvt->instances_max > fitting)
			gvt->instances_max = fitting;
		gvt->attribute = gvt->instances_max > 1 ? places[0] : NULL;
		return 0;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *found = NULL;
		uint64_t number = 1;

		r = count_read(gvt, places[i], &number, &found);
		if (r)
			return r;
		if (found && gvt->attribute && number != gvt->instances)
			return gvt->host->fail(gvt->facts, -EINVAL,
					       "the facts \"%s\" and \"%s\" differ: %u and %u",
					       gvt->attribute, found, (unsigned)gvt->instances,
					       (unsigned)number);
		if (found && !gvt->attribute) {
			gvt->attribute = found;
			gvt->instances = number;
		}
	}
	if (gvt->instances > fitting)
		return gvt->host->fail(
			gvt->facts, -ERANGE,
			"the fact \"%s\" is %u, and so many times %u and %u MB are more than %u MB",
			gvt->attribute, (unsigned)gvt->instances, (unsigned)gvt->one.low_mb,
			(unsigned)gvt->one.high_mb, GVT_MEMORY_MAX_MB);
	return 0;
}

/* Only availability depends on it, so a fact that cannot be read is no error. */
static void free_read(struct gvt_device *gvt)
{
	gvt->free = UINT64_MAX;
	if (gvt->kind == MIGCOMPAT_KIND_MDEV_TYPE)
		(void)gvt->host->number(gvt->facts, 0, "mdev_type/available_instances", 10,
					INSTANCES_MAX, &gvt->free);
}

/* Three numbers below 2^21 with dots between them, and nothing else. */
struct migcompat_value gvt_version_value(const char *text, size_t len)
{
	uint64_t part[3] = {0};
	size_t i = 0, digits = 0;

	for (size_t at = 0; at < len; at++) {
		if (text[at] == '.' && digits && i < 2) {
			i++;
			digits = 0;
			continue;
		}
		if (text[at] < '0' || text[at] > '9')
			return (struct migcompat_value){0};
		part[i] = part[i] * 10 + (uint64_t)(text[at] - '0');
		if (part[i] >> 21)
			return (struct migcompat_value){0};
		digits++;
	}
	if (i != 2 || !digits)
		return (struct migcompat_value){0};
	return (struct migcompat_value){.type = MIGCOMPAT_VALUE_VERSION,
					.as.number = MIGCOMPAT_VERSION(part[0], part[1], part[2])};
}

/* No release of Linux has these files. A driver built outside the tree may say which
 * state it writes. */
static int versions_read(struct gvt_device *gvt)
{
	static const char *const files[GVT_MODULE_COUNT] = {
		[GVT_MODULE_KVMGT] = "module/kvmgt/version",
		[GVT_MODULE_I915] = "module/i915/version",
	};
	const struct migcompat_host *host = gvt->host;

	for (size_t i = 0; i < GVT_MODULE_COUNT; i++) {
		const char *text = NULL;
		size_t len = 0, at = 0;
		int r = host->fact(gvt->facts, MIGCOMPAT_WANT_HOST, files[i], &text, &len);

		if (r == -ENOENT)
			continue;
		if (r)
			return fact_fail(gvt, r, MIGCOMPAT_WANT_HOST, files[i],
					 "a version such as 1.0.0");
		while (at < len && text[at] > 0x20 && text[at] < 0x7f && text[at] != '%' &&
		       text[at] != ';')
			at++;
		if (at < len || len == 0 || len > GVT_VERSION_LEN_MAX)
			return host->fail(
				gvt->facts, -EINVAL,
				"the fact \"%s\" is \"%s\", expected one word of at most %u bytes",
				files[i], shown(text, len).text, GVT_VERSION_LEN_MAX);
		gvt->versions[i] = (struct gvt_version){text, (uint32_t)len};
	}
	return 0;
}

int gvt_read(struct gvt_device *gvt, const struct migcompat_host *host,
	     const struct migcompat_facts *facts)
{
	uint64_t share = 0;
	int r;

	gvt->host = host;
	gvt->facts = facts;
	gvt->kind = host->kind(facts);
	if (gvt->kind != MIGCOMPAT_KIND_MDEV && gvt->kind != MIGCOMPAT_KIND_MDEV_TYPE)
		return host->fail(facts, -ENODEV,
				  "%s is a GPU that the host itself uses; only GVT-g mdevs made of "
				  "it could migrate",
				  host->id(facts));
	r = pci_read(gvt);
	if (!r)
		r = type_read(gvt, &share);
	if (!r)
		r = resources_read(gvt, share);
	if (!r)
		r = aggregation_read(gvt);
	if (!r)
		r = versions_read(gvt);
	if (!r)
		free_read(gvt);
	return r;
}
