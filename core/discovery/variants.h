/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Variant drivers: modules that the running kernel offers for a PCI function if VFIO asks, as its
 * modules.alias says. The driver that VFIO has for every function is none of them.
 */
#ifndef CORE_DISCOVERY_VARIANTS_H
#define CORE_DISCOVERY_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

struct variant; /* one alias */

/* Zeroed, it reads the kernel's file at the first question. */
struct variants {
	struct variant *list;
	size_t count;
	size_t room;
	char *text; /* what the list points into */
	int error;  /* why the file could not be read, negative */
	bool loaded;
};

/* Take the aliases from this file instead. 0; -ENOMEM; or why it could not be read. */
int variants_load(struct variants *variants, const char *path);
void variants_free(struct variants *variants);

/*
 * The modules for a modalias, one a line, sorted, each once; *ret is the caller's to free, and NULL
 * if there is none. -ENOMEM; or why the file could not be read, but for a file that is not there.
 */
int variants_find(struct variants *variants, const char *modalias, char **ret);

#endif
