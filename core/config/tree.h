/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A parsed configuration file as plain data, and its form in a message. The text is parsed in
 * another process (core/config/parser.h), so that readers of a tree need no parser.
 */
#ifndef CORE_CONFIG_TREE_H
#define CORE_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/facts/arena.h"
#include "core/wire/wire.h"

#define CONF_TEXT_MAX (8u << 20)   /* bytes of a text */
#define CONF_NODES_MAX (1u << 18)  /* settings of a text, elements of lists included */
#define CONF_DEPTH_MAX 128u        /* of nested settings */
#define CONF_REPLY_MAX (32u << 20) /* bytes of the message with a tree */

enum conf_type {
	CONF_GROUP,
	CONF_LIST,  /* ( … ) */
	CONF_ARRAY, /* [ … ] */
	CONF_STRING,
	CONF_BOOL,
	CONF_INT,
	CONF_INT64, /* ends in L */
	CONF_FLOAT,
	CONF_TYPE_COUNT,
};

struct conf_node {
	const char *name; /* NULL: the root, or an element of a list or array */
	enum conf_type type;
	unsigned line; /* of the text, from 1; 0: not known */
	union {
		const char *text; /* any bytes but zero */
		long long number; /* of a bool too */
		double fraction;
		struct {
			struct conf_node *children;
			size_t count;
		};
	};
};

/* A child of a group, list or array. NULL: index is too large, or the node has no children. */
const struct conf_node *conf_child(const struct conf_node *node, size_t index);
/* The number of children; 0 for a node that can have none. */
size_t conf_count(const struct conf_node *node);
/* The text of a string. NULL: another type. */
const char *conf_text(const struct conf_node *node);
/* A member of a group. NULL: there is none of that name. */
const struct conf_node *conf_member(const struct conf_node *group, const char *name);

/*
 * Read a tree from a message. Nodes are put into the arena. Names and texts stay in the message and
 * live as long as it does. -EBADMSG: malformed; -EFBIG: more than CONF_NODES_MAX nodes; -ENOMEM.
 */
int conf_get(struct wire_reader *reader, struct arena *arena, struct conf_node *ret);

#endif
