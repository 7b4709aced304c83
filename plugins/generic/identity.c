/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The values that identify a PCI function to a guest and to a driver that no backend
 * knows.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "generic.h"

#define HARDWARE(name)                                                                             \
	{                                                                                          \
		name, NULL, MIGCOMPAT_VALUE_HEX, MIGCOMPAT_RULE_EQUAL, MIGCOMPAT_LIMIT_HARDWARE, 0 \
	}
#define TEXT(name, limit)                                                        \
	{                                                                        \
		name, NULL, MIGCOMPAT_VALUE_TEXT, MIGCOMPAT_RULE_EQUAL, limit, 0 \
	}

/* A device without a physical function is its own, so no field is ever missing. */
static const struct migcompat_field fields[IDENTITY_COUNT] = {
	[IDENTITY_DRIVER] = TEXT("driver", MIGCOMPAT_LIMIT_DRIVER),
	[IDENTITY_VENDOR] = HARDWARE("vendor"),
	[IDENTITY_DEVICE] = HARDWARE("device"),
	[IDENTITY_SUBSYSTEM_VENDOR] = HARDWARE("subsystem_vendor"),
	[IDENTITY_SUBSYSTEM_DEVICE] = HARDWARE("subsystem_device"),
	[IDENTITY_REVISION] = HARDWARE("revision"),
	[IDENTITY_CLASS] = HARDWARE("class"),
	[IDENTITY_FUNCTION] = TEXT("function", MIGCOMPAT_LIMIT_HARDWARE),
	[IDENTITY_PHYSFN_DRIVER] = TEXT("physfn_driver", MIGCOMPAT_LIMIT_DRIVER),
	[IDENTITY_PHYSFN_VENDOR] = HARDWARE("physfn_vendor"),
	[IDENTITY_PHYSFN_DEVICE] = HARDWARE("physfn_device"),
	[IDENTITY_PHYSFN_SUBSYSTEM_VENDOR] = HARDWARE("physfn_subsystem_vendor"),
	[IDENTITY_PHYSFN_SUBSYSTEM_DEVICE] = HARDWARE("physfn_subsystem_device"),
	[IDENTITY_PHYSFN_REVISION] = HARDWARE("physfn_revision"),
	[IDENTITY_PHYSFN_CLASS] = HARDWARE("physfn_class"),
	[IDENTITY_KERNEL] = TEXT("kernel_release", MIGCOMPAT_LIMIT_DRIVER),
};

const struct migcompat_record identity_record = {
	.struct_size = sizeof(identity_record),
	.fields = fields,
	.field_size = sizeof(fields[0]),
	.nfields = IDENTITY_COUNT,
	.oldest = 1,
	.newest = 1,
};

/* The files of a function's ids, in the order of the fields. */
static const struct {
	const char *name;
	uint64_t max;
} ids[] = {
	{"vendor", 0xffff},           {"device", 0xffff}, {"subsystem_vendor", 0xffff},
	{"subsystem_device", 0xffff}, {"revision", 0xff}, {"class", 0xffffff},
};
#define IDS (sizeof(ids) / sizeof(ids[0]))

_Static_assert(IDENTITY_CLASS - IDENTITY_VENDOR + 1 == IDS, "a file for each id of a function");
_Static_assert(IDENTITY_DRIVER + 1 == IDENTITY_VENDOR &&
		       IDENTITY_PHYSFN_CLASS - IDENTITY_PHYSFN_DRIVER ==
			       IDENTITY_CLASS - IDENTITY_DRIVER,
	       "the same fields of a function and of its physical function");

static struct migcompat_value text_value(const char *text)
{
	return (struct migcompat_value){
		MIGCOMPAT_VALUE_TEXT, (uint32_t)strlen(text), {.text = text}};
}

/* One id from a modalias, which has all of them but the revision
 * (drivers/pci/pci-sysfs.c). */
static bool modalias_id(const char *modalias, size_t id, uint64_t *ret)
{
	unsigned v, d, sv, sd, bc, sc, i;
	int used = 0;

	if (strcmp(ids[id].name, "revision") == 0 ||
	    sscanf(modalias, "pci:v%8Xd%8Xsv%8Xsd%8Xbc%2Xsc%2Xi%2X%n", &v, &d, &sv, &sd, &bc, &sc,
		   &i, &used) != 7 ||
	    modalias[used])
		return false;
	*ret = (const uint64_t[IDS]){v, d, sv, sd, 0, bc << 16 | sc << 8 | i}[id];
	return *ret <= ids[id].max;
}

