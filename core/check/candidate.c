/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the candidate that fits. A backend lists its candidates best first. */
#include "core/check/candidate.h"

#include <errno.h>
#include <string.h>

static bool is_type(const char *type, const struct version_string *string)
{
	return strlen(type) == string->type_len &&
	       memcmp(type, string->type, string->type_len) == 0;
}

const struct migcompat_candidate *candidate_for(const struct opened *opened,
						const struct migcompat_sink *sink,
						const struct version_string *string)
{
	for (size_t i = 0; i < sink->ncandidates; i++) {
		const char *type = sink->candidates[i].type;

		if (is_type(type ? type : opened->type, string))
			return &sink->candidates[i];
	}
	return NULL;
}

int candidate_has_type(struct opened *opened, const struct version_string *string,
		       struct error *err)
{
	struct migcompat_sink sink = {0};
	int r = opened_list(opened, PROVIDER_CANDIDATES, string->payload, string->payload_len,
			    &sink, err);
	int found = candidate_for(opened, &sink, string) != NULL;

	sink_free(&sink);
	return r && r != -EOPNOTSUPP ? r : !r && found;
}

bool candidate_is_asked(const struct opened *opened, const char *text, size_t len)
{
	struct version_string string;

	return info_lists_candidates(&opened->provider->info) &&
	       !version_string_parse(text, len, &string, NULL) && !is_type(opened->type, &string);
}
