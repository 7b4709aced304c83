/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Varlink messages as texts: what a call says, and how replies look. Pure functions; sockets are
 * elsewhere. The protocol is described at https://varlink.org/Method-Call.
 */
#ifndef CORE_SERVICE_VARLINK_VARLINK_H
#define CORE_SERVICE_VARLINK_VARLINK_H

#include <stdbool.h>

#include <jansson.h>

#include "core/facts/error.h"

/*
 * The longest call has a version string of 4,094 bytes, which JSON may write as six bytes each, and
 * names. Parameters are flat, so that few values are many.
 */
#define VARLINK_MESSAGE_MAX 65535u /* bytes of a call, without the zero at its end */
#define VARLINK_VALUES_MAX 64u	   /* of a call: texts, numbers, objects and so on, all together */
#define VARLINK_METHOD_MAX 255u

#define VARLINK_SERVICE "org.varlink.service"

struct varlink_call {
	char method[VARLINK_METHOD_MAX + 1]; /* INTERFACE.METHOD */
	json_t *parameters;		     /* an object, never NULL */
	bool more;
	bool oneway;
	bool upgrade;
};

/*
 * -EINVAL: no call, err says what is wrong with it; -EFBIG: too long; -E2BIG: too many values;
 * -ENOMEM.
 */
int varlink_parse(const char *text, size_t len, struct varlink_call *ret, struct error *err);
void varlink_clear(struct varlink_call *call);

/*
 * The text of a reply without the zero at its end, malloc'd; NULL: out of memory. parameters is
 * taken over, also on failure, where it is NULL. name: of an error; NULL: no error.
 */
char *varlink_reply(const char *name, json_t *parameters, bool continues);

#endif
