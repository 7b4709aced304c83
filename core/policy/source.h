/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration file as one text: each @include line is replaced by its file. A map leads from
 * lines of that text to files and lines. libconfig's own @include would open any file (a FIFO,
 * or a file that other users can write) and resolve its name in the working folder. Here files are
 * checked first, a circle is one sentence, and FILE:LINE stays right.
 */
#ifndef CORE_POLICY_SOURCE_H
#define CORE_POLICY_SOURCE_H

#include <stdint.h>

#include "core/facts/arena.h"
#include "core/facts/error.h"
#include "core/policy/scan.h"

#define SOURCE_FILE_MAX (1u << 20) /* bytes of one file */
#define SOURCE_TEXT_MAX (4u << 20) /* bytes of a file with its included files */
#define SOURCE_INCLUDES_MAX 256u   /* included files of one file, nested ones too */
#define SOURCE_DEPTH_MAX 10u       /* libconfig's limit */

struct source_piece {
	unsigned first; /* line of the whole text */
	unsigned line;  /* the same line in file */
	const char *file;
};

struct source {
	struct arena *arena; /* for paths */
	char *text;          /* zero-terminated */
	size_t len;
	size_t room;
	unsigned line; /* of the text's end, from 1 */
	struct source_piece *pieces;
	size_t npieces;
	const char *files[SOURCE_INCLUDES_MAX + 1]; /* in the order of reading */
	size_t nfiles;
	uint64_t hash; /* over names and contents; the caller carries it to the next file */
	struct scan scan;
};

/*
 * Read a file. err names the file and the line of its @include. -EPERM: another user can write it
 * or its folder. -EFBIG.
 */
int source_read_file(struct source *source, const char *path, struct error *err);
/* The same from memory; name is the path in messages. */
int source_read_text(struct source *source, const char *name, const char *bytes, size_t len,
		     struct error *err);
/* Free all but arena and hash. */
void source_clear(struct source *source);
/* Find the file and line of a line of the whole text. */
const char *source_where(const struct source *source, unsigned line, unsigned *ret_line);

#endif
