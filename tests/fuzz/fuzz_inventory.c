/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads any bytes as an inventory. It is refused with a sentence. Otherwise writing and
 * reading it again gives the same bytes, all devices have names, and a plan writes only
 * below their folders. If the first byte is '#', the bytes are read as a file through a
 * small window, with the same result.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/check/writable.h"
#include "core/facts/inventory_json.h"
#include "core/facts/json_source.h"
#include "core/facts/name.h"
#include "core/facts/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_inventory: %s\n", what);
	abort();
}

static char *written(const struct inventory *inventory)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	require(out && inventory_write(inventory, inventory->hosts[0], out, NULL, NULL) == 0,
		"what was read cannot be written");
	fclose(out);
	return text;
}

/* A plan writes only below /sys, and no part of a path leads elsewhere. */
static void writable_is_inside(const char *path)
{
	require(strncmp(path, "/sys/", 5) == 0, "a write outside of /sys");
	require(!strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../"),
		"a write by a path that is not straight");
	require(utf8_clean(path, strlen(path)), "a path that steers a terminal");
}

static void device_is_named(const struct device *device)
{
	char file[WRITABLE_BYTES];
	struct writable writable;

	require(id_valid(device->kind, device->id), "an id that is no name");
	require(!device->parent || name_valid(device->parent, strlen(device->parent)),
		"a parent that is no name");
	require(!device->path || (path_valid(device->path) &&
				  path_fits(device->kind, device->id, device->path)),
		"a path to another folder");
	require(utf8_clean(device->host->name, strlen(device->host->name)),
		"a host's name that steers a terminal");
	if (writable_make(device, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", &writable, NULL) < 0)
		return;
	writable_is_inside(writable.folder);
	if (*writable.create)
		writable_is_inside(writable.create);
	/* A backend may name any text of the document. */
	for (size_t i = 0; i < device->facts.count; i++)
		if (writable_file(&writable, device->facts.facts[i].key, file, sizeof(file),
				  NULL) == 0)
			writable_is_inside(file);
}

/* Newlines separate facts, so no other control character may be in them. */
static void text_is_harmless(char *text)
{
	for (char *at = text; (at = strchr(at, '\n')); at++)
		*at = ' ';
	require(utf8_clean(text, strlen(text)), "a document that steers a terminal");
}

static void document(const char *bytes, size_t len)
{
	struct inventory first, second;
	struct error err = {{0}};
	char *once, *again;

	inventory_init(&first);
	if (inventory_read_buffer(&first, "fuzz", bytes, len, &err) < 0) {
		require(strncmp(err.text, "fuzz: ", 6) == 0 &&
				utf8_valid(err.text, strlen(err.text)),
			"a refusal without its sentence");
		require(first.nhosts == 0 && first.ndevices == 0,
			"something stays of what was refused");
		inventory_free(&first);
		return;
	}
	for (size_t i = 0; i < first.ndevices; i++)
		device_is_named(&first.devices[i]);
	inventory_init(&second);
	once = written(&first);
	require(inventory_read_buffer(&second, "fuzz", once, strlen(once), &err) == 0, err.text);
	again = written(&second);
	require(strcmp(once, again) == 0, "the second writing differs");
	require(first.ndevices == second.ndevices, "a device was lost");
	require(inventory_finish(&first, NULL) == inventory_finish(&second, NULL),
		"ids are unique here, not there");
	text_is_harmless(once);
	free(once);
	free(again);
	inventory_free(&first);
	inventory_free(&second);
}

/* All values of a sequence as one text. */
static char *sequence(struct json_source *source)
{
	json_t *all = json_array(), *value;
	struct error err;
	char *text;

	while (json_source_value(source, "value", 4096, &value, &err) == 0)
		json_array_append_new(all, value);
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	json_source_close(source);
	return text;
}

static void windows(const char *bytes, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct json_source source;
	char *whole, *parts;

	require(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0,
		"no memory file");
	if (json_source_memory(&source, "fuzz", bytes, len, len, NULL) < 0) {
		close(fd);
		return;
	}
	whole = sequence(&source);
	source = (struct json_source){.name = "fuzz", .max = len, .room = 1 + len % 16, .fd = fd};
	parts = sequence(&source);
	require(strcmp(whole, parts) == 0, "a window changes what is read");
	free(whole);
	free(parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && data[0] == '#')
		windows((const char *)data + 1, size - 1);
	else
		document((const char *)data, size);
	return 0;
}
