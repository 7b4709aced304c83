/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up nodes of trees, and reads trees from messages. Must not know the name of a setting. */
#include "core/config/tree.h"

#include <errno.h>
#include <string.h>

#define NODE_BYTES_MIN \
	(4 * sizeof(uint32_t)) /* type, line, the length of the name, and of a text or a list */

size_t conf_count(const struct conf_node *node)
{
	return node->type <= CONF_ARRAY ? node->count : 0;
}

const struct conf_node *conf_child(const struct conf_node *node, size_t index)
{
	return index < conf_count(node) ? &node->children[index] : NULL;
}

const char *conf_text(const struct conf_node *node)
{
	return node->type == CONF_STRING ? node->text : NULL;
}

const struct conf_node *conf_member(const struct conf_node *group, const char *name)
{
	for (size_t i = 0; i < conf_count(group); i++)
		if (group->children[i].name && strcmp(group->children[i].name, name) == 0)
			return &group->children[i];
	return NULL;
}

/* A tree that is being read. left: nodes that it may still have. */
struct getting {
	struct wire_reader *reader;
	struct arena *arena;
	size_t left;
	unsigned depth;
};

static int get_node(struct getting *getting, bool named, struct conf_node *ret);

static int get_children(struct getting *getting, struct conf_node *node)
{
	uint32_t count = wire_get_count(getting->reader, CONF_NODES_MAX, NODE_BYTES_MIN);
	int r = 0;

	if (getting->reader->bad || getting->depth == CONF_DEPTH_MAX)
		return -EBADMSG;
	if (count > getting->left)
		return -EFBIG;
	getting->left -= count;
	node->children =
		count ? arena_alloc(getting->arena, count * sizeof(*node->children), 8) : NULL;
	node->count = count;
	if (count && !node->children)
		return -ENOMEM;
	getting->depth++;
	for (uint32_t i = 0; i < count && !r; i++)
		r = get_node(getting, node->type == CONF_GROUP, &node->children[i]);
	getting->depth--;
	return r;
}

static int get_value(struct getting *getting, struct conf_node *node)
{
	uint64_t bits;

	switch (node->type) {
	case CONF_GROUP:
	case CONF_LIST:
	case CONF_ARRAY:
		return get_children(getting, node);
	case CONF_STRING:
		node->text = wire_get_text(getting->reader, CONF_TEXT_MAX, NULL);
		return node->text ? 0 : -EBADMSG;
	case CONF_FLOAT:
		bits = wire_get_u64(getting->reader);
		memcpy(&node->fraction, &bits, sizeof(node->fraction));
		return 0;
	default:
		node->number = (long long)wire_get_u64(getting->reader);
		return 0;
	}
}

/* named: the node is a member of a group. Only members have a name. */
static int get_node(struct getting *getting, bool named, struct conf_node *ret)
{
	int r;

	*ret = (struct conf_node){
		.type = (enum conf_type)wire_get_enum(getting->reader, CONF_TYPE_COUNT - 1)};
	ret->line = wire_get_u32(getting->reader);
	ret->name = wire_get_text(getting->reader, CONF_TEXT_MAX, NULL);
	if (getting->reader->bad || !ret->name == named)
		return -EBADMSG;
	r = get_value(getting, ret);
	return !r && getting->reader->bad ? -EBADMSG : r;
}

int conf_get(struct wire_reader *reader, struct arena *arena, struct conf_node *ret)
{
	struct getting getting = {.reader = reader, .arena = arena, .left = CONF_NODES_MAX};
	int r = get_node(&getting, false, ret);

	if (r)
		return r;
	return ret->type == CONF_GROUP && wire_done(reader) ? 0 : -EBADMSG;
}
