/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes as an inventory: refused with a sentence, or read so that writing and reading again gives the same bytes. A first
 * byte of '#' has them read as a file through a window of a few bytes; what is read must not depend on it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/facts/inventory_json.h"
#include "core/facts/json_source.h"
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

	require(out && inventory_write(inventory, inventory->hosts[0], out, NULL, NULL) == 0, "what was read cannot be written");
	fclose(out);
	return text;
}

static void document(const char *bytes, size_t len)
{
	struct inventory first, second;
	struct error err = {{0}};
	char *once, *again;

	inventory_init(&first);
	if (inventory_read_buffer(&first, "fuzz", bytes, len, &err) < 0) {
		require(strncmp(err.text, "fuzz: ", 6) == 0 && utf8_valid(err.text, strlen(err.text)), "a refusal without its sentence");
		require(first.nhosts == 0 && first.ndevices == 0, "something stays of what was refused");
		inventory_free(&first);
		return;
	}
	inventory_init(&second);
	once = written(&first);
	require(inventory_read_buffer(&second, "fuzz", once, strlen(once), &err) == 0, err.text);
	again = written(&second);
	require(strcmp(once, again) == 0, "the second writing differs");
	require(first.ndevices == second.ndevices, "a device was lost");
	require(inventory_finish(&first, NULL) == inventory_finish(&second, NULL), "ids are unique here, not there");
	free(once);
	free(again);
	inventory_free(&first);
	inventory_free(&second);
}

/* All values of a sequence, as one text. */
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

	require(fd >= 0 && write(fd, bytes, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0, "no memory file");
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
