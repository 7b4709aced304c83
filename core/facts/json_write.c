/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A buffer that grows. It remembers if it could not. */
#include "core/facts/json_write.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 1024u

struct writing {
	char *text;
	size_t len;
	size_t room;
	bool failed;
};

/* Called by jansson. Keeps room for the zero at the end. */
static int take(const char *bytes, size_t len, void *data)
{
	struct writing *writing = data;
	size_t room = writing->room ? writing->room : ROOM_MIN;

	if (writing->failed)
		return -1;
	while (len >= room - writing->len)
		room *= 2;
	if (room != writing->room) {
		char *text = realloc(writing->text, room);

		writing->failed = !text;
		if (!text)
			return -1;
		writing->text = text;
		writing->room = room;
	}
	memcpy(writing->text + writing->len, bytes, len);
	writing->len += len;
	return 0;
}

char *json_write(const json_t *json, size_t flags)
{
	struct writing writing = {.text = NULL};

	if (!json || json_dump_callback(json, take, &writing, flags) != 0 || writing.failed ||
	    !writing.text) {
		free(writing.text);
		return NULL;
	}
	writing.text[writing.len] = '\0';
	return writing.text;
}
