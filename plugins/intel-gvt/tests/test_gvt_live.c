/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live host, under umockdev, has the same devices, facts and strings as its
 * inventory.
 */
#include "core/backend/provider.h"
#include "core/discovery/discovery.h"
#include "tests/support/device.h"
#include "tests/support/mocked.h"

struct pair {
	struct inventory live;
	struct inventory recorded;
	struct provider *provider;
};

static const char *host_name; /* set before a group runs */

static bool served(void *arg, const char *module, const char *modalias)
{
	(void)arg;
	(void)modalias;
	return strcmp(module, "i915") == 0;
}

static void discover(struct pair *pair)
{
	struct discovery_want wants[64];
	const struct backend_info *info = &pair->provider->info;
	struct error err = {0};

	assert_true(info->nwants <= sizeof(wants) / sizeof(wants[0]));
	for (size_t i = 0; i < info->nwants; i++)
		wants[i] = (struct discovery_want){.glob = info->wants[i].glob,
						   .flags = info->wants[i].flags};
	if (discovery_run(&pair->live,
			  &(struct discovery_options){
				  .wants = wants, .nwants = info->nwants, .served = served},
			  &err) != 0 ||
	    inventory_finish(&pair->live, &err) != 0)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	struct error err = {0};
	char path[4096];

	assert_non_null(pair);
	*state = pair;
	inventory_init(&pair->live);
	inventory_init(&pair->recorded);
	pair->provider = test_backend("i915", NULL);
	discover(pair);
	snprintf(path, sizeof(path), TEST_SOURCE "/tests/hosts/%s.json", host_name);
	if (inventory_read_file(&pair->recorded, path, &err) != 0 ||
	    inventory_finish(&pair->recorded, &err) != 0)
		fail_msg("%s", err.text);
	return 0;
}

static int teardown(void **state)
{
	struct pair *pair = *state;

	inventory_free(&pair->live);
	inventory_free(&pair->recorded);
	provider_free(pair->provider);
	free(pair);
	return 0;
}

static const struct device *live(struct pair *pair, const struct device *recorded)
{
	const struct device *device = NULL;
	struct error err = {0};

	if (inventory_find(&pair->live, recorded->id, &device, &err) != 0)
		fail_msg("%s", err.text);
	return device;
}

static void the_same_devices_are_there(void **state)
{
	struct pair *pair = *state;

	assert_int_equal(pair->live.ndevices, pair->recorded.ndevices);
	for (size_t i = 0; i < pair->recorded.ndevices; i++) {
		const struct device *recorded = &pair->recorded.devices[i],
				    *found = live(pair, recorded);

		assert_int_equal(found->kind, recorded->kind);
		assert_string_equal(found->path, recorded->path);
		assert_string_equal(found->parent, recorded->parent);
		assert_string_equal(found->driver, recorded->driver);
	}
}

static void they_have_the_same_facts(void **state)
{
	struct pair *pair = *state;

	for (size_t i = 0; i < pair->recorded.ndevices; i++) {
		const struct device *recorded = &pair->recorded.devices[i];
		const struct factset *theirs = &live(pair, recorded)->facts;

		for (size_t f = 0; f < recorded->facts.count; f++) {
			const struct fact *fact = &recorded->facts.facts[f];
			const char *text = factset_text(theirs, fact->key);

			if (!text || strcmp(text, fact->value) != 0)
				fail_msg("%s: %s is \"%s\" live, \"%s\" in the inventory",
					 recorded->id, fact->key, text ? text : "missing",
					 fact->value);
		}
		for (size_t f = 0; f < theirs->count; f++)
			if (!factset_find(&recorded->facts, theirs->facts[f].key))
				fail_msg("%s: the inventory lacks %s", recorded->id,
					 theirs->facts[f].key);
	}
}

static void they_have_the_same_strings(void **state)
{
	struct pair *pair = *state;

	for (size_t i = 0; i < pair->recorded.ndevices; i++) {
		const struct device *recorded = &pair->recorded.devices[i];
		struct opened *one = test_open(pair->provider, recorded),
			      *two = test_open(pair->provider, live(pair, recorded));

		assert_string_equal(one->type, two->type);
		assert_string_equal(one->payload, two->payload);
		opened_close(one);
		opened_close(two);
	}
}

static int compare_host(const char *name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_devices_are_there),
		cmocka_unit_test(they_have_the_same_facts),
		cmocka_unit_test(they_have_the_same_strings),
	};

	host_name = name;
	return cmocka_run_group_tests(tests, setup, teardown);
}

static int run_gen8(void)
{
	return compare_host("gvt-gen8-256");
}

static int run_gen9(void)
{
	return compare_host("gvt-gen9-1024");
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {
		{"gen8", "gvt-gen8-256.umockdev", run_gen8},
		{"gen9", "gvt-gen9-1024.umockdev", run_gen9},
	};

	return mocked_main(groups, sizeof(groups) / sizeof(groups[0]), argc, argv);
}
