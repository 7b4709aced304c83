/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Intel GVT-g: the properties of a virtual GPU that a guest sees, as a table of fields,
 * and the operations on it. facts.c parses the facts once. Comparisons allocate no
 * memory.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gvt.h"

#define MODEL "com.intel/gvtg"
#define PARAMETER "aggregated_instances"

enum {
	GENERATION,
	PCI_VENDOR,
	PCI_DEVICE,
	LOW_GM,
	HIGH_GM,
	FENCES,
	RESOLUTION,
	WEIGHT,
	KVMGT_VERSION,
	I915_VERSION,
	FIELD_COUNT
};

#define HARDWARE MIGCOMPAT_LIMIT_HARDWARE
#define RESOURCE MIGCOMPAT_LIMIT_RESOURCE
#define CUSTOM MIGCOMPAT_FIELD_CUSTOM
#define OPTIONAL MIGCOMPAT_FIELD_OPTIONAL

static const struct migcompat_field fields[FIELD_COUNT] = {
	[GENERATION] = {"generation", "as GPU generation", MIGCOMPAT_VALUE_NUMBER,
			MIGCOMPAT_RULE_EQUAL, HARDWARE, 0},
	[PCI_VENDOR] = {"pci_vendor", "as PCI vendor", MIGCOMPAT_VALUE_HEX, MIGCOMPAT_RULE_EQUAL,
			HARDWARE, 0},
	[PCI_DEVICE] = {"pci_device", "as PCI device", MIGCOMPAT_VALUE_HEX, MIGCOMPAT_RULE_EQUAL,
			HARDWARE, CUSTOM},
	[LOW_GM] = {"low_gm", "MB of low graphics memory", MIGCOMPAT_VALUE_NUMBER,
		    MIGCOMPAT_RULE_EQUAL, RESOURCE, 0},
	[HIGH_GM] = {"high_gm", "MB of high graphics memory", MIGCOMPAT_VALUE_NUMBER,
		     MIGCOMPAT_RULE_EQUAL, RESOURCE, 0},
	[FENCES] = {"fences", "fences", MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL, RESOURCE, 0},
	[RESOLUTION] = {"resolution", "as resolution", MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
			RESOURCE, 0},
	[WEIGHT] = {"weight", "as scheduling weight", MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_INFO,
		    MIGCOMPAT_LIMIT_NONE, OPTIONAL},
	[KVMGT_VERSION] = {"kvmgt_version", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
			   MIGCOMPAT_LIMIT_DRIVER, OPTIONAL | CUSTOM},
	[I915_VERSION] = {"i915_version", NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
			  MIGCOMPAT_LIMIT_DRIVER, OPTIONAL | CUSTOM},
};

#define RECORD(table, count)                                                                   \
	{                                                                                      \
		.struct_size = sizeof(struct migcompat_record), .fields = (table),             \
		.field_size = sizeof((table)[0]), .nfields = (count), .oldest = 1, .newest = 1 \
	}

static const struct migcompat_record record = RECORD(fields, FIELD_COUNT);

/* If the source's and the target's version are semantic, the rule for versions holds.
 * Otherwise both must be the same word. */
static const struct migcompat_field version_fields[GVT_MODULE_COUNT][2] = {
	{{"kvmgt_version", "as kvmgt version", MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_RULE_VERSION,
	  MIGCOMPAT_LIMIT_DRIVER, OPTIONAL},
	 {"kvmgt_version", "as kvmgt version", MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
	  MIGCOMPAT_LIMIT_DRIVER, OPTIONAL}},
	{{"i915_version", "as i915 version", MIGCOMPAT_VALUE_VERSION, MIGCOMPAT_RULE_VERSION,
	  MIGCOMPAT_LIMIT_DRIVER, OPTIONAL},
	 {"i915_version", "as i915 version", MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL,
	  MIGCOMPAT_LIMIT_DRIVER, OPTIONAL}},
};
static const struct migcompat_record version_records[GVT_MODULE_COUNT][2] = {
	{RECORD(&version_fields[0][0], 1), RECORD(&version_fields[0][1], 1)},
	{RECORD(&version_fields[1][0], 1), RECORD(&version_fields[1][1], 1)},
};

