/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of inventories that are refused. */
#ifndef TESTS_UNIT_FACTS_INVENTORY_BAD_H
#define TESTS_UNIT_FACTS_INVENTORY_BAD_H

#include "tests/support/test.h"

#include "core/facts/inventory_json.h"

/* Read a text that must be refused. Returns the error, with its message in err. */
static inline int read_bad(const char *text, size_t len, struct error *err)
{
	struct inventory inventory;
	int r;

	inventory_init(&inventory);
	r = inventory_read_buffer(&inventory, "a.json", text, len, err);
	assert_int_equal(inventory.nhosts, 0);
	assert_int_equal(inventory.ndevices, 0);
	inventory_free(&inventory);
	return r;
}

#endif
