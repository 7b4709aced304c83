/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of stated facts: reading one file. */
#ifndef CORE_FACTS_STATED_FILE_H
#define CORE_FACTS_STATED_FILE_H

#include "core/facts/intern.h"
#include "core/facts/inventory_json.h"

#define STATED_PREFIX "stated/"
#define STATED_DATE_SUFFIX "@date"
#define STATED_DATE_LEN 10u /* 2026-11-21 */

struct statement {
	const char *id;  /* "" for the host */
	const char *key; /* "stated/KEY" */
	const char *value;
	const char *date;
	const char *file;
	size_t order; /* of reading; sorting by id and key would lose it */
};

struct stated {
	struct arena arena;
	struct intern texts;
	struct statement *statements; /* sorted by id and key */
	size_t count;
};

/* Append what the file folder/entry states. */
int stated_file_read(struct stated *stated, const char *folder, const char *entry,
		     struct error *err);
/*
 * -EPERM: users other than root and the caller can write the file or folder, and so could
 * state anything.
 */
int stated_owner_check(int fd, const char *name, struct error *err);

#endif
