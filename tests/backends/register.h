/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registers the plain backend with the changes of its folder. Included last. */
#include "tests/backends/plain.h"

#ifndef PLAIN_SIZE
#define PLAIN_SIZE sizeof(struct migcompat_backend)
#endif
#ifndef PLAIN_API
#define PLAIN_API MIGCOMPAT_BACKEND_API
#endif
#ifndef PLAIN_VERSION
#define PLAIN_VERSION "1.0.0"
#endif
#ifndef PLAIN_DESCRIPTION
#define PLAIN_DESCRIPTION "A backend for tests"
#endif
#ifndef PLAIN_KEY
#define PLAIN_KEY PLAIN_NAME
#endif
#ifndef PLAIN_OPEN
#define PLAIN_OPEN plain_open
#endif
#ifndef PLAIN_PAYLOAD_FN
#define PLAIN_PAYLOAD_FN plain_payload
#endif
#ifndef PLAIN_DESCRIBE
#define PLAIN_DESCRIBE plain_describe
#endif
#ifndef PLAIN_COMPARE
#define PLAIN_COMPARE plain_compare
#endif
#ifndef PLAIN_CANDIDATES
#define PLAIN_CANDIDATES NULL
#endif
#ifndef PLAIN_PARAMETERS
#define PLAIN_PARAMETERS NULL
#endif
#ifndef PLAIN_PREPARE
#define PLAIN_PREPARE NULL
#endif
#ifndef PLAIN_TABLE
#define PLAIN_TABLE NULL
#endif
#ifndef PLAIN_STREAM
#define PLAIN_STREAM NULL
#endif

#ifndef PLAIN_CLOSE
#define PLAIN_CLOSE plain_close
#endif
#ifndef PLAIN_SETTINGS
#define PLAIN_SETTINGS NULL
#define PLAIN_NSETTINGS 0
#endif
#ifndef PLAIN_FALLBACK
#define PLAIN_FALLBACK 0
#endif

#ifndef PLAIN_WANT_FLAGS
#define PLAIN_WANT_FLAGS 0
#endif

static const char *const plain_keys[] = {PLAIN_KEY, NULL};

static const struct migcompat_want plain_wants[] = {
	{"plain", PLAIN_WANT_FLAGS},
	{"many/*", PLAIN_WANT_FLAGS},
	{"module/plain/version", MIGCOMPAT_WANT_HOST | PLAIN_WANT_FLAGS},
};

#define PLAIN                                                                                   \
	{                                                                                       \
		.struct_size = PLAIN_SIZE, .api_version = PLAIN_API, .name = PLAIN_NAME,        \
		.version = PLAIN_VERSION, .description = PLAIN_DESCRIPTION, .keys = plain_keys, \
		.wants = plain_wants, .want_size = sizeof(plain_wants[0]), .nwants = 3,         \
		.open = PLAIN_OPEN, .close = PLAIN_CLOSE, .describe = PLAIN_DESCRIBE,           \
		.payload = PLAIN_PAYLOAD_FN, .compare = PLAIN_COMPARE,                          \
		.candidates = PLAIN_CANDIDATES, .parameters = PLAIN_PARAMETERS,                 \
		.prepare = PLAIN_PREPARE, .table = PLAIN_TABLE, .stream = PLAIN_STREAM,         \
		.settings = PLAIN_SETTINGS, .setting_size = sizeof(struct migcompat_setting),   \
		.nsettings = PLAIN_NSETTINGS, .fallback = PLAIN_FALLBACK,                       \
	}

#ifndef PLAIN_UNREGISTERED
const struct migcompat_backend migcompat_backend = PLAIN;
#endif
