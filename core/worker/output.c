/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams of the C library that write with a prefix. Each print is one write, so lines of
 * several workers do not mix, and nothing is lost if vendor code ends the process. Direct
 * writes to a descriptor have no prefix.
 */
#include "core/worker/output.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static char prefix[300];
static bool begun[2]; /* this stream has an unfinished line */
static const size_t numbers[2] = {0, 1};

/* Write a part of a line, up to its end or to the size of the buffer. */
static size_t piece_write(size_t stream, const char *bytes, size_t size)
{
	char line[LINE_MAX_BYTES + sizeof(prefix)];
	const char *end = memchr(bytes, '\n', size);
	size_t len = end ? (size_t)(end - bytes) + 1 : size;
	size_t used = 0;

	if (len > LINE_MAX_BYTES)
		len = LINE_MAX_BYTES;
	if (!begun[stream])
		used = (size_t)snprintf(line, sizeof(prefix), "%s", prefix);
	memcpy(line + used, bytes, len);
	begun[stream] = bytes[len - 1] != '\n';
	/* There is no way to report that this write failed. */
	return write(STDERR_FILENO, line, used + len) < 0 ? size : len;
}

static ssize_t output_write(void *cookie, const char *bytes, size_t size)
{
	size_t stream = *(const size_t *)cookie;

	for (size_t done = 0; done < size;)
		done += piece_write(stream, bytes + done, size - done);
	return (ssize_t)size;
}

static bool nobody_reads(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) < 0 ||
	       (S_ISCHR(st.st_mode) && major(st.st_rdev) == 1 && minor(st.st_rdev) == 3);
}

void output_name(const char *name)
{
	snprintf(prefix, sizeof(prefix), "backend %s: ", name);
}

void output_redirect(const char *name)
{
	const cookie_io_functions_t functions = {.write = output_write};
	FILE *streams[2];

	if (nobody_reads())
		return;
	output_name(name);
	for (size_t i = 0; i < 2; i++) {
		streams[i] = fopencookie((void *)(size_t)&numbers[i], "w", functions);
		if (!streams[i])
			return;
		setvbuf(streams[i], NULL, _IONBF, 0);
	}
	stdout = streams[0];
	stderr = streams[1];
}
