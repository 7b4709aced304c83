/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The outer document of an inventory: its members in any order, its devices one by one.
 * inventory_tree.c reads the devices.
 */
#include "core/facts/inventory_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/facts/inventory_tree.h"
#include "core/facts/json_source.h"
#include "core/facts/rfc3339.h"

#define FORMAT "migcompat-inventory/1"
#define NAME_MAX_BYTES 4096u /* of a member's name, in bytes of JSON */

struct document {
	struct inventory_reader reader;
	struct json_source source;
	struct wanted wanted; /* globs collected for the host and the devices alike */
	json_t *extra;        /* unknown members; NULL: none so far */
	size_t extra_bytes;   /* length of their text; limited as for a device */
	unsigned seen;        /* a bit for each known member that was read */
};

/* Parse the next value and pass it to read. */
static int document_value(struct document *document, const char *what,
			  int (*read)(struct document *, json_t *))
{
	json_t *value;
	int r = json_source_value(&document->source, what, INVENTORY_DEVICE_MAX, &value,
				  document->reader.err);

	if (r < 0)
		return r;
	r = read(document, value);
	json_decref(value);
	return r;
}

/* ---------------------------------------------------------------- members */

static int format_check(struct document *document, json_t *value)
{
	const char *format = json_string_value(value);

	if (!format)
		return inventory_fail(&document->reader, -EINVAL,
				      "\"format\" is %s, expected \"%s\"", json_source_type(value),
				      FORMAT);
	if (strcmp(format, FORMAT) != 0)
		return inventory_fail(&document->reader, -EINVAL,
				      "\"format\" is \"%s\", expected \"%s\"", SHOWN(format),
				      FORMAT);
	return 0;
}

static int format_read(struct document *document)
{
	return document_value(document, "\"format\"", format_check);
}

static int taken_keep(struct document *document, json_t *value)
{
	struct host *host = document->reader.host;
	int r = inventory_tree_text(&document->reader, "taken", value, &host->taken);

	if (!r && rfc3339_parse(host->taken, &host->taken_s))
		host->taken_s = HOST_TAKEN_UNKNOWN;
	return r;
}

static int taken_read(struct document *document)
{
	return document_value(document, "\"taken\"", taken_keep);
}

static int wanted_keep(struct document *document, json_t *value)
{
	return inventory_tree_wanted(&document->reader, value, &document->wanted);
}

static int wanted_read(struct document *document)
{
	return document_value(document, "\"wanted\"", wanted_keep);
}

static int host_keep(struct document *document, json_t *value)
{
	int r;

	document->reader.in_host = true;
	r = inventory_tree_host(&document->reader, value);
	document->reader.in_host = false;
	return r;
}

static int host_read(struct document *document)
{
	return document_value(document, "\"host\"", host_keep);
}

static int device_keep(struct document *document, json_t *value)
{
	return inventory_tree_device(&document->reader, value);
}

static int devices_read(struct document *document)
{
	struct json_source *source = &document->source;
	struct inventory_reader *reader = &document->reader;
	char what[32];
	int r = json_source_expect(source, '[', "\"devices\"", reader->err);

	if (r < 0)
		return r;
	r = json_source_peek(source, reader->err);
	if (r == ']') {
		json_source_take(source);
		return 0;
	}
	do {
		reader->number++;
		reader->id = NULL;
		snprintf(what, sizeof(what), "device %zu", reader->number);
		r = document_value(document, what, device_keep);
		if (r == 0)
			r = json_source_more(source, ']', what, reader->err);
	} while (r > 0);
	if (r == 0) {
		reader->number = 0;
		reader->id = NULL;
	}
	return r;
}

static const struct {
	const char *name;
	int (*read)(struct document *document);
} members[] = {
	{"format", format_read}, {"taken", taken_read},     {"wanted", wanted_read},
	{"host", host_read},     {"devices", devices_read},
};
#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

/* ---------------------------------------------------------------- the document */

static int twice(const struct document *document, const char *name)
{
	return inventory_fail(&document->reader, -EINVAL, "\"%s\" occurs twice, expected once",
			      SHOWN(name));
}

static int extra_read(struct document *document, const char *name)
{
	struct json_source *source = &document->source;
	struct inventory_reader *reader = &document->reader;
	uint64_t start = source->before + source->at;
	json_t *value;
	char what[96];
	int r;

	if (!document->extra)
		document->extra = json_object();
	if (json_object_get(document->extra, name))
		return twice(document, name);
	snprintf(what, sizeof(what), "\"%s\"", SHOWN(name));
	r = json_source_value(source, what, INVENTORY_DEVICE_MAX, &value, reader->err);
	if (r < 0)
		return r;
	if (json_object_set_new(document->extra, name, value) != 0)
		return inventory_no_memory(reader);
	document->extra_bytes += (size_t)(source->before + source->at - start);
	if (document->extra_bytes > INVENTORY_DEVICE_MAX)
		return inventory_fail(
			reader, -EFBIG,
			"unknown members hold more than %u bytes, expected at most that",
			INVENTORY_DEVICE_MAX);
	return 0;
}

