/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A parsed configuration file as plain data, and its form in a message. What reads such a
 * tree needs no parser: the text is parsed in another process (core/config/parser.h).
 */
#ifndef CORE_CONFIG_TREE_H
#define CORE_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/wire/wire.h"
#include "core/facts/arena.h"

#define CONF_TEXT_MAX (8u << 20)   /* bytes of a text that is parsed */
#define CONF_NODES_MAX (1u << 18)  /* settings of one text, the elements of lists too */
#define CONF_DEPTH_MAX 128u	   /* settings inside each other */
#define CONF_REPLY_MAX (32u << 20) /* bytes of the message that a tree is sent in */

enum conf_type {
	CONF_GROUP,
	CONF_LIST,  /* ( … ) */
	CONF_ARRAY, /* [ … ] */
	CONF_STRING,
	CONF_BOOL,
	CONF_INT,
	CONF_INT64, /* with an L behind it */
	CONF_FLOAT,
	CONF_TYPE_COUNT,
};

struct conf_node {
	const char *name; /* NULL: the root, or an element of a list or an array */
	enum conf_type type;
	unsigned line; /* of the text, from 1; 0: not known */
	union {
		const char *text; /* any bytes without a zero */
		long long number; /* of a bool too */
		double fraction;
		struct {
			struct conf_node *children;
			size_t count;
		};
	};
};

/*
 * Of a group, a list or an array; NULL: it has none of this index, or no children at all.
 */
const struct conf_node *conf_child(const struct conf_node *node, size_t index);
/* 0 for whatever has no children. */
size_t conf_count(const struct conf_node *node);
/* Of a string, else NULL. */
const char *conf_text(const struct conf_node *node);
/* A group's member of that name, or NULL. */
const struct conf_node *conf_member(const struct conf_node *group, const char *name);

/*
 * Read a tree from a message. Nodes are in the arena; names and texts stay where they are,
 * and live as long as the message. -EBADMSG: it is none, -EFBIG: more than CONF_NODES_MAX,
 * -ENOMEM.
 */
int conf_get(struct wire_reader *reader, struct arena *arena, struct conf_node *ret);

#endif
