/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Variant drivers: modules that the running kernel has for a PCI function if VFIO asks,
 * from modules.alias. vfio-pci, which serves all functions, is not among them. They are a
 * hint for sentences and decide nothing.
 */
#ifndef CORE_DISCOVERY_VARIANTS_H
#define CORE_DISCOVERY_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>

struct variant; /* one alias */

/* A zeroed one reads the kernel's file when it is first used. */
struct variants {
	struct variant *list;
	size_t count;
	char *text; /* the list points into it */
	int error;  /* negative errno of reading the file */
	bool loaded;
};

/* Read the aliases from another file. -ENOMEM, or why it cannot be read. */
int variants_load(struct variants *variants, const char *path);
void variants_free(struct variants *variants);

/*
 * The modules for a modalias, one per line, sorted, each once. The caller frees *ret,
 * which is NULL if there is none. -ENOMEM, or why the file cannot be read; a file that
 * does not exist is no error.
 */
int variants_find(struct variants *variants, const char *modalias, char **ret);

#endif
