/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The documents of --json, as the command line reads them. Tables are printed from the
 * same documents. A document of the service is checked once, here:
 * after that, all members that a table needs exist and have their type.
 */
#ifndef CORE_CLI_DOCUMENT_H
#define CORE_CLI_DOCUMENT_H

#include <stdbool.h>

#include <jansson.h>

#include "core/facts/error.h"

enum shape_type {
	SHAPE_TEXT,  /* a string */
	SHAPE_NAME,  /* a string, null, or missing */
	SHAPE_COUNT, /* an integer that is not negative */
	SHAPE_FLAG,  /* true or false */
	SHAPE_OBJECT,
	SHAPE_LIST,         /* of objects */
	SHAPE_LIST_OR_NONE, /* the same, null, or missing */
	SHAPE_TEXTS,        /* a list of strings */
	SHAPE_NAMES,        /* a list of strings, null, or missing */
	SHAPE_PART,         /* members of the same object, from another table */
};

struct shape {
	const char *name; /* NULL: the end of a table */
	enum shape_type type;
	const char *const *words;    /* the allowed strings; NULL: any string */
	const struct shape *members; /* of an object, or of each object of a list */
};

extern const struct shape shape_list[], shape_device[], shape_verdict[], shape_choices[],
	shape_parameters[], shape_backends[], shape_event[], shape_backend[], shape_policy[];
extern const struct shape shape_nothing[]; /* {} */

/* -EBADMSG: a member is wrong; err has its name. Members without a row are ignored. */
int document_check(json_t *document, const struct shape *shape, struct error *err);

/* The string of a member. NULL: it is null or missing. */
const char *document_text(const json_t *document, const char *name);
/* The "state" of a member that is an object, such as "mechanism". */
const char *document_state(const json_t *document, const char *name);
/* Is the member this string? */
bool document_is(const json_t *document, const char *name, const char *text);
/* The count of a member. 0: it is missing. */
size_t document_count(const json_t *document, const char *name);

#endif
