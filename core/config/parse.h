/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The only place that calls libconfig, which may end the process. Used by the worker program and
 * by tests, never by the library.
 */
#ifndef CORE_CONFIG_PARSE_H
#define CORE_CONFIG_PARSE_H

#include "core/facts/error.h"
#include "core/wire/wire.h"

/*
 * Write the reply to one request: the tree, or a syntax error. -EBADMSG: the request is malformed.
 * -ENOMEM.
 */
int conf_answer(struct wire_message *request, struct wire_out *out);
/*
 * Answer requests until the other end closes. Returns 0 or a negative errno. refusal, unless NULL
 * or empty, is the reason why every text is refused.
 */
int conf_serve(int fd, const struct error *refusal);

#endif
