/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fingerprints: they change if anything changes that an answer depends on. Availability
 * is left out. The service makes fingerprints without vendor code. So a backend must
 * declare the facts that its mechanism depends on as compared ones.
 */
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/check/check.h"
#include "core/facts/kernel_word.h"

/*
 * Render a hash in hexadecimal. snprintf takes ten times as long as the hash of a string.
 */
static void print(XXH128_hash_t hash, char ret[FINGERPRINT_SIZE])
{
	for (unsigned i = 0; i < 16; i++) {
		ret[15 - i] = "0123456789abcdef"[hash.high64 >> (4 * i) & 15];
		ret[31 - i] = "0123456789abcdef"[hash.low64 >> (4 * i) & 15];
	}
	ret[32] = '\0';
}

_Static_assert(FINGERPRINT_SIZE == 33, "32 digits and the end");

static bool compared(const struct backend_info *info, uint32_t scope, const char *key)
{
	for (size_t i = 0; i < info->nwants; i++)
		if ((info->wants[i].flags & (MIGCOMPAT_WANT_HOST | MIGCOMPAT_WANT_AVAILABILITY)) ==
			    scope &&
		    fact_glob_match(info->wants[i].glob, key))
			return true;
	return false;
}

/* Is it a fact about the device's current activity, or about other drivers? */
static bool is_volatile(const char *key)
{
	return strcmp(key, KERNEL_WORD_STATE) == 0 || strcmp(key, "vfio/variant_drivers") == 0;
}

static void add_text(XXH3_state_t *state, const char *text, size_t len)
{
	uint64_t size = len;

	/*
	 * The length separates the texts, so that two different lists never hash alike.
	 */
	XXH3_128bits_update(state, &size, sizeof(size));
	XXH3_128bits_update(state, text, len);
}

static void add_facts(XXH3_state_t *state, const struct backend_info *info, uint32_t scope,
		      const struct factset *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *fact = &facts->facts[i];

		if (!compared(info, scope, fact->key) || is_volatile(fact->key))
			continue;
		add_text(state, fact->key, strlen(fact->key));
		add_text(state, fact->error ? (const char *)&fact->error : fact->value,
			 fact->error ? sizeof(fact->error) : fact->len);
	}
}

void fingerprint_device(const struct engine *engine, const struct opened *opened,
			char ret[FINGERPRINT_SIZE])
{
	fingerprint_facts(engine, opened->provider, opened->device, ret);
}

void fingerprint_facts(const struct engine *engine, const struct provider *provider,
		       const struct device *device, char ret[FINGERPRINT_SIZE])
{
	const struct backend_info *info = &provider->info;
	uint64_t policy = policy_hash(engine->policy);
	/*
	 * The backend's word on the mechanism is made of facts, so it is covered by them.
	 */
	uint32_t word = kernel_word(device);
	XXH3_state_t state;

	XXH3_INITSTATE(&state);
	XXH3_128bits_reset(&state);
	add_text(&state, info->name, strlen(info->name));
	add_text(&state, info->version, strlen(info->version));
	add_text(&state, (const char *)&policy, sizeof(policy));
	add_text(&state, (const char *)&word, sizeof(word));
	add_text(&state, kind_name(device->kind), strlen(kind_name(device->kind)));
	add_facts(&state, info, 0, &device->facts);
	add_facts(&state, info, MIGCOMPAT_WANT_HOST, &device->host->facts);
	print(XXH3_128bits_digest(&state), ret);
}

void fingerprint_text(const char *text, size_t len, char ret[FINGERPRINT_SIZE])
{
	print(XXH3_128bits(text, len), ret);
}
