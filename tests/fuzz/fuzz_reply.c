/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads replies of a service. Each is refused with a sentence, or has all its parts, and
 * so has each document in it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cli/document.h"
#include "core/cli/varlink_client.h"
#include "core/facts/json_seed.h"

#define SIZE_MAX_BYTES 65536u /* the size of a socket's buffer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_documents(json_t *parameters)
{
	static const struct shape *const shapes[] = {
		shape_list,       shape_device,   shape_verdict, shape_choices,
		shape_parameters, shape_backends, shape_event,   shape_nothing,
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct error err = {0};
		int r = document_check(parameters, shapes[i], &err);

		if (r ? r != -EBADMSG || !*err.text : *err.text)
			abort();
	}
	/* After the check all parts that a table needs are there. */
	if (document_check(parameters, shape_verdict, NULL) == 0 &&
	    (!document_text(parameters, "reason") ||
	     !document_text(json_object_get(parameters, "mechanism"), "state")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct varlink_client client = {
		.path = "fuzz", .watched = -1, .deadline_ms = UINT64_MAX, .end_ms = UINT64_MAX};
	struct varlink_reply reply;
	struct error err = {0};
	int fds[2];

	json_seed();
	if (size > SIZE_MAX_BYTES || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
		return 0;
	if (write(fds[1], data, size) != (ssize_t)size)
		abort();
	close(fds[1]);
	client.fd = fds[0];
	while (varlink_receive(&client, &reply, &err) == 0) {
		if (!json_is_object(reply.parameters))
			abort();
		check_documents(reply.parameters);
		varlink_reply_clear(&reply);
	}
	if (!*err.text)
		abort();
	varlink_close(&client);
	return 0;
}
