/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of stated facts: what one file of the folder adds. */
#ifndef CORE_FACTS_STATED_FILE_H
#define CORE_FACTS_STATED_FILE_H

#include "core/facts/intern.h"
#include "core/facts/inventory_json.h"

#define STATED_PREFIX "stated/"
#define STATED_DATE_SUFFIX "@date"
#define STATED_DATE_LEN 10u /* 2026-11-21 */

struct statement {
	const char *id;	 /* "": the host's */
	const char *key; /* "stated/KEY" */
	const char *value;
	const char *date;
	const char *file;
	size_t order; /* of reading, since sorting does not keep it */
};

struct stated {
	struct arena arena;
	struct intern texts;
	struct statement *statements; /* sorted by id and key */
	size_t count;
	size_t room;
};

/* Append what folder/entry states. */
int stated_file_read(struct stated *stated, const char *folder, const char *entry,
		     struct error *err);
/* Whoever can write a file or the folder could state anything: -EPERM where that is not root or the
 * caller alone. */
int stated_owner_check(int fd, const char *name, struct error *err);

#endif
