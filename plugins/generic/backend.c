/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fallback, for devices whose driver no other backend knows. If the driver never
 * migrates, a sentence says so. If the kernel can migrate the device and the policy
 * allows it, a function is compatible with one of equal identity.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generic.h"

struct function {
	const struct migcompat_host *host;
	struct identity identity;
	char type[32];
	char label[MODULE_SIZE + 24];
	char warning[MODULE_SIZE + 128];
};

/* ---------------------------------------------------------------- operations */

static int never(const struct migcompat_host *host, const struct migcompat_facts *facts,
		 const struct driver *driver)
{
	char text[SENTENCE_SIZE];

	driver_sentence(host, facts, driver, text);
	return host->fail(facts, -ENODEV, "%s", text);
}

static int function_read(const struct migcompat_host *host, const struct migcompat_facts *facts,
			 struct function *function)
{
	const struct migcompat_value *values = function->identity.values;
	int r;

	if (host->kind(facts) != MIGCOMPAT_KIND_PHYSICAL)
		return host->fail(facts, -EOPNOTSUPP,
				  "the driver %s is not known, and only PCI functions are compared",
				  function->identity.module);
	r = identity_read(host, facts, &function->identity);
	if (r)
		return r;
	function->host = host;
	snprintf(function->type, sizeof(function->type), "pci-%04x-%04x",
		 (unsigned)values[IDENTITY_VENDOR].as.number,
		 (unsigned)values[IDENTITY_DEVICE].as.number);
	snprintf(function->label, sizeof(function->label), "function of driver %s",
		 function->identity.module);
	snprintf(function->warning, sizeof(function->warning),
		 "nobody knows the rules of driver %s: it may refuse a state although all of this "
		 "is "
		 "equal",
		 function->identity.module);
	return 0;
}

static int generic_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			void **ret_handle)
{
	struct function *function = calloc(1, sizeof(*function));
	const struct driver *driver;
	int r;

	if (!function)
		return -ENOMEM;
	r = driver_find(host, facts, &driver, function->identity.module);
	if (!r && host->kernel(facts) == MIGCOMPAT_YES)
		r = function_read(host, facts, function);
	else if (!r && driver)
		r = never(host, facts, driver);
	else if (!r)
		r = host->fail(
			facts, -EOPNOTSUPP,
			"the driver %s is not known, and the kernel does not say that it migrates",
			function->identity.module);
	if (r)
		free(function);
	else
		*ret_handle = function;
	return r;
}

static void generic_close(void *handle)
{
	free(handle);
}

static int generic_describe(void *handle, struct migcompat_description *ret)
{
	struct function *function = handle;

	ret->type = function->type;
	ret->label = function->label;
	ret->mechanism = MIGCOMPAT_YES;
	ret->mechanism_text = "the kernel can migrate it";
	return 0;
}

static int generic_payload(void *handle, char *buffer, size_t size)
{
	struct function *function = handle;

	return function->host->record_write(&identity_record, 1, function->identity.values, buffer,
					    size);
}

static int generic_compare(void *handle, const char *payload, size_t len,
			   struct migcompat_result *result)
{
	struct function *function = handle;
	struct migcompat_value source[IDENTITY_COUNT];
	const struct migcompat_finding warning = {
		.struct_size = sizeof(warning),
		.field = "rules",
		.rule = MIGCOMPAT_RULE_INFO,
		.status = MIGCOMPAT_STATUS_WARN,
		.text = function->warning,
	};
	uint32_t format;

	if (function->host->record_read(result, &identity_record, payload, len, source, &format) !=
	    0)
		return 0;
	function->host->record_compare(result, &identity_record, source, function->identity.values);
	function->host->finding(result, &warning);
	return 0;
}

/* The core asks the kernel itself, so the kernel's files are no part of the fingerprint
 * here. */
static const struct migcompat_want wants[] = {
	{"driver", MIGCOMPAT_WANT_ANNOUNCED},
	{"driver/module", MIGCOMPAT_WANT_ANNOUNCED},
	{"parent/driver", MIGCOMPAT_WANT_ANNOUNCED},
	{"parent/driver/module", MIGCOMPAT_WANT_ANNOUNCED},
	{"mdev_type", MIGCOMPAT_WANT_ANNOUNCED},
	{"vendor", MIGCOMPAT_WANT_ANNOUNCED},
	{"device", MIGCOMPAT_WANT_ANNOUNCED},
	{"subsystem_vendor", MIGCOMPAT_WANT_ANNOUNCED},
	{"subsystem_device", MIGCOMPAT_WANT_ANNOUNCED},
	{"revision", MIGCOMPAT_WANT_ANNOUNCED},
	{"class", MIGCOMPAT_WANT_ANNOUNCED},
	{"modalias", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn", MIGCOMPAT_WANT_ANNOUNCED},
	/* If the physical function loses its driver, the virtual functions disappear. */
	{"physfn/driver", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/driver/module", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/vendor", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/device", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/subsystem_vendor", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/subsystem_device", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/revision", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/class", MIGCOMPAT_WANT_ANNOUNCED},
	{"physfn/modalias", MIGCOMPAT_WANT_ANNOUNCED},
	{"vfio/debugfs", MIGCOMPAT_WANT_AVAILABILITY},
	{"vfio/migration/state", MIGCOMPAT_WANT_AVAILABILITY},
	{"vfio/migration/features", MIGCOMPAT_WANT_AVAILABILITY},
	{"vfio/variant_drivers", MIGCOMPAT_WANT_AVAILABILITY},
	{"kernel/release", MIGCOMPAT_WANT_HOST | MIGCOMPAT_WANT_ANNOUNCED},
};

MIGCOMPAT_REGISTER(.thread_model = MIGCOMPAT_THREAD_PARALLEL, .name = "generic", .version = "1.0.0",
		   .description =
			   "Drivers that never migrate; functions of drivers that no backend knows",
		   .keys = driver_keys, .wants = wants, .want_size = sizeof(wants[0]),
		   .nwants = sizeof(wants) / sizeof(wants[0]), .open = generic_open,
		   .close = generic_close, .describe = generic_describe, .payload = generic_payload,
		   .compare = generic_compare, .fallback = 1);
