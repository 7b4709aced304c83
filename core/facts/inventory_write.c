/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes a host as an inventory, one fact per line. The same model always gives the same
 * bytes. jansson escapes the texts.
 */
#include "core/facts/inventory_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/facts/base64.h"
#include "core/facts/json_escaped.h"

struct writer {
	FILE *out;
	inventory_keep_fn *keep;
	void *arg;
	int error; /* negative errno of the first failure; nothing is written after it */
};

static bool kept(const struct writer *writer, const struct device *device, const char *key)
{
	return !writer->keep || writer->keep(writer->arg, device, key);
}

/* ---------------------------------------------------------------- bytes */

static void put(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void put(struct writer *writer, const char *format, ...)
{
	va_list args;

	if (writer->error)
		return;
	va_start(args, format);
	errno = EIO;
	if (vfprintf(writer->out, format, args) < 0)
		writer->error = -errno;
	va_end(args);
}

static void put_bytes(struct writer *writer, const char *bytes, size_t len)
{
	json_t *text;
	char *escaped;

	if (writer->error)
		return;
	text = json_stringn(bytes, len);
	escaped = json_escaped(text, 0);
	if (escaped)
		put(writer, "%s", escaped);
	else
		writer->error = utf8_valid(bytes, len) ? -ENOMEM : -EILSEQ;
	free(escaped);
	json_decref(text);
}

static void put_text(struct writer *writer, const char *text)
{
	put_bytes(writer, text, strlen(text));
}

/* A member that may be missing. */
static void put_member(struct writer *writer, const char *before, const char *name,
		       const char *text)
{
	if (!text)
		return;
	put(writer, "%s\"%s\":", before, name);
	put_text(writer, text);
}

/* Write members that the reader did not know, "{…}", among the others. */
static void put_extra(struct writer *writer, const char *before, const char *extra)
{
	size_t len = extra ? strlen(extra) : 0;

	if (len > 2)
		put(writer, "%s%.*s", before, (int)(len - 2), extra + 1);
}

/* ---------------------------------------------------------------- facts */

static void put_binary(struct writer *writer, const struct fact *fact)
{
	char *text = malloc(BASE64_SIZE((size_t)fact->len) + 1);

	if (!text) {
		writer->error = -ENOMEM;
		return;
	}
	base64_encode(fact->value, fact->len, text);
	put(writer, "{\"base64\":\"%s\"}", text);
	free(text);
}

/*
 * A reader drops one newline at the end, so a text that ends in a newline gets another
 * one.
 */
static void put_lines(struct writer *writer, const struct fact *fact)
{
	char *text = malloc((size_t)fact->len + 1);

	if (!text) {
		writer->error = -ENOMEM;
		return;
	}
	memcpy(text, fact->value, fact->len);
	text[fact->len] = '\n';
	put_bytes(writer, text, (size_t)fact->len + 1);
	free(text);
}

static void put_fact(struct writer *writer, const struct fact *fact)
{
	if (fact->error)
		put(writer, "{\"error\":\"%s\"}", error_name(fact->error));
	else if (fact->binary)
		put_binary(writer, fact);
	else if (fact->len && fact->value[fact->len - 1] == '\n')
		put_lines(writer, fact);
	else
		put_bytes(writer, fact->value, fact->len);
}

static void put_facts(struct writer *writer, const char *before, const struct device *device,
		      const struct factset *facts)
{
	const char *parting = "";

	put(writer, "%s\"facts\":{", before);
	for (size_t i = 0; i < facts->count && !writer->error; i++) {
		if (!kept(writer, device, facts->facts[i].key))
			continue;
		put(writer, "%s\n   ", parting);
		put_text(writer, facts->facts[i].key);
		put(writer, ":");
		put_fact(writer, &facts->facts[i]);
		parting = ",";
	}
	put(writer, "}");
}

/* ---------------------------------------------------------------- the document */

/*
 * A device's own list. If device is NULL, the host's, which applies to devices without a
 * list.
 */
static bool glob_kept(const struct writer *writer, const struct inventory *inventory,
		      const struct host *host, const struct device *device, const char *glob)
{
	if (!kept(writer, device, glob))
		return false;
	if (device || !writer->keep)
		return true;
	for (size_t i = 0; i < inventory->ndevices; i++) {
		device = &inventory->devices[i];
		if (device->host == host && !device->wanted.globs && !kept(writer, device, glob))
			return false;
	}
	return true;
}

static void put_wanted(struct writer *writer, const char *before, const struct inventory *inventory,
		       const struct host *host, const struct device *device)
{
	const struct wanted *wanted = device ? &device->wanted : &host->wanted;
	const char *parting = "";

	if (!wanted->globs)
		return;
	put(writer, "%s\"wanted\":[", before);
	for (size_t i = 0; i < wanted->count && !writer->error; i++) {
		if (!glob_kept(writer, inventory, host, device, wanted->globs[i]))
			continue;
		put(writer, "%s", parting);
		put_text(writer, wanted->globs[i]);
		parting = ",";
	}
	put(writer, "]");
}

static void put_device(struct writer *writer, const struct inventory *inventory,
		       const struct device *device)
{
	put_member(writer, "\n  {", "id", device->id);
	put_member(writer, ",", "kind", kind_name(device->kind));
	put_member(writer, ",", "driver", device->driver);
	put_member(writer, ",", "parent", device->parent);
	put_member(writer, ",\n   ", "path", device->path);
	put_wanted(writer, ",\n   ", inventory, device->host, device);
	put_facts(writer, ",\n   ", device, &device->facts);
	put_extra(writer, ",\n   ", device->extra);
	put(writer, "}");
}

static void put_document(struct writer *writer, const struct inventory *inventory,
			 const struct host *host)
{
	const char *parting = "";

	put(writer, "{\"format\":\"migcompat-inventory/1\"");
	put_member(writer, ",", "taken", host->taken);
	put_wanted(writer, ",\n ", inventory, host, NULL);
	put_member(writer, ",\n \"host\":{", "name", host->name);
	put_facts(writer, ",", NULL, &host->facts);
	put_extra(writer, ",\n  ", host->extra);
	put(writer, "},\n \"devices\":[");
	for (size_t i = 0; i < inventory->ndevices && !writer->error; i++) {
		if (inventory->devices[i].host != host)
			continue;
		put(writer, "%s", parting);
		put_device(writer, inventory, &inventory->devices[i]);
		parting = ",";
	}
	put(writer, "]");
	put_extra(writer, ",\n ", host->doc_extra);
	put(writer, "}\n");
}

int inventory_write(const struct inventory *inventory, const struct host *host, FILE *out,
		    inventory_keep_fn *keep, void *arg)
{
	struct writer writer = {.out = out, .keep = keep, .arg = arg};

	put_document(&writer, inventory, host);
	errno = EIO;
	if (!writer.error && fflush(out) != 0)
		writer.error = -errno;
	return writer.error;
}
