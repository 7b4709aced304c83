/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drivers of Linux that never migrate: none of them sets the migration operations
 * (mig_ops) of its VFIO device. The table has a row for each module.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "generic.h"

#define DRIVERS(ROW)                                                                               \
	ROW("vfio_pci", "vfio-pci moves no device state (QEMU: \"VFIO migration is not supported " \
			"in kernel\")")                                                            \
	ROW("nvgrace_gpu_vfio_pci", "nvgrace_gpu_vfio_pci maps the GPU's memory and moves no "     \
				    "device state")                                                \
	ROW("ism_vfio_pci", "ism_vfio_pci passes an ISM device through and moves no device state") \
	ROW("vfio_ccw", "vfio-ccw moves no state of a subchannel; QEMU marks it unmigratable")     \
	ROW("vfio_platform", "vfio-platform moves no device state; QEMU marks it unmigratable")    \
	ROW("vfio_amba", "vfio-amba moves no device state")                                        \
	ROW("vfio_fsl_mc", "vfio-fsl-mc moves no device state")                                    \
	ROW("vfio_cdx", "vfio-cdx moves no device state")                                          \
	ROW("mdpy", "the sample driver mdpy moves no device state")                                \
	ROW("mbochs", "the sample driver mbochs moves no device state")

#define AS_DRIVER(module, sentence) {module, sentence},
#define AS_KEY(module, sentence) module,

static const struct driver drivers[] = {DRIVERS(AS_DRIVER)};
const char *const driver_keys[] = {DRIVERS(AS_KEY) "*", NULL};

bool module_copy(const char *name, size_t len, char module[MODULE_SIZE])
{
	if (len == 0 || len >= MODULE_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		module[i] = name[i] == '-' ? '_' : name[i];
	module[len] = '\0';
	return true;
}

static const struct driver *table_find(const char *name, size_t len)
{
	char module[MODULE_SIZE];

	if (!module_copy(name, len, module))
		return NULL;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i].module, module) == 0)
			return &drivers[i];
	return NULL;
}

const char *fact_trouble(int error)
{
	return error == -ENOENT    ? "missing"
	       : error == -ENODATA ? "not collected"
	       : error == -ERANGE  ? "malformed"
	       : error == -EILSEQ  ? "no text"
				   : "unreadable";
}

/* The id of a type is PARENT/TYPE-ID, and a type id is DRIVER-NAME. Either may have
 * dashes. */
static const struct driver *type_find(const struct migcompat_host *host,
				      const struct migcompat_facts *facts)
{
	const struct driver *found = NULL;
	const char *type, *slash;

	if (host->fact(facts, 0, "mdev_type", &type, NULL) != 0) {
		slash = strrchr(host->id(facts), '/');
		type = slash ? slash + 1 : "";
	}
	for (size_t len = strlen(type); len > 0 && !found; len--)
		if (type[len] == '-')
			found = table_find(type, len);
	return found;
}

/* Looks for the names of the driver's module and of the driver. module gets the first
 * that exists. -ENOENT: none does. */
static int names_find(const struct migcompat_host *host, const struct migcompat_facts *facts,
		      const char *const keys[2], const struct driver **ret,
		      char module[MODULE_SIZE])
{
	char copy[MODULE_SIZE];
	const char *name;

	*module = '\0';
	for (size_t i = 0; i < 2 && !*ret; i++) {
		int r = host->fact(facts, 0, keys[i], &name, NULL);

		if (r == -ENOENT)
			continue;
		if (!r && !module_copy(name, strlen(name), copy))
			r = -ERANGE;
		if (r)
			return host->fail(facts, r,
					  "the fact \"%s\" is %s, and it names the driver", keys[i],
					  fact_trouble(r));
		if (!*module)
			module_copy(copy, strlen(copy), module);
		*ret = table_find(copy, strlen(copy));
	}
	return *module ? 0 : -ENOENT;
}

int driver_find(const struct migcompat_host *host, const struct migcompat_facts *facts,
		const struct driver **ret, char module[MODULE_SIZE])
{
	static const char *const of_parent[] = {"parent/driver/module", "parent/driver"};
	static const char *const own[] = {"driver/module", "driver"};
	bool physical = host->kind(facts) == MIGCOMPAT_KIND_PHYSICAL;
	int r = -ENOENT;

	*ret = NULL;
	if (!physical)
		r = names_find(host, facts, of_parent, ret, module);
	if (r != -ENOENT)
		return r;
	r = names_find(host, facts, own, ret, module);
	if ((!r || r == -ENOENT) && !*ret && !physical)
		*ret = type_find(host, facts);
	if (!*ret)
		return r == -ENOENT ? host->fail(facts, r, "no fact names the driver") : r;
	if (r == -ENOENT)
		module_copy((*ret)->module, strlen((*ret)->module), module);
	return 0;
}

void driver_sentence(const struct migcompat_host *host, const struct migcompat_facts *facts,
		     const struct driver *driver, char text[SENTENCE_SIZE])
{
	size_t used = (size_t)snprintf(text, SENTENCE_SIZE, "%s", driver->sentence);
	const char *names, *joint = "; bind it to ";

	if (host->fact(facts, 0, "vfio/variant_drivers", &names, NULL) != 0)
		return;
	/* A line for each module. A module of the table would not help. */
	for (size_t len; *names && used < SENTENCE_SIZE; names += len + (names[len] == '\n')) {
		len = strcspn(names, "\n");
		if (len == 0 || len >= MODULE_SIZE || table_find(names, len))
			continue;
		used += (size_t)snprintf(text + used, SENTENCE_SIZE - used, "%s%.*s", joint,
					 (int)len, names);
		joint = " or ";
	}
}
