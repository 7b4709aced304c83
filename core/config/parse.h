/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one place where libconfig runs: in the worker program and in tests, never in the
 * library. It may end the process.
 */
#ifndef CORE_CONFIG_PARSE_H
#define CORE_CONFIG_PARSE_H

#include "core/wire/wire.h"
#include "core/facts/error.h"

/*
 * Answer one text with its tree, or a syntax error. -EBADMSG: the request is none;
 * -ENOMEM.
 */
int conf_answer(struct wire_message *request, struct wire_out *out);
/*
 * Answer texts until the other end goes: 0, or a negative errno. refusal: why none may be
 * parsed, "" or NULL if they may.
 */
int conf_serve(int fd, const struct error *refusal);

#endif
