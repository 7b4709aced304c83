/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads a message at the service's socket. It is refused with a sentence, or it is a call
 * whose parts are within their bounds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/facts/json_seed.h"
#include "core/service/varlink/varlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct varlink_call call = {.parameters = NULL};
	struct error err = {0};

	json_seed();
	if (varlink_parse((const char *)data, size, &call, &err)) {
		if (!*err.text || call.parameters)
			abort();
		return 0;
	}
	if (!strchr(call.method, '.') || !json_is_object(call.parameters))
		abort();
	free(varlink_reply(NULL, json_incref(call.parameters), call.more));
	varlink_clear(&call);
	return 0;
}
