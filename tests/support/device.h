/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices made of facts, for tests of a backend without files, workers and hosts. A bench
 * has one host and any number of its devices.
 */
#ifndef TESTS_SUPPORT_DEVICE_H
#define TESTS_SUPPORT_DEVICE_H

#include "core/backend/provider.h"
#include "core/facts/model.h"
#include "tests/support/test.h"

#define TEST_DEVICES_MAX 64

struct test_host {
	struct inventory inventory;
	struct host *host;
	struct device devices[TEST_DEVICES_MAX]; /* must not move in memory */
	size_t ndevices;
};

/* facts is "key", "value", …, NULL. A value "!EACCES" is an error with that name. */
static inline struct factset test_facts(struct arena *arena, const char *const *facts)
{
	struct factset_builder builder;
	struct factset set;
	struct error err = {0};

	factset_builder_init(&builder, arena);
	for (; facts && facts[0]; facts += 2) {
		const char *key = arena_copy(arena, facts[0], strlen(facts[0]));

		assert_non_null(key);
		if (facts[1][0] == '!')
			assert_int_equal(factset_builder_add_error(&builder, key,
								   error_number(facts[1] + 1)),
					 0);
		else
			assert_int_equal(
				factset_builder_add(&builder, key, facts[1], strlen(facts[1])), 0);
	}
	assert_int_equal(factset_builder_finish(&builder, &set, &err), 0);
	return set;
}

static inline void test_host_make(struct test_host *host, const char *const *facts)
{
	memset(host, 0, sizeof(*host));
	inventory_init(&host->inventory);
	host->host = inventory_add_host(&host->inventory);
	assert_non_null(host->host);
	host->host->name = "a";
	host->host->facts = test_facts(&host->inventory.arena, facts);
}

static inline const struct device *test_device(struct test_host *host, enum migcompat_kind kind,
					       const char *id, const char *const *facts)
{
	struct device *device = &host->devices[host->ndevices++];

	assert_true(host->ndevices <= TEST_DEVICES_MAX);
	*device = (struct device){.id = id, .kind = kind, .host = host->host};
	device->facts = test_facts(&host->inventory.arena, facts);
	return device;
}

static inline void test_host_free(struct test_host *host)
{
	inventory_free(&host->inventory);
}

/*
 * A backend of the build by its namespace. settings is "name", "value", …, NULL; or NULL
 * for the initial values.
 */
static inline const char *test_setting(void *arg, const char *namespace, const char *name)
{
	(void)namespace;
	for (const char *const *pair = arg; pair && pair[0]; pair += 2)
		if (strcmp(pair[0], name) == 0)
			return pair[1];
	return NULL;
}

static inline struct provider *test_backend(const char *name, const char *const *settings)
{
	struct provider *provider = NULL;
	struct error err = {0};
	char path[4096];

	snprintf(path, sizeof(path), TEST_BACKENDS "/%s.so", name);
	assert_int_equal(provider_local_new(path, &provider, &err), 0);
	if (provider->info.error)
		fail_msg("%s: %s", path, provider->info.error);
	assert_int_equal(provider_settle(provider, test_setting, (void *)(uintptr_t)settings), 0);
	return provider;
}

static inline struct opened *test_open(struct provider *provider, const struct device *device)
{
	struct opened *opened = NULL;
	struct error err = {0};

	if (provider_open(provider, device, &opened, &err) != 0)
		fail_msg("%s: %s", device->id, err.text);
	return opened;
}

/* Compare source to target. The result is reset first, and belongs to the caller. */
static inline void test_compare(struct opened *source, struct opened *target,
				struct migcompat_result *result)
{
	struct error err = {0};

	assert_int_equal(result_reset(result), 0);
	if (opened_compare(target, source->payload, source->payload_len, result, &err) != 0)
		fail_msg("%s", err.text);
}

/* The finding of a field, or NULL. */
static inline const struct finding *test_finding(const struct migcompat_result *result,
						 const char *field)
{
	for (size_t i = 0; i < result->count; i++)
		if (strcmp(result->findings[i].field, field) == 0)
			return &result->findings[i];
	return NULL;
}

#endif
