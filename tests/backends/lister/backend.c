/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists more than a reply may hold. */
#include "tests/backends/plain.h"

static int lister_candidates(void *handle, const char *payload, size_t len,
			     struct migcompat_sink *sink)
{
	static char name[60001];
	struct migcompat_candidate candidate = {.struct_size = sizeof(candidate), .name = name};
	int r = 0;

	(void)handle;
	(void)payload;
	(void)len;
	memset(name, 'x', sizeof(name) - 1);
	for (int i = 0; i < 200 && !r; i++)
		r = plain_host->candidate(sink, &candidate);
	return r;
}

#define PLAIN_NAME "lister"
#define PLAIN_CANDIDATES lister_candidates
#include "tests/backends/register.h"
