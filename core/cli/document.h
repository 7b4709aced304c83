/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The documents of --json as the command line reads them: it prints tables from the very documents
 * that it prints as JSON, whoever made them. One that came from elsewhere is checked once, here;
 * afterwards every member that a table needs is there and of its type.
 */
#ifndef CORE_CLI_DOCUMENT_H
#define CORE_CLI_DOCUMENT_H

#include <stdbool.h>

#include <jansson.h>

#include "core/facts/error.h"

enum shape_type {
	SHAPE_TEXT,  /* a string */
	SHAPE_NAME,  /* a string, or null or absent */
	SHAPE_COUNT, /* an integer, not negative */
	SHAPE_FLAG,  /* true or false */
	SHAPE_OBJECT,
	SHAPE_LIST,	    /* of objects */
	SHAPE_LIST_OR_NONE, /* the same, or null or absent */
	SHAPE_TEXTS,	    /* a list of strings */
	SHAPE_NAMES,	    /* a list of strings, or null or absent */
	SHAPE_PART,	    /* members of the same object that stand in another table */
};

struct shape {
	const char *name; /* NULL ends a table */
	enum shape_type type;
	const char *const *words;    /* a string must be one of them; NULL: any */
	const struct shape *members; /* of an object, or of each in a list */
};

extern const struct shape shape_list[], shape_device[], shape_verdict[], shape_choices[],
	shape_parameters[], shape_backends[], shape_event[], shape_backend[], shape_policy[];
extern const struct shape shape_nothing[]; /* {} */

/* -EBADMSG: err says which member is not as it must be. What a table does not name may be there as
 * well. */
int document_check(json_t *document, const struct shape *shape, struct error *err);

/* A string; NULL where it is null or absent. */
const char *document_text(const json_t *document, const char *name);
/* Likewise the "state" of a member that is an object, such as "mechanism". */
const char *document_state(const json_t *document, const char *name);
/* Is it that string? */
bool document_is(const json_t *document, const char *name, const char *text);
/* A count as size_t; 0 where it is absent. */
size_t document_count(const json_t *document, const char *name);

#endif