/* An opened device. It does not change after open. */
struct handle {
	struct gvt_device gvt;
	struct migcompat_value values[FIELD_COUNT];        /* of the device as it is */
	struct migcompat_value versions[GVT_MODULE_COUNT]; /* of type MIGCOMPAT_VALUE_VERSION; NONE
							      if not semantic */
	bool cross_device;
	uint32_t format;
	char type[GVT_TYPE_SIZE];
	char label[128];
	uint32_t mechanism;
	const char *mechanism_text;
};

static struct migcompat_value number_value(uint32_t type, uint64_t number)
{
	return (struct migcompat_value){.type = type, .as.number = number};
}

static struct migcompat_value text_value(const char *text, size_t len)
{
	return (struct migcompat_value){.type = text ? MIGCOMPAT_VALUE_TEXT
						     : MIGCOMPAT_VALUE_ABSENT,
					.len = (uint32_t)len,
					.as.text = text};
}

/* ---------------------------------------------------------------- opening */

static void values_fill(struct handle *handle)
{
	const struct gvt_device *gvt = &handle->gvt;
	struct migcompat_value *values = handle->values;

	values[GENERATION] = number_value(MIGCOMPAT_VALUE_NUMBER, gvt->generation);
	values[PCI_VENDOR] = number_value(MIGCOMPAT_VALUE_HEX, gvt->pci_vendor);
	values[PCI_DEVICE] = number_value(MIGCOMPAT_VALUE_HEX, gvt->pci_device);
	values[LOW_GM] = number_value(MIGCOMPAT_VALUE_NUMBER, gvt->one.low_mb * gvt->instances);
	values[HIGH_GM] = number_value(MIGCOMPAT_VALUE_NUMBER, gvt->one.high_mb * gvt->instances);
	values[FENCES] = number_value(MIGCOMPAT_VALUE_NUMBER, gvt->one.fences);
	values[RESOLUTION] = text_value(gvt->one.resolution, strlen(gvt->one.resolution));
	values[WEIGHT] = number_value(
		gvt->one.weight ? MIGCOMPAT_VALUE_NUMBER : MIGCOMPAT_VALUE_NONE, gvt->one.weight);
	for (size_t i = 0; i < GVT_MODULE_COUNT; i++) {
		values[KVMGT_VERSION + i] = text_value(gvt->versions[i].text, gvt->versions[i].len);
		if (gvt->versions[i].text)
			handle->versions[i] =
				gvt_version_value(gvt->versions[i].text, gvt->versions[i].len);
	}
}

/* The type is what a guest sees. It has neither the type id nor the PCI device, since a
 * policy may accept another PCI device. */
static void type_render(const struct handle *handle, uint64_t instances,
			char buffer[static GVT_TYPE_SIZE])
{
	const struct gvt_device *gvt = &handle->gvt;

	snprintf(buffer, GVT_TYPE_SIZE, "gvtg-gen%u-%u-%u-%u-%s", (unsigned)gvt->generation,
		 (unsigned)(gvt->one.low_mb * instances), (unsigned)(gvt->one.high_mb * instances),
		 (unsigned)gvt->one.fences, gvt->one.resolution);
}

/* Only Intel's gvt-stable-4.17 tree ever moved the state of these devices. In Linux kvmgt
 * has no migration operations. */