static int member_read(struct document *document, json_t *name)
{
	const char *text = json_string_value(name);
	unsigned i = 0;
	int r;

	if (!text)
		return inventory_fail(&document->reader, -EINVAL,
				      "a member's name is %s, expected a string",
				      json_source_type(name));
	r = json_source_expect(&document->source, ':', "after a member's name",
			       document->reader.err);
	if (r < 0)
		return r;
	while (i < MEMBER_COUNT && strcmp(members[i].name, text) != 0)
		i++;
	if (i == MEMBER_COUNT)
		return extra_read(document, text);
	if (document->seen & 1u << i)
		return twice(document, text);
	document->seen |= 1u << i;
	return members[i].read(document);
}

static int members_read(struct document *document)
{
	struct json_source *source = &document->source;
	struct error *err = document->reader.err;
	json_t *name;
	int r = json_source_expect(source, '{', "the document", err);

	if (r < 0)
		return r;
	r = json_source_peek(source, err);
	if (r == '}') {
		json_source_take(source);
		return 0;
	}
	do {
		r = json_source_value(source, "a member's name", NAME_MAX_BYTES, &name, err);
		if (r < 0)
			return r;
		r = member_read(document, name);
		json_decref(name);
		if (r == 0)
			r = json_source_more(source, '}', "the document", err);
	} while (r > 0);
	return r;
}

/*
 * The document's list applies to a host without its own list. A device without a list
 * uses the host's.
 */
static void document_wanted(struct document *document, size_t first)
{
	struct inventory *inventory = document->reader.inventory;
	struct host *host = document->reader.host;

	if (!host->wanted.globs) {
		host->wanted = document->wanted;
		return;
	}
	for (size_t i = first; i < inventory->ndevices; i++)
		if (!inventory->devices[i].wanted.globs)
			inventory->devices[i].wanted = document->wanted;
}

/*
 * Check that required members were there, and apply the members that may follow the
 * devices.
 */
static int document_finish(struct document *document, size_t first)
{
	struct inventory_reader *reader = &document->reader;
	struct host *host = reader->host;
	int r = json_source_finish(&document->source, reader->err);

	if (r < 0)
		return r;
	if (!(document->seen & 1))
		return inventory_fail(reader, -EINVAL, "\"format\" is missing, expected \"%s\"",
				      FORMAT);
	if (!host->name)
		return inventory_fail(reader, -EINVAL,
				      "\"host\" is missing, expected an object with a \"name\"");
	if (document->wanted.globs)
		document_wanted(document, first);
	return inventory_tree_extra(reader, document->extra, &host->doc_extra);
}

/* Takes ownership of the source. */
static int document_read(struct document *document, struct inventory *inventory)
{
	struct inventory_reader *reader = &document->reader;
	struct arena_mark mark = arena_mark(&inventory->arena);
	size_t nhosts = inventory->nhosts;
	size_t ndevices = inventory->ndevices;
	int r;

	reader->inventory = inventory;
	intern_init(&reader->texts, &inventory->arena);
	reader->host = inventory_add_host(inventory);
	if (reader->host)
		reader->host->source =
			arena_copy(&inventory->arena, reader->name, strlen(reader->name));
	if (reader->host && reader->host->source) {
		r = members_read(document);
		if (r == 0)
			r = document_finish(document, ndevices);
	} else {
		r = inventory_no_memory(reader);
	}
	if (r < 0) {
		inventory->nhosts = nhosts;
		inventory->ndevices = ndevices;
		arena_rewind(&inventory->arena, mark);
	}
	json_decref(document->extra);
	intern_free(&reader->texts);
	json_source_close(&document->source);
	return r;
}

int inventory_read_file(struct inventory *inventory, const char *path, struct error *err)
{
	struct document document = {.reader = {.name = path, .err = err}};
	int r = json_source_open(&document.source, path, INVENTORY_FILE_MAX, err);

	return r < 0 ? r : document_read(&document, inventory);
}

int inventory_read_standard(struct inventory *inventory, struct error *err)
{
	struct document document = {.reader = {.name = "standard input", .err = err}};
	int r = json_source_standard(&document.source, document.reader.name, INVENTORY_FILE_MAX,
				     err);

	return r < 0 ? r : document_read(&document, inventory);
}

int inventory_read_buffer(struct inventory *inventory, const char *name, const char *bytes,
			  size_t len, struct error *err)
{
	struct document document = {.reader = {.name = name, .err = err}};
	int r = json_source_memory(&document.source, name, bytes, len, INVENTORY_FILE_MAX, err);

	return r < 0 ? r : document_read(&document, inventory);
}
