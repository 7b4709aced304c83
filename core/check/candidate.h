/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Candidates: how a target could be set up for a payload, and what that means for its
 * type. They are asked for before the comparison, and only if the types differ: while a
 * batch is being compared, the worker answers nothing else.
 */
#ifndef CORE_CHECK_CANDIDATE_H
#define CORE_CHECK_CANDIDATE_H

#include "core/backend/provider.h"
#include "core/check/version_string.h"

/*
 * The candidate that a comparison is about: the first one that gives the target the
 * source's type. NULL: there is none.
 */
const struct migcompat_candidate *candidate_for(const struct opened *opened,
						const struct migcompat_sink *sink,
						const struct version_string *string);

/*
 * Could the target be set up to have the source's type? 1, 0, or an error of the backend.
 */
int candidate_has_type(struct opened *opened, const struct version_string *string,
		       struct error *err);

/*
 * May a question about this string ask the backend for more than the comparison? Then its
 * worker must be free.
 */
bool candidate_is_asked(const struct opened *opened, const char *text, size_t len);

#endif