static void mechanism_set(struct handle *handle)
{
	const struct gvt_device *gvt = &handle->gvt;
	const char *release;

	if (gvt->host->fact(gvt->facts, MIGCOMPAT_WANT_HOST, "kernel/release", &release, NULL) !=
	    0) {
		handle->mechanism = MIGCOMPAT_UNKNOWN;
		handle->mechanism_text = "the kernel's release is not known; no release of Linux "
					 "migrates GVT-g devices";
	} else if (strncmp(release, "4.17", 4) == 0 && (release[4] < '0' || release[4] > '9')) {
		handle->mechanism = MIGCOMPAT_UNKNOWN;
		handle->mechanism_text = "Linux 4.17 migrates no GVT-g devices, Intel's "
					 "gvt-stable-4.17 does; which of them is not known";
	} else {
		handle->mechanism = MIGCOMPAT_NO;
		handle->mechanism_text =
			"no release of Linux migrates GVT-g devices: kvmgt has no VFIO migration";
	}
}

static int gvt_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		    void **ret_handle)
{
	struct handle *handle = calloc(1, sizeof(*handle));
	struct gvt_device *gvt;
	int r;

	if (!handle)
		return host->fail(facts, -ENOMEM, "out of memory");
	gvt = &handle->gvt;
	r = gvt_read(gvt, host, facts);
	if (r) {
		free(handle);
		return r;
	}
	handle->cross_device = strcmp(host->setting(facts, "cross_device"), "true") == 0;
	handle->format = (uint32_t)strtoul(host->setting(facts, "emit_format"), NULL, 10);
	values_fill(handle);
	type_render(handle, gvt->instances, handle->type);
	snprintf(handle->label, sizeof(handle->label), "Intel GVT-g %s on a gen%u GPU",
		 gvt->type_id ? gvt->type_id : "virtual GPU", (unsigned)gvt->generation);
	mechanism_set(handle);
	*ret_handle = handle;
	return 0;
}

static void gvt_close(void *arg)
{
	free(arg);
}

static int gvt_describe(void *arg, struct migcompat_description *ret)
{
	struct handle *handle = arg;

	ret->type = handle->type;
	ret->model = MODEL;
	ret->label = handle->label;
	ret->mechanism = handle->mechanism;
	ret->mechanism_text = handle->mechanism_text;
	return 0;
}

static int gvt_payload(void *arg, char *buffer, size_t size)
{
	struct handle *handle = arg;

	return handle->gvt.host->record_write(&record, handle->format, handle->values, buffer,
					      size);
}

/* ---------------------------------------------------------------- comparing */

/* The number of instances that make up the source's memory. The device's own number if
 * none does, or if the target is not a type. */
static uint64_t instances_needed(const struct handle *handle, const struct migcompat_value *source)
{
	const struct gvt_device *gvt = &handle->gvt;
	uint64_t low = source[LOW_GM].as.number, high = source[HIGH_GM].as.number;
	uint64_t count = low / gvt->one.low_mb;

	if (gvt->kind != MIGCOMPAT_KIND_MDEV_TYPE || count < 1 || count > gvt->instances_max)
		return gvt->instances;
	return gvt->one.low_mb * count == low && gvt->one.high_mb * count == high ? count
										  : gvt->instances;
}

static void device_compare(const struct handle *handle, const struct migcompat_value *source,
			   struct migcompat_result *result)
{
	const struct migcompat_value *target = handle->values;
	bool same_generation = source[GENERATION].as.number == target[GENERATION].as.number;
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = fields[PCI_DEVICE].name,
		.noun = fields[PCI_DEVICE].noun,
		.rule = fields[PCI_DEVICE].rule,
		.source = source[PCI_DEVICE],
		.target = target[PCI_DEVICE],
	};

	if (source[PCI_DEVICE].as.number == target[PCI_DEVICE].as.number) {
		finding.status = MIGCOMPAT_STATUS_OK;
	} else if (handle->cross_device && same_generation) {
		finding.status = MIGCOMPAT_STATUS_WARN;
		finding.extra = 1; /* it fits but differs, so equal models are preferred */
		finding.text = "another GPU model of the same generation; the policy's "
			       "cross_device accepts that";
	} else {
		finding.status = MIGCOMPAT_STATUS_BAD;
		finding.limit = fields[PCI_DEVICE].limit;
	}
	handle->gvt.host->finding(result, &finding);
}

