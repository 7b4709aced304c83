/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a device's class from what its backend said of it. A pure function. */
#include "core/check/class.h"

#include <string.h>

#include <nettle/sha2.h>

static void add(struct sha256_ctx *hash, const char *text, size_t len)
{
	sha256_update(hash, len, (const uint8_t *)text);
}

const char *class_name(const struct opened *opened, char ret[CLASS_SIZE])
{
	const char *namespace = opened->provider->info.name;
	uint8_t digest[(CLASS_SIZE - 1) / 2];
	struct sha256_ctx hash;

	if (!opened->newest)
		return NULL;
	sha256_init(&hash);
	add(&hash, namespace, strlen(namespace));
	add(&hash, ":", 1);
	add(&hash, opened->type, strlen(opened->type));
	add(&hash, ":", 1);
	add(&hash, opened->newest, opened->newest_len);
	sha256_digest(&hash, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		ret[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	ret[CLASS_SIZE - 1] = '\0';
	return ret;
}
