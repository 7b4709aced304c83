/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration file as one text with its @include files spliced in, and the map from that text's
 * lines to file and line. libconfig would open an included file whatever it is (a FIFO, a file that
 * anybody writes), and resolve it against the working folder.
 */
#ifndef CORE_POLICY_SOURCE_H
#define CORE_POLICY_SOURCE_H

#include <stdint.h>

#include "core/facts/arena.h"
#include "core/facts/error.h"
#include "core/policy/scan.h"

#define SOURCE_FILE_MAX (1u << 20) /* bytes of one file */
#define SOURCE_TEXT_MAX (4u << 20) /* bytes of a file with all that it includes */
#define SOURCE_INCLUDES_MAX \
	256u		     /* @include lines that are followed for one file, nested ones too */
#define SOURCE_DEPTH_MAX 10u /* as libconfig has it */

struct source_piece {
	unsigned first; /* line of the spliced text */
	unsigned line;	/* where that is in file */
	const char *file;
};

struct source {
	struct arena *arena; /* paths live here */
	char *text;	     /* zero-terminated */
	size_t len;
	size_t room;
	unsigned line; /* of the text's end, from 1 */
	struct source_piece *pieces;
	size_t npieces;
	size_t room_pieces;
	const char *files[SOURCE_INCLUDES_MAX + 1]; /* that were read, the top one first */
	size_t nfiles;
	uint64_t hash; /* goes on from file to file: names and contents */
	struct scan scan;
};

/* Read a file. err names the file, and the line of the @include that led there. -EPERM: others can
 * write it or its folder; -EFBIG. */
int source_read_file(struct source *source, const char *path, struct error *err);
int source_read_text(struct source *source, const char *name, const char *bytes, size_t len,
		     struct error *err);
/* Keeps arena and hash. */
void source_clear(struct source *source);
const char *source_where(const struct source *source, unsigned line, unsigned *ret_line);

#endif
