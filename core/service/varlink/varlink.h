/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Varlink messages as text: parsing calls and making replies. Pure functions. The
 * protocol is described at https://varlink.org/Method-Call.
 */
#ifndef CORE_SERVICE_VARLINK_VARLINK_H
#define CORE_SERVICE_VARLINK_VARLINK_H

#include <stdbool.h>

#include <jansson.h>

#include "core/facts/error.h"

/*
 * The longest call has a version string of 4,094 bytes, each of which JSON may write as
 * six bytes. Parameters are flat, so calls have few values.
 */
#define VARLINK_MESSAGE_MAX 65535u /* bytes of a call, without the zero at its end */
#define VARLINK_VALUES_MAX 64u     /* strings, numbers, objects and so on of a call */
#define VARLINK_METHOD_MAX 255u

#define VARLINK_SERVICE "org.varlink.service"

struct varlink_call {
	char method[VARLINK_METHOD_MAX + 1]; /* INTERFACE.METHOD */
	json_t *parameters;                  /* an object, never NULL */
	bool more;
	bool oneway;
	bool upgrade;
};

/* -EINVAL: no call, err says why; -EFBIG: too long; -E2BIG: too many values; -ENOMEM. */
int varlink_parse(const char *text, size_t len, struct varlink_call *ret, struct error *err);
void varlink_clear(struct varlink_call *call);

/*
 * The text of a reply, malloc'd; NULL: out of memory. parameters is always taken over;
 * NULL stands for "out of memory". name: of an error; NULL: no error.
 */
char *varlink_reply(const char *name, json_t *parameters, bool continues);

#endif
