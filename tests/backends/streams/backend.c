/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads streams, and breaks its contract as the first byte of a stream says. */
#include <errno.h>

#include "tests/backends/crash.h"
#include "tests/backends/plain.h"

static void find(const struct migcompat_host *host, struct migcompat_result *result,
		 const char *field)
{
	struct migcompat_finding finding = {
		.struct_size = sizeof(finding), .field = field, .rule = MIGCOMPAT_RULE_INFO};

	host->finding(result, &finding);
}

static int streams_stream(const struct migcompat_host *host, void *handle, const void *head,
			  size_t len, uint64_t size, struct migcompat_result *result)
{
	const char *bytes = head;
	const char *value;

	(void)size;
	switch (len ? bytes[0] : 0) {
	case 'g': /* good */
		find(host, result, handle ? "stream_with_device" : "stream_alone");
		return 0;
	case 'b': /* adds a bad finding about an unknown stream */
		find(host, result, "stream_driver");
		return -ENOMSG;
	case 'n': /* adds no finding */
		return 0;
	case 'e':
		return -EUCLEAN;
	case '1':
		return 1;
	case 'f': /* asks for a fact that it did not declare */
		find(host, result, "stream_driver");
		if (handle)
			host->fact(plain_facts, 0, "nobody/wants/this", &value, NULL);
		return 0;
	case 'c':
		crash();
		return 0;
	default:
		return -ENOMSG;
	}
}

#define PLAIN_NAME "streams"
#define PLAIN_STREAM streams_stream
#include "tests/backends/register.h"
