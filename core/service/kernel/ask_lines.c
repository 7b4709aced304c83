/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend's text is the last part of a line. Control characters in it cannot start
 * another line.
 */
#include "core/service/kernel/ask_lines.h"

#include <stdio.h>
#include <string.h>

#include "core/facts/utf8.h"

#define LINE_BYTES 2048
#define LAST_BYTES 32 /* room for "more COUNT" */

struct lines {
	char *buffer;
	size_t size;
	size_t len;
	size_t left_out;
};

static void line_add(struct lines *lines, const char *verdict, const struct device *device,
		     const char *word, uint32_t availability, const char *text)
{
	char line[LINE_BYTES], *slash;
	size_t len;

	snprintf(line, sizeof(line), "%s %s %s %s %s", verdict, device->id, word,
		 state_name(availability), text ? text : "");
	slash = device->kind == MIGCOMPAT_KIND_MDEV_TYPE ? strchr(line, '/') : NULL;
	if (slash)
		*slash = '!';
	len = strlen(line);
	while (len && line[len - 1] == ' ')
		len--;
	utf8_mend(line, len);
	line[len++] = '\n';
	/* After the first device that does not fit, all others are left out, too. */
	if (lines->left_out || lines->len + len + LAST_BYTES > lines->size) {
		lines->left_out++;
		return;
	}
	memcpy(lines->buffer + lines->len, line, len);
	lines->len += len;
}

/* The line needs one word in this place, even if the target has no limit. */
static const char *limit_word(uint32_t limit)
{
	const char *name = limit ? limit_name(limit) : NULL;

	return name ? name : "not-migratable";
}

size_t ask_lines(const struct answer *answer, char *buffer, size_t size)
{
	struct lines lines = {.buffer = buffer, .size = size};

	for (size_t i = 0; i < answer->nchoices; i++) {
		const struct choice *choice = &answer->choices[i];
		const char *grade = grade_name(choice->grade);

		line_add(&lines, "yes", choice->device, grade ? grade : "forced",
			 choice->availability,
			 choice->candidate ? choice->candidate : choice->text);
	}
	for (size_t i = 0; i < answer->nrefused; i++) {
		const struct refused *refused = &answer->refused[i];

		line_add(&lines, "no", refused->device, limit_word(refused->limit),
			 refused->availability, refused->text);
	}
	for (size_t i = 0; i < answer->nunanswered; i++)
		line_add(&lines, "no", answer->unanswered[i].device, "error", MIGCOMPAT_UNKNOWN,
			 answer->unanswered[i].text);
	if (lines.left_out)
		lines.len += (size_t)snprintf(buffer + lines.len, size - lines.len, "more %zu\n",
					      lines.left_out);
	return lines.len;
}
