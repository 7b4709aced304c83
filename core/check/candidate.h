/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which a target could take a payload, and what they mean for its type. */
#ifndef CORE_CHECK_CANDIDATE_H
#define CORE_CHECK_CANDIDATE_H

#include "core/backend/provider.h"
#include "core/check/version_string.h"

/*
 * The way that a comparison is about: the first one after which the target has the source's type;
 * NULL: there is none.
 */
const struct migcompat_candidate *candidate_for(const struct opened *opened,
						const struct migcompat_sink *sink,
						const struct version_string *string);

/* Could the target be set up to have the source's type? 1 or 0; negative: the backend could not
 * tell. */
int candidate_has_type(struct opened *opened, const struct version_string *string,
		       struct error *err);

/*
 * May a question about this string ask the backend for more than the comparison? Then its worker
 * must be free.
 */
bool candidate_is_asked(const struct opened *opened, const char *text, size_t len);

#endif
