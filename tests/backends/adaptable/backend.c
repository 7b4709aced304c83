/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of each kind whose memory is set by a file of theirs. The fact "plain" is the
 * present memory; 0: not set up yet. "many/max" is the largest memory; without it nothing
 * can be set.
 *
 * "many/how" names a mistake, or: "set": parameters ignore the source, and only the
 * candidate tells what to set; "promises": it has the type of four and claims that writes
 * would make it fit, but lists none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/backends/plain.h"

static const struct migcompat_field fields[] = {
	{"memory", "MiB", MIGCOMPAT_VALUE_NUMBER, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_RESOURCE,
	 0},
};

static const struct migcompat_record record = {.struct_size = sizeof(record),
					       .fields = fields,
					       .field_size = sizeof(fields[0]),
					       .nfields = 1,
					       .oldest = 1,
					       .newest = 1};

struct adaptable {
	const struct migcompat_host *host;
	uint64_t memory;
	uint64_t max;
	char type[32];
	const char *how;
};

static int adaptable_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			  void **ret_handle)
{
	struct adaptable *device = calloc(1, sizeof(*device));

	if (!device)
		return -ENOMEM;
	device->host = host;
	device->how = "";
	host->number(facts, 0, "plain", 10, 65536, &device->memory);
	host->number(facts, 0, "many/max", 10, 65536, &device->max);
	host->fact(facts, 0, "many/how", &device->how, NULL);
	snprintf(device->type, sizeof(device->type), "memory-%u", (unsigned)device->memory);
	*ret_handle = device;
	return 0;
}

static void adaptable_close(void *handle)
{
	free(handle);
}

static int adaptable_describe(void *handle, struct migcompat_description *ret)
{
	const struct adaptable *device = handle;

	ret->type = strcmp(device->how, "promises") == 0 ? "memory-4"
		    : device->memory                     ? device->type
							 : "unset";
	ret->not_source = device->memory ? NULL : "it was not set up yet";
	return 0;
}

static struct migcompat_value number(uint64_t value)
{
	return (struct migcompat_value){MIGCOMPAT_VALUE_NUMBER, 0, {.number = value}};
}

static int adaptable_payload(void *handle, char *buffer, size_t size)
{
	const struct adaptable *device = handle;
	const struct migcompat_value value = number(device->memory);

	return device->host->record_write(&record, 1, &value, buffer, size);
}

/* The memory of the device for this source; the present one if it cannot be set. */
static uint64_t memory_for(const struct adaptable *device, const struct migcompat_value *source)
{
	return source->as.number >= 1 && source->as.number <= device->max ? source->as.number
									  : device->memory;
}

static int adaptable_compare(void *handle, const char *payload, size_t len,
			     struct migcompat_result *result)
{
	const struct adaptable *device = handle;
	struct migcompat_value source, target;
	uint32_t format;

	if (device->host->record_read(result, &record, payload, len, &source, &format))
		return 0;
	target = number(memory_for(device, &source));
	device->host->record_compare(result, &record, &source, &target);
	return 0;
}

static int adaptable_candidates(void *handle, const char *payload, size_t len,
				struct migcompat_sink *sink)
{
	const struct adaptable *device = handle;
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate), .name = ""};
	struct migcompat_value source;
	char name[48], type[32];
	uint32_t format;
	uint64_t memory;

	if (device->host->record_read(NULL, &record, payload, len, &source, &format))
		return -EINVAL;
	memory = memory_for(device, &source);
	if (memory != device->memory) {
		snprintf(name, sizeof(name), "memory=%u", (unsigned)memory);
		snprintf(type, sizeof(type), "memory-%u", (unsigned)memory);
		candidate.name = name;
		candidate.type = type;
	}
	if (device->host->candidate(sink, &candidate))
		return -EINVAL;
	if (strcmp(device->how, "promises") != 0)
		return 0;
	candidate.name = "memory";
	candidate.type = NULL;
	return device->host->candidate(sink, &candidate);
}

static int adaptable_parameters(void *handle, const char *payload, size_t len,
				struct migcompat_sink *sink)
{
	const struct adaptable *device = handle;
	char value[24];
	struct migcompat_parameter parameter = {
		.struct_size = sizeof(parameter),
		.name = "memory",
		.type = MIGCOMPAT_PARAMETER_INT,
		.value = value,
		.init = "0",
		.attribute = strcmp(device->how, "fixed") == 0 ? NULL : "memory",
	};
	struct migcompat_value source = number(device->memory);
	uint32_t format;

	if (payload && strcmp(device->how, "set") != 0 &&
	    device->host->record_read(NULL, &record, payload, len, &source, &format))
		return -EINVAL;
	snprintf(value, sizeof(value), "%u", (unsigned)source.as.number);
	return device->host->parameter(sink, &parameter);
}

#define plain_close adaptable_close
#define PLAIN_NAME "adaptable"
#define PLAIN_OPEN adaptable_open
#define PLAIN_DESCRIBE adaptable_describe
#define PLAIN_PAYLOAD_FN adaptable_payload
#define PLAIN_COMPARE adaptable_compare
#define PLAIN_CANDIDATES adaptable_candidates
#define PLAIN_PARAMETERS adaptable_parameters
#include "tests/backends/register.h"