static void versions_compare(const struct handle *handle, const struct migcompat_value *source,
			     struct migcompat_result *result)
{
	for (size_t i = 0; i < GVT_MODULE_COUNT; i++) {
		const struct migcompat_value *theirs = &source[KVMGT_VERSION + i],
					     *ours = &handle->values[KVMGT_VERSION + i];
		struct migcompat_value semantic = {0};

		if (theirs->type == MIGCOMPAT_VALUE_TEXT && handle->versions[i].type)
			semantic = gvt_version_value(theirs->as.text, theirs->len);
		if (semantic.type)
			handle->gvt.host->record_compare(result, &version_records[i][0], &semantic,
							 &handle->versions[i]);
		else
			handle->gvt.host->record_compare(result, &version_records[i][1], theirs,
							 ours);
	}
}

/* Reports the aggregation that the target needs, and whether enough instances are left
 * for it. */
static void aggregation_add(const struct handle *handle, uint64_t instances,
			    struct migcompat_result *result)
{
	const struct gvt_device *gvt = &handle->gvt;
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = PARAMETER,
		.rule = MIGCOMPAT_RULE_INFO,
		.status = MIGCOMPAT_STATUS_OK,
		.target = number_value(MIGCOMPAT_VALUE_NUMBER, instances),
	};
	char text[160];

	gvt->host->finding(result, &finding);
	if (gvt->free >= instances) /* or the number is not known */
		return;
	snprintf(text, sizeof(text), "it takes %u instances of %s, and %u are left",
		 (unsigned)instances, gvt->type_id ? gvt->type_id : "the type",
		 (unsigned)gvt->free);
	gvt->host->availability(result, MIGCOMPAT_NO, text);
}

static int gvt_compare(void *arg, const char *payload, size_t len, struct migcompat_result *result)
{
	struct handle *handle = arg;
	const struct migcompat_host *host = handle->gvt.host;
	struct migcompat_value source[FIELD_COUNT];
	uint64_t instances;
	uint32_t format;

	if (host->record_read(result, &record, payload, len, source, &format) != 0)
		return 0;
	instances = instances_needed(handle, source);
	if (instances == handle->gvt.instances) {
		host->record_compare(result, &record, source, handle->values);
	} else {
		struct migcompat_value target[FIELD_COUNT];

		memcpy(target, handle->values, sizeof(target));
		target[LOW_GM].as.number = handle->gvt.one.low_mb * instances;
		target[HIGH_GM].as.number = handle->gvt.one.high_mb * instances;
		host->record_compare(result, &record, source, target);
		aggregation_add(handle, instances, result);
	}
	device_compare(handle, source, result);
	versions_compare(handle, source, result);
	return 0;
}

/* -------------------------------------------------------------- making a target ready */

/* The instances that this target would have for a payload; without a payload its own.
 * -EINVAL: the payload is malformed. */
static int instances_for(const struct handle *handle, const char *payload, size_t len,
			 uint64_t *ret)
{
	struct migcompat_value source[FIELD_COUNT];
	uint32_t format;

	if (!payload) {
		*ret = handle->gvt.instances;
		return 0;
	}
	if (handle->gvt.host->record_read(NULL, &record, payload, len, source, &format) != 0)
		return -EINVAL;
	*ret = instances_needed(handle, source);
	return 0;
}