static int id_read(const struct migcompat_host *host, const struct migcompat_facts *facts,
		   const char *prefix, size_t id, struct migcompat_value *ret)
{
	char key[64], modalias_key[64];
	const char *modalias;
	uint64_t number = 0;
	int r;

	snprintf(key, sizeof(key), "%s%s", prefix, ids[id].name);
	snprintf(modalias_key, sizeof(modalias_key), "%smodalias", prefix);
	r = host->number(facts, 0, key, 16, ids[id].max, &number);
	if ((r == -ENOENT || r == -ENODATA) &&
	    host->fact(facts, 0, modalias_key, &modalias, NULL) == 0 &&
	    modalias_id(modalias, id, &number))
		r = 0;
	if (r)
		return host->fail(facts, r, "the fact \"%s\" is %s, and all of them must be equal",
				  key, fact_trouble(r));
	*ret = (struct migcompat_value){MIGCOMPAT_VALUE_HEX, 0, {.number = number}};
	return 0;
}

static int ids_read(const struct migcompat_host *host, const struct migcompat_facts *facts,
		    const char *prefix, struct migcompat_value *values)
{
	int r = 0;

	for (size_t i = 0; i < IDS && !r; i++)
		r = id_read(host, facts, prefix, i, &values[i]);
	return r;
}

/* Is it a virtual function? 1, 0, or the error of the fact that would say so. */
static int is_virtual(const struct migcompat_host *host, const struct migcompat_facts *facts)
{
	static const char *const keys[] = {"physfn", "physfn/vendor", "physfn/device",
					   "physfn/driver"};
	const char *text;
	int doubt = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int r = host->fact(facts, 0, keys[i], &text, NULL);

		if (r == 0)
			return 1;
		if (r != -ENOENT && !doubt)
			doubt = host->fail(facts, r,
					   "the fact \"%s\" is %s, and it tells a virtual function",
					   keys[i], fact_trouble(r));
	}
	return doubt;
}

static int physfn_read(const struct migcompat_host *host, const struct migcompat_facts *facts,
		       struct identity *identity)
{
	const char *name;
	int r = host->fact(facts, 0, "physfn/driver/module", &name, NULL);

	if (r == -ENOENT || r == -ENODATA)
		r = host->fact(facts, 0, "physfn/driver", &name, NULL);
	if (!r && !module_copy(name, strlen(name), identity->physfn_module))
		r = -ERANGE;
	if (r)
		return host->fail(facts, r,
				  "the fact \"physfn/driver\" is %s, and all of them must be equal",
				  fact_trouble(r));
	identity->values[IDENTITY_PHYSFN_DRIVER] = text_value(identity->physfn_module);
	return ids_read(host, facts, "physfn/", &identity->values[IDENTITY_PHYSFN_VENDOR]);
}

int identity_read(const struct migcompat_host *host, const struct migcompat_facts *facts,
		  struct identity *identity)
{
	int virtual = is_virtual(host, facts);
	const char *release;
	int r = virtual < 0 ? virtual
			    : ids_read(host, facts, "", &identity->values[IDENTITY_VENDOR]);

	identity->values[IDENTITY_DRIVER] = text_value(identity->module);
	if (!r && virtual)
		r = physfn_read(host, facts, identity);
	else if (!r)
		memcpy(&identity->values[IDENTITY_PHYSFN_DRIVER], identity->values,
		       (IDS + 1) * sizeof(identity->values[0]));
	if (r)
		return r;
	r = host->fact(facts, MIGCOMPAT_WANT_HOST, "kernel/release", &release, NULL);
	if (r || !*release)
		return host->fail(
			facts, r ? r : -ENOENT,
			"the fact \"kernel/release\" is %s, and all of them must be equal",
			fact_trouble(r ? r : -ENOENT));
	identity->values[IDENTITY_FUNCTION] = text_value(virtual ? "virtual" : "physical");
	identity->values[IDENTITY_KERNEL] = text_value(release);
	return 0;
}
