/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads streams and serves no device. */
#include "streams.h"

static const char *const keys[] = {NULL};

MIGCOMPAT_REGISTER(.thread_model = MIGCOMPAT_THREAD_PARALLEL, .name = "kernel_streams",
		   .version = "1.0.0",
		   .description = "What the migration streams of Linux' VFIO drivers begin with",
		   .keys = keys, .stream = streams_read);