static int gvt_candidates(void *arg, const char *payload, size_t len, struct migcompat_sink *sink)
{
	struct handle *handle = arg;
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate), .name = ""};
	char name[sizeof(PARAMETER) + 24], type[GVT_TYPE_SIZE];
	uint64_t instances;
	int r = instances_for(handle, payload, len, &instances);

	if (r)
		return r;
	if (instances != handle->gvt.instances) {
		snprintf(name, sizeof(name), PARAMETER "=%u", (unsigned)instances);
		type_render(handle, instances, type);
		candidate.name = name;
		candidate.type = type;
	}
	return handle->gvt.host->candidate(sink, &candidate);
}

/* One parameter, if the device can aggregate. It can be written until the device is
 * opened. The core derives "prepare" from it. */
static int gvt_parameters(void *arg, const char *payload, size_t len, struct migcompat_sink *sink)
{
	struct handle *handle = arg;
	const struct gvt_device *gvt = &handle->gvt;
	char value[24], allowed[24];
	struct migcompat_parameter parameter = {
		.struct_size = sizeof(parameter),
		.name = PARAMETER,
		.type = MIGCOMPAT_PARAMETER_INT,
		.value = value,
		.allowed = gvt->instances_max > 1 ? allowed : NULL,
		.init = "1",
		.off = "1",
		.attribute = gvt->attribute,
		.description = "instances of the type whose graphics memory the device has",
	};
	uint64_t instances;
	int r = instances_for(handle, payload, len, &instances);

	if (r || !gvt->attribute)
		return r;
	snprintf(value, sizeof(value), "%u", (unsigned)instances);
	snprintf(allowed, sizeof(allowed), "1-%u", (unsigned)gvt->instances_max);
	return gvt->host->parameter(sink, &parameter);
}

/* ---------------------------------------------------------------- registration */

static const char *const keys[] = {"i915", NULL};

static const struct migcompat_want wants[] = {
	{"mdev_type", MIGCOMPAT_WANT_ANNOUNCED},
	{"mdev_type/description", MIGCOMPAT_WANT_ANNOUNCED},
	{"mdev_type/aggregation", MIGCOMPAT_WANT_ANNOUNCED},
	{"mdev_type/available_instances", MIGCOMPAT_WANT_AVAILABILITY},
	{"aggregated_instances", 0},
	{"mdev/aggregated_instances", 0},
	{"parent/vendor", MIGCOMPAT_WANT_ANNOUNCED},
	{"parent/device", MIGCOMPAT_WANT_ANNOUNCED},
	{"parent/modalias", MIGCOMPAT_WANT_ANNOUNCED},
	{"module/kvmgt/version", MIGCOMPAT_WANT_HOST | MIGCOMPAT_WANT_ANNOUNCED},
	{"module/i915/version", MIGCOMPAT_WANT_HOST | MIGCOMPAT_WANT_ANNOUNCED},
	/* The mechanism follows from it, and the verdict from the mechanism. */
	{"kernel/release", MIGCOMPAT_WANT_HOST | MIGCOMPAT_WANT_ANNOUNCED},
};

static const struct migcompat_setting settings[] = {
	{"cross_device", MIGCOMPAT_SETTING_BOOL, NULL, "false",
	 "accept another GPU model of the same generation, with a warning"},
	{"emit_format", MIGCOMPAT_SETTING_INT, "1-1", "1",
	 "payload format to write, for targets not yet upgraded"},
};

MIGCOMPAT_REGISTER(.thread_model = MIGCOMPAT_THREAD_PARALLEL, .name = "i915", .version = "1.0.0",
		   .description = "Intel GVT-g: virtual GPUs of gen8 and gen9 graphics",
		   .keys = keys, .wants = wants, .want_size = sizeof(wants[0]),
		   .nwants = sizeof(wants) / sizeof(wants[0]), .settings = settings,
		   .setting_size = sizeof(settings[0]),
		   .nsettings = sizeof(settings) / sizeof(settings[0]), .open = gvt_open,
		   .close = gvt_close, .describe = gvt_describe, .payload = gvt_payload,
		   .compare = gvt_compare, .candidates = gvt_candidates,
		   .parameters = gvt_parameters);
