/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A JSON document of which one value at a time becomes a tree of jansson's: from memory,
 * or from a regular file through a small window, so that neither the file's text nor its
 * tree ever stands in memory whole. The file is read, not mapped: one that is cut short
 * meanwhile must be an error, not a SIGBUS.
 */
#ifndef CORE_FACTS_JSON_SOURCE_H
#define CORE_FACTS_JSON_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/facts/error.h"

#define JSON_SOURCE_WINDOW 65536u
#define JSON_SOURCE_END 256 /* what peek returns behind the last byte */

struct json_source {
	const char *name;  /* stands for the document in messages; the caller's */
	const char *bytes; /* the document, or a window of it */
	size_t at;	   /* bytes[at..end) are yet to be taken */
	size_t end;
	bool nul; /* are zero bytes in strings taken? Set by whoever looks at the strings' lengths
		   */
	uint64_t before; /* bytes of the document ahead of bytes[0] */
	size_t lines;	 /* that end in them */
	uint64_t max;	 /* bytes that a document may have */
	char *window;	 /* made at the first reading; NULL: the document is in memory */
	size_t room;	 /* of the window; 0: the document is in memory */
	int fd;		 /* -1: the document is in memory */
	bool lent;	 /* fd is not closed */
	int failed;	 /* negative errno of a reading that failed */
};

/*
 * Open a regular file of at most max bytes; never blocks on a pipe or device. -EFBIG: too large,
 * err names both sizes; -EISDIR, -EINVAL: no regular file, or empty; or why it cannot be opened.
 */
int json_source_open(struct json_source *source, const char *name, uint64_t max, struct error *err);
/* The same of an entry of an open folder, which must be no link; name: for messages. */
int json_source_open_at(struct json_source *source, int folder, const char *entry, const char *name,
			uint64_t max, struct error *err);
/*
 * The same from standard input, which may be a pipe too. No descriptor is kept, and none is closed.
 * -EFBIG may come while it is read.
 */
int json_source_standard(struct json_source *source, const char *name, uint64_t max,
			 struct error *err);
int json_source_memory(struct json_source *source, const char *name, const char *bytes, size_t len,
		       uint64_t max, struct error *err);
void json_source_close(struct json_source *source);

/* The next byte that is no blank, which stays there; JSON_SOURCE_END; or a negative errno. */
int json_source_peek(struct json_source *source, struct error *err);
/* Take that byte: after a peek that returned one. */
void json_source_take(struct json_source *source);
/* Take the punctuation that must come next; what names the place in the message. */
int json_source_expect(struct json_source *source, char punctuation, const char *what,
		       struct error *err);
/* Take ',' and return 1, or the closing byte and return 0. */
int json_source_more(struct json_source *source, char closing, const char *what, struct error *err);
/* Nothing but blanks may follow. */
int json_source_finish(struct json_source *source, struct error *err);
/*
 * Parse the value that comes next, of at most max bytes; what names it in messages. Members that
 * stand twice are refused. -EINVAL: bad JSON, with the line; -EFBIG: longer, or holding so many
 * containers that its tree would not be worth its text.
 */
int json_source_value(struct json_source *source, const char *what, size_t max, json_t **ret,
		      struct error *err);

/* A document in memory that is one value. */
struct json_text {
	const char *name; /* stands for the document in messages */
	const char *what; /* names the value in messages */
	const char *bytes;
	size_t len; /* bytes */
	size_t max; /* bytes that it may have */
};

/* Parse the value. Errors as for json_source_memory and json_source_value. */
int json_source_text(const struct json_text *text, json_t **ret, struct error *err);

/* "a number": the article and the type, for messages. */
const char *json_source_type(const json_t *value);

#endif
