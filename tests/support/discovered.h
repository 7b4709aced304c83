/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of discovery: running it, and finding devices and facts. One inventory at a
 * time.
 */
#ifndef TESTS_SUPPORT_DISCOVERED_H
#define TESTS_SUPPORT_DISCOVERED_H

#include <errno.h>

#include "core/discovery/discovery.h"
#include "core/facts/macros.h"
#include "tests/support/mocked.h"

static struct inventory inventory;
static struct error err;
static char asked[4096]; /* calls of served, one "MODULE MODALIAS\n" each */

static inline int setup(void **state)
{
	(void)state;
	inventory_init(&inventory);
	err = (struct error){0};
	asked[0] = '\0';
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	inventory_free(&inventory);
	return 0;
}

static inline bool served(void *arg, const char *module, const char *modalias)
{
	size_t len = strlen(asked);

	snprintf(asked + len, sizeof(asked) - len, "%s %s\n", module, modalias);
	return arg && strcmp(arg, module) == 0;
}

static inline void run(const struct discovery_options *options)
{
	assert_int_equal(discovery_run(&inventory, options, &err), 0);
	assert_int_equal(inventory_finish(&inventory, &err), 0);
}

static inline void discover(void)
{
	run(&(struct discovery_options){0});
}

static inline void discover_wanted(const struct discovery_want *wants, size_t count)
{
	run(&(struct discovery_options){.wants = wants, .nwants = count});
}

static inline void discover_only(const char *id)
{
	run(&(struct discovery_options){.only = id});
}

static inline const struct device *find(const char *id)
{
	const struct device *device = NULL;

	if (inventory_find(&inventory, id, &device, &err) < 0)
		fail_msg("%s", err.text);
	return device;
}

static inline void assert_ids(const char *const *ids, size_t count)
{
	assert_int_equal(inventory.ndevices, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(inventory.devices[i].id, ids[i]);
}

static inline void assert_value(const struct factset *facts, const char *key, const char *value)
{
	const struct fact *fact = factset_find(facts, key);

	if (!fact) {
		fail_msg("no fact \"%s\"", key);
		return;
	}
	assert_int_equal(fact->error, 0);
	assert_string_equal(fact->value, value);
}

static inline void assert_fact(const char *id, const char *key, const char *value)
{
	assert_value(&find(id)->facts, key, value);
}

static inline void assert_missing(const char *id, const char *key)
{
	assert_null(factset_find(&find(id)->facts, key));
}

static inline void assert_failed(const char *id, const char *key, int error)
{
	const struct fact *fact = factset_find(&find(id)->facts, key);

	if (!fact) {
		fail_msg("no fact \"%s\"", key);
		return;
	}
	assert_int_equal(fact->error, error);
	assert_null(fact->value);
}

#endif
