/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A JSON document that is parsed one value at a time. It is in memory, or in a file that
 * is read through a small window. Neither the text of a file nor its tree is ever in
 * memory as a whole. The file is read, not mapped: if it is cut short meanwhile, that is an error
 * and not a SIGBUS.
 */
#ifndef CORE_FACTS_JSON_SOURCE_H
#define CORE_FACTS_JSON_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/facts/error.h"

#define JSON_SOURCE_WINDOW 65536u
#define JSON_SOURCE_END 256 /* what peek returns at the end of the document */

struct json_source {
	const char *name;  /* of the document, for messages; the caller's */
	const char *bytes; /* the document, or a window of it */
	size_t at;         /* the unread part is bytes[at..end) */
	size_t end;
	/*
	 * accept zero bytes in strings? Set by callers that look at the length of strings
	 */
	bool nul;
	uint64_t before; /* bytes of the document before bytes[0] */
	size_t lines;    /* newlines in them */
	uint64_t max;    /* bytes that the document may have */
	/* allocated at the first read; NULL if the document is in memory */
	char *window;
	size_t room; /* bytes of the window; 0 if the document is in memory */
	int fd;      /* -1 if the document is in memory */
	bool lent;   /* fd is the caller's and is not closed */
	int failed;  /* negative errno of a read that failed */
};

/*
 * Open a regular file of at most max bytes. Pipes and devices are never opened. -EFBIG:
 * it is too large; err has both sizes. -EISDIR or -EINVAL: it is no regular file, or
 * empty. Other errors: it cannot be opened.
 */
int json_source_open(struct json_source *source, const char *name, uint64_t max, struct error *err);
/*
 * The same for an entry of an open folder, which must not be a link. name is for
 * messages.
 */
int json_source_open_at(struct json_source *source, int folder, const char *entry, const char *name,
			uint64_t max, struct error *err);
/*
 * The same for standard input, which may be a pipe. The descriptor stays open. -EFBIG can
 * also come from a later read.
 */
int json_source_standard(struct json_source *source, const char *name, uint64_t max,
			 struct error *err);
int json_source_memory(struct json_source *source, const char *name, const char *bytes, size_t len,
		       uint64_t max, struct error *err);
void json_source_close(struct json_source *source);

/*
 * The next byte that is no blank, which is not consumed; JSON_SOURCE_END; or a negative
 * errno.
 */
int json_source_peek(struct json_source *source, struct error *err);
/* Consume that byte, after peek returned one. */
void json_source_take(struct json_source *source);
/* Consume punctuation, which must come next. what is the place, for messages. */
int json_source_expect(struct json_source *source, char punctuation, const char *what,
		       struct error *err);
/* Consume ',' and return 1, or consume the closing byte and return 0. */
int json_source_more(struct json_source *source, char closing, const char *what, struct error *err);
/* Check that only blanks are left. */
int json_source_finish(struct json_source *source, struct error *err);
/*
 * Parse the next value, of at most max bytes. what names it in messages. A member that
 * occurs twice is refused. -EINVAL: bad JSON; err has the line. -EFBIG: it is longer, or
 * has so many containers that its tree would take too much memory.
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

/* "a number": the type of a value with its article, for messages. */
const char *json_source_type(const json_t *value);

#endif
