/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of the inventory reader: from jansson's trees of one host or device to the model. */
#ifndef CORE_FACTS_INVENTORY_TREE_H
#define CORE_FACTS_INVENTORY_TREE_H

#include <jansson.h>

#include "core/facts/intern.h"
#include "core/facts/model.h"

#define INVENTORY_TEXT_MAX 255u	 /* bytes of an id, a name, a glob */
#define INVENTORY_PATH_MAX 4095u /* bytes of a path */
#define INVENTORY_GLOBS_MAX 4096u

struct inventory_reader {
	struct inventory *inventory;
	struct host *host;
	const char *name; /* of the file, for messages */
	struct error *err;
	struct intern texts;
	bool in_host;	/* where we are, for messages: in "host" */
	size_t number;	/* or in this device, from 1 */
	const char *id; /* of that device, once known */
};

/* The sentence "NAME: WHERE: …"; returns code. */
int inventory_fail(const struct inventory_reader *reader, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for what needs no more words; returns -ENOMEM. */
int inventory_no_memory(const struct inventory_reader *reader);

/* Fill the host. wanted and the rest stay as they are where the tree says nothing. */
int inventory_tree_host(struct inventory_reader *reader, const json_t *tree);
/* Append a device of the host. */
int inventory_tree_device(struct inventory_reader *reader, const json_t *tree);
int inventory_tree_facts(struct inventory_reader *reader, json_t *tree, struct factset *ret);
int inventory_tree_wanted(struct inventory_reader *reader, const json_t *tree, struct wanted *ret);
/* A text without control characters, interned: member names it in messages. */
int inventory_tree_text(struct inventory_reader *reader, const char *member, const json_t *value,
			const char **ret);
/* Members that nobody here knows, as compact JSON; NULL and an empty tree give NULL. */
int inventory_tree_extra(struct inventory_reader *reader, const json_t *tree, const char **ret);

/* A text cut to what fits in a sentence. */
struct shown {
	char text[72];
};
const char *text_shown(struct shown *shown, const char *text);
/* Of use as an argument of a message only: it lives as long as the block. */
#define SHOWN(text) text_shown(&(struct shown){{0}}, text)

#endif
