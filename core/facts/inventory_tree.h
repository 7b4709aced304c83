/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of the inventory reader: from jansson's tree of a host or device to the
 * model. inventory_read.c uses inventory_tree.c, which uses inventory_facts.c; all use
 * inventory_fail.c.
 */
#ifndef CORE_FACTS_INVENTORY_TREE_H
#define CORE_FACTS_INVENTORY_TREE_H

#include <jansson.h>

#include "core/facts/intern.h"
#include "core/facts/model.h"

#define INVENTORY_TEXT_MAX 255u  /* bytes of an id, a name or a glob */
#define INVENTORY_PATH_MAX 4095u /* bytes of a path */
#define INVENTORY_GLOBS_MAX 4096u

struct inventory_reader {
	struct inventory *inventory;
	struct host *host;
	const char *name; /* the file's, for messages */
	struct error *err;
	struct intern texts;
	bool in_host;   /* the place for messages is "host" */
	size_t number;  /* otherwise it is this device, from 1; 0: neither */
	const char *id; /* the id of that device, if known */
};

/* Set the sentence "NAME: PLACE: …" and return code. */
int inventory_fail(const struct inventory_reader *reader, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for -ENOMEM, which it returns. */
int inventory_no_memory(const struct inventory_reader *reader);

/* Fill the host. Members that are missing leave it unchanged. */
int inventory_tree_host(struct inventory_reader *reader, const json_t *tree);
/* Append a device to the host's. */
int inventory_tree_device(struct inventory_reader *reader, const json_t *tree);
int inventory_tree_facts(struct inventory_reader *reader, json_t *tree, struct factset *ret);
int inventory_tree_wanted(struct inventory_reader *reader, const json_t *tree, struct wanted *ret);
/* Intern a text without control characters. Messages call it member. */
int inventory_tree_text(struct inventory_reader *reader, const char *member, const json_t *value,
			const char **ret);
/* Unknown members as compact JSON. NULL and an empty object give NULL. */
int inventory_tree_extra(struct inventory_reader *reader, const json_t *tree, const char **ret);

/* A text, cut to fit into a sentence. */
struct shown {
	char text[72];
};
const char *text_shown(struct shown *shown, const char *text);
/* For arguments of messages only: the result lives as long as the enclosing block. */
#define SHOWN(text) text_shown(&(struct shown){{0}}, text)

#endif
