/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this backend share. */
#ifndef GENERIC_GENERIC_H
#define GENERIC_GENERIC_H

#include <stdbool.h>

#include "migcompat/backend.h"

#define MODULE_SIZE 65u    /* bytes of a module's name with its zero */
#define SENTENCE_SIZE 512u /* bytes of the sentence about a driver with its zero */

/* ---------------------------------------------------------------- drivers (drivers.c) */

/* A driver that never migrates, and the sentence about it. */
struct driver {
	const char *module;
	const char *sentence;
};

/* All modules of the table, then "*"; NULL-terminated. */
extern const char *const driver_keys[];

/*
 * Find the device's driver as the core does: that of an mdev's parent, otherwise the
 * device's own, otherwise the prefix of a type id. *ret is NULL if the driver is not in
 * the table. module gets its name. -ENOENT: no fact names a driver. Another errno: such a
 * fact could not be read. Both after host->fail.
 */
int driver_find(const struct migcompat_host *host, const struct migcompat_facts *facts,
		const struct driver **ret, char module[MODULE_SIZE]);

/* The driver's sentence, and the variant drivers that the kernel offers instead. */
void driver_sentence(const struct migcompat_host *host, const struct migcompat_facts *facts,
		     const struct driver *driver, char text[SENTENCE_SIZE]);

/* -------------------------------------------------------------- identity (identity.c) */

enum identity_field {
	IDENTITY_DRIVER,
	IDENTITY_VENDOR,
	IDENTITY_DEVICE,
	IDENTITY_SUBSYSTEM_VENDOR,
	IDENTITY_SUBSYSTEM_DEVICE,
	IDENTITY_REVISION,
	IDENTITY_CLASS,
	IDENTITY_FUNCTION,
	IDENTITY_PHYSFN_DRIVER,
	IDENTITY_PHYSFN_VENDOR,
	IDENTITY_PHYSFN_DEVICE,
	IDENTITY_PHYSFN_SUBSYSTEM_VENDOR,
	IDENTITY_PHYSFN_SUBSYSTEM_DEVICE,
	IDENTITY_PHYSFN_REVISION,
	IDENTITY_PHYSFN_CLASS,
	IDENTITY_KERNEL,
	IDENTITY_COUNT,
};

/* All compared values of a function. Texts live as long as the facts or the struct. */
struct identity {
	struct migcompat_value values[IDENTITY_COUNT];
	char module[MODULE_SIZE];
	char physfn_module[MODULE_SIZE];
};

extern const struct migcompat_record identity_record;

/* The module is already known. An error, after host->fail, names the fact that is
 * missing. */
int identity_read(const struct migcompat_host *host, const struct migcompat_facts *facts,
		  struct identity *identity);

/* Copy the name of a driver or module with underscores for dashes. False: it is
 * too long. */
bool module_copy(const char *name, size_t len, char module[MODULE_SIZE]);
/* Why a fact cannot be used, for the end of a sentence. */
const char *fact_trouble(int error);

#endif
