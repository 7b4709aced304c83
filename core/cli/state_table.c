/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A state file for people: lines, then the fields of a kernel driver's stream. */
#include <stdlib.h>
#include <string.h>

#include "core/cli/document.h"
#include "core/cli/output.h"
#include "core/cli/state.h"
#include "core/cli/state_watch.h"
#include "core/facts/macros.h"

static void line(const char *name, const char *text)
{
	if (text && *text)
		output_line("%-12s %s", name, text);
}

static const char *what(const json_t *document)
{
	if (document_is(document, "kind", "stream"))
		return "a kernel driver's stream, without a version string";
	if (document_is(document, "kind", "unknown"))
		return "unknown";
	if (!document_text(document, "content"))
		return "a state file";
	return document_is(document, "content", "stream")
		       ? "a state file with a kernel driver's stream"
		       : "a state file with regions";
}

static void records_line(const json_t *records)
{
	char text[512] = "", size[32];
	const json_t *record;
	size_t i, len = 0;

	json_array_foreach (records, i, record) {
		if (len < sizeof(text))
			len += (size_t)snprintf(
				text + len, sizeof(text) - len, "%s%zu %s (%s)", len ? ", " : "",
				document_count(record, "records"), document_text(record, "type"),
				state_size(document_count(record, "bytes"), size, sizeof(size)));
	}
	line("records", text);
}

static void texts_line(const char *name, const json_t *texts)
{
	char text[128] = "";
	const json_t *entry;
	size_t i, len = 0;

	json_array_foreach (texts, i, entry) {
		if (len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						len ? " " : "", json_string_value(entry));
	}
	line(name, text);
}

/* Info of "state save" has lines of its own. Other info of the file is marked as info: it could
 * claim that the file is sound. */
static void info_lines(const json_t *info)
{
	static const char *const names[] = {"device", "host", "driver", "kernel", "interface"};
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)info, key, value) {
		char text[SURVEY_INFO_MAX];
		size_t i = 0;

		while (i < COUNT(names) && strcmp(key, names[i]) != 0)
			i++;
		snprintf(text, sizeof(text), "%s=%s", key, json_string_value(value));
		line(i < COUNT(names) ? key : "info",
		     i < COUNT(names) ? json_string_value(value) : text);
	}
}

/* "mlx5_vfio_pci or virtio_vfio_pci", of drivers that have names. */
static void driver_names(const json_t *drivers, char *text, size_t size)
{
	const json_t *driver;
	size_t i, len = 0;

	*text = '\0';
	json_array_foreach (drivers, i, driver) {
		const char *name = document_text(driver, "driver");

		if (name && len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " or " : "",
						name);
	}
}

static void stream_line(const json_t *stream)
{
	const json_t *bytes = json_object_get(stream, "bytes");
	const char *sum = document_text(stream, "sum");
	char size[32] = "", names[256];

	if (!json_is_object(stream))
		return;
	driver_names(json_object_get(stream, "drivers"), names, sizeof(names));
	if (json_is_integer(bytes))
		state_size((uint64_t)json_integer_value(bytes), size, sizeof(size));
	output_line("%-12s %s%s%s%s%s", "stream",
		    *names ? names : "of a driver that no backend here knows", *size ? ", " : "",
		    size, sum ? ", XXH3 " : "", sum ? sum : "");
}

/* Whether this driver takes the stream, if there are several drivers. */
static void driver_line(const json_t *driver)
{
	const char *name = document_text(driver, "driver"),
		   *reason = document_text(driver, "reason");

	output_line("%-12s %s: %s%s%s", "driver", name ? name : "unknown",
		    json_is_true(json_object_get(driver, "sound")) ? "sound" : "not sound",
		    reason && *reason ? ": " : "", reason ? reason : "");
}

/* The fields of one driver. Prints nothing if there are none. */
static int fields_table(const struct cli *cli, const json_t *fields, int status)
{
	struct table *table = table_new(cli);
	const json_t *field;
	size_t i;

	table_column(table, "FIELD", 0);
	table_column(table, "VALUE", 0);
	table_column(table, "RULE", 0);
	table_column(table, "EXPECTED", 0);
	table_column(table, "TEXT", TABLE_WRAP);
	json_array_foreach (fields, i, field) {
		bool bad = document_is(field, "status", "bad");

		table_line(table);
		table_cell(table, document_text(field, "field"), bad ? "red" : NULL);
		table_cell(table, document_text(field, "value"), NULL);
		table_cell(table,
			   document_is(field, "rule", "info") ? "" : document_text(field, "rule"),
			   NULL);
		table_cell(table, document_text(field, "expected"), NULL);
		table_cell(table, document_text(field, "text"), NULL);
	}
	return table_print(table, status);
}

int state_print(const struct cli *cli, const json_t *document, int status)
{
	const json_t *stream = json_object_get(document, "stream"),
		     *memory = json_object_get(document, "memory");
	const json_t *drivers = json_object_get(stream, "drivers"), *driver;
	char size[32];
	size_t i;

	line("file", document_text(document, "file"));
	line("holds", what(document));
	line("sound", json_is_true(json_object_get(document, "sound")) ? "yes" : "no");
	line("reason", document_text(document, "reason"));
	line("type", document_text(document, "type"));
	line("version", document_text(document, "version"));
	info_lines(json_object_get(document, "info"));
	texts_line("saved with", json_object_get(document, "saved_with"));
	if (json_integer_value(memory))
		line("memory",
		     state_size((uint64_t)json_integer_value(memory), size, sizeof(size)));
	records_line(json_object_get(document, "records"));
	stream_line(stream);
	json_array_foreach (drivers, i, driver) {
		if (json_array_size(drivers) > 1)
			driver_line(driver);
		if (fields_table(cli, json_object_get(driver, "fields"), status) != status)
			return CLI_TROUBLE;
	}
	return status;
}
