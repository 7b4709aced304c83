/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A correct backend with the least code. Each folder beside this changes one thing: a
 * name PLAIN_… that it defines before it includes this replaces the correct one.
 */
#ifndef TESTS_BACKENDS_PLAIN_H
#define TESTS_BACKENDS_PLAIN_H

#include <string.h>

#include "migcompat/backend.h"

#define PLAIN_PAYLOAD "1;plain"

/*
 * What a handle points to. It is the same for all devices, so a test opens one device at
 * a time.
 */
static const struct migcompat_host *plain_host __attribute__((unused));
static const struct migcompat_facts *plain_facts __attribute__((unused));

static inline int plain_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
			     void **ret_handle)
{
	static int handle;

	plain_host = host;
	plain_facts = facts;
	*ret_handle = &handle;
	return 0;
}

static inline void plain_close(void *handle)
{
	(void)handle;
}

static inline int plain_describe(void *handle, struct migcompat_description *ret)
{
	(void)handle;
	ret->type = "plain";
	ret->label = "A plain device";
	return 0;
}

static inline int plain_payload(void *handle, char *buffer, size_t size)
{
	(void)handle;
	(void)size;
	memcpy(buffer, PLAIN_PAYLOAD, sizeof(PLAIN_PAYLOAD) - 1);
	return sizeof(PLAIN_PAYLOAD) - 1;
}

static inline void plain_finding(struct migcompat_result *result, uint32_t status, const char *text)
{
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "plain",
		.status = status,
		.limit = status == MIGCOMPAT_STATUS_BAD ? MIGCOMPAT_LIMIT_PARAMETER
							: MIGCOMPAT_LIMIT_NONE,
		.text = text,
	};

	plain_host->finding(result, &finding);
}

static inline int plain_compare(void *handle, const char *payload, size_t len,
				struct migcompat_result *result)
{
	int same = len == sizeof(PLAIN_PAYLOAD) - 1 && memcmp(payload, PLAIN_PAYLOAD, len) == 0;

	(void)handle;
	plain_finding(result, same ? MIGCOMPAT_STATUS_OK : MIGCOMPAT_STATUS_BAD, NULL);
	return 0;
}

#endif
