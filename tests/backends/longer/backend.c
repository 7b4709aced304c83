/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built for a later release: its struct has more members than are known today. */
#include <stdint.h>

#include "tests/backends/plain.h"

#define PLAIN_NAME "longer"
#define PLAIN_SIZE sizeof(struct longer)
#define PLAIN_UNREGISTERED
#include "tests/backends/register.h"

struct longer {
	struct migcompat_backend known;
	uint64_t to_come[32];
};

/*
 * One symbol with two types: the type that the header declares is the beginning of this
 * one.
 */
extern const struct longer longer_backend __asm__("migcompat_backend") MIGCOMPAT_EXPORT;
const struct longer longer_backend = {.known = PLAIN, .to_come = {1, 2, 3}};
