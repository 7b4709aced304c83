/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the driver of a stream. Each reader judges for itself, so several may claim a
 * stream.
 */
#include <errno.h>

#include "streams.h"

int streams_read(const struct migcompat_host *host, void *handle, const void *head, size_t len,
		 uint64_t size, struct migcompat_result *result)
{
	/* The core passes as much of a stream as it can, so a shorter one without a size
	 * is whole. */
	bool whole = size ? size <= len : len < MIGCOMPAT_STREAM_HEAD;
	const struct stream stream = {
		.host = host,
		.result = result,
		.bytes = head,
		.len = len,
		.size = whole ? len : size,
	};
	bool found;

	(void)handle; /* it serves no device */
	/* A magic leaves no doubt. */
	if (hisi_read(&stream) || qat_read(&stream))
		return 0;
	found = xe_read(&stream);
	return mlx5_virtio_read(&stream, found) || found ? 0 : -ENOMSG;
}
