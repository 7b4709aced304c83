/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arenas and sets of facts. */
#include "tests/support/test.h"

#include <errno.h>

#include "core/facts/factset.h"

/* ---------------------------------------------------------------- arena */

static void arena_gives_aligned_memory(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		assert_non_null(arena_alloc(&arena, 1, 1));
		assert_int_equal((uintptr_t)arena_alloc(&arena, 8, 8) % 8, 0);
	}
	arena_free(&arena);
}

static void arena_copies_bytes_with_zeros(void **state)
{
	struct arena arena = {0};
	char *copy = arena_copy(&arena, "a\0b", 3);

	(void)state;
	assert_memory_equal(copy, "a\0b", 4);
	arena_free(&arena);
}

static void arena_holds_more_than_a_chunk(void **state)
{
	struct arena arena = {0};
	char *large = arena_alloc(&arena, 3u << 20, 8);

	(void)state;
	memset(large, 1, 3u << 20);
	assert_non_null(arena_alloc(&arena, 100, 8));
	assert_true(arena.total > 3u << 20);
	arena_free(&arena);
}

static void arena_refuses_absurd_sizes(void **state)
{
	struct arena arena = {0};

	(void)state;
	assert_null(arena_alloc(&arena, SIZE_MAX - 4, 1));
	assert_null(arena_copy(&arena, "", SIZE_MAX));
	arena_free(&arena);
}

static void arena_rewinds_to_a_mark(void **state)
{
	struct arena arena = {0};
	char *before = arena_copy(&arena, "before", 6);
	struct arena_mark mark = arena_mark(&arena);
	size_t total = arena.total;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		assert_non_null(arena_alloc(&arena, 100, 8));
	arena_rewind(&arena, mark);
	assert_int_equal(arena.total, total);
	assert_string_equal(before, "before");
	assert_non_null(arena_alloc(&arena, 100, 8));
	arena_free(&arena);
}

/* ---------------------------------------------------------------- sets of facts */

static void set_is_sorted_and_found_by_key(void **state)
{
	static const char *const keys[] = {"vendor", "device", "mdev_type/name", "mdev_type",
					   "class"};
	struct arena arena = {0};
	struct factset_builder builder;
	struct factset set;

	(void)state;
	factset_builder_init(&builder, &arena);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(factset_builder_add(&builder, keys[i], keys[i], strlen(keys[i])),
				 0);
	assert_int_equal(factset_builder_finish(&builder, &set, NULL), 0);
	for (size_t i = 1; i < set.count; i++)
		assert_true(strcmp(set.facts[i - 1].key, set.facts[i].key) < 0);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(factset_text(&set, keys[i]), keys[i]);
	assert_null(factset_find(&set, "absent"));
	assert_null(factset_find(&set, "zzz"));
	arena_free(&arena);
}

static void set_may_be_empty(void **state)
{
	struct arena arena = {0};
	struct factset_builder builder;
	struct factset set;

	(void)state;
	factset_builder_init(&builder, &arena);
	assert_int_equal(factset_builder_finish(&builder, &set, NULL), 0);
	assert_int_equal(set.count, 0);
	assert_null(factset_find(&set, "vendor"));
	arena_free(&arena);
}

static void value_loses_its_last_newline_only(void **state)
{
	struct arena arena = {0};
	struct factset_builder builder;
	struct factset set;

	(void)state;
	factset_builder_init(&builder, &arena);
	factset_builder_add(&builder, "a", "x\ny\n\n", 5);
	factset_builder_add(&builder, "b", "\n", 1);
	factset_builder_add_binary(&builder, "c", "x\n", 2);
	assert_int_equal(factset_builder_finish(&builder, &set, NULL), 0);
	assert_string_equal(factset_text(&set, "a"), "x\ny\n");
	assert_string_equal(factset_text(&set, "b"), "");
	assert_int_equal(factset_find(&set, "c")->len, 2);
	arena_free(&arena);
}

static void value_that_is_no_text_is_binary(void **state)
{
	struct arena arena = {0};
	struct factset_builder builder;
	struct factset set;

	(void)state;
	factset_builder_init(&builder, &arena);
	factset_builder_add(&builder, "latin", "gr\xfcn\n", 5);
	factset_builder_add(&builder, "zero", "a\0b", 3);
	factset_builder_add_error(&builder, "error", EACCES);
	assert_int_equal(factset_builder_finish(&builder, &set, NULL), 0);
	assert_true(factset_find(&set, "latin")->binary);
	assert_int_equal(factset_find(&set, "latin")->len, 5);
	assert_true(factset_find(&set, "zero")->binary);
	assert_null(factset_text(&set, "zero"));
	assert_null(factset_text(&set, "error"));
	assert_int_equal(factset_find(&set, "error")->error, EACCES);
	arena_free(&arena);
}

static void builder_refuses_bad_facts(void **state)
{
	struct arena arena = {0};
	struct factset_builder builder;
	char *large = calloc(1, FACT_VALUE_MAX + 2);
	char key[FACT_KEY_MAX + 2];

	(void)state;
	memset(large, 'x', FACT_VALUE_MAX + 1);
	memset(key, 'k', sizeof(key));
	key[FACT_KEY_MAX + 1] = '\0';
	factset_builder_init(&builder, &arena);
	assert_int_equal(factset_builder_add(&builder, "", "v", 1), -EINVAL);
	assert_int_equal(factset_builder_add(&builder, "a\tb", "v", 1), -EINVAL);
	assert_int_equal(factset_builder_add(&builder, key, "v", 1), -E2BIG);
	assert_int_equal(factset_builder_add(&builder, "k", large, FACT_VALUE_MAX + 1), -E2BIG);
	assert_int_equal(factset_builder_add(&builder, "k", large, FACT_VALUE_MAX), 0);
	assert_int_equal(factset_builder_add_error(&builder, "e", ENOENT), 0);
	assert_int_equal(builder.count, 1);
	assert_int_equal(factset_builder_add_error(&builder, "e", 0), -EINVAL);
	assert_int_equal(factset_builder_add_error(&builder, "e", 4096), -EINVAL);
	factset_builder_free(&builder);
	arena_free(&arena);
	free(large);
}

static void builder_refuses_too_many_facts(void **state)
{
	struct arena arena = {0};
	struct factset_builder builder;
	const struct fact fact = {.key = "k", .value = "v", .len = 1};

	(void)state;
	factset_builder_init(&builder, &arena);
	for (size_t i = 0; i < FACTSET_MAX; i++)
		assert_int_equal(factset_builder_share(&builder, &fact), 0);
	assert_int_equal(factset_builder_share(&builder, &fact), -E2BIG);
	factset_builder_free(&builder);
	arena_free(&arena);
}

static void exact_repetition_is_one_fact(void **state)
{
	struct arena arena = {0};
	struct factset_builder builder;
	struct factset set;

	(void)state;
	factset_builder_init(&builder, &arena);
	factset_builder_add(&builder, "a", "1", 1);
	factset_builder_add(&builder, "a", "1", 1);
	assert_int_equal(factset_builder_finish(&builder, &set, NULL), 0);
	assert_int_equal(set.count, 1);
	arena_free(&arena);
}

static void key_with_two_values_is_refused(void **state)
{
	struct arena arena = {0};
	struct factset_builder builder;
	struct factset set;
	struct error err;

	(void)state;
	factset_builder_init(&builder, &arena);
	factset_builder_add(&builder, "a", "1", 1);
	factset_builder_add(&builder, "a", "2", 1);
	assert_int_equal(factset_builder_finish(&builder, &set, &err), -EEXIST);
	assert_contains(err.text, "\"a\"");
	factset_builder_init(&builder, &arena);
	factset_builder_add(&builder, "a", "1", 1);
	factset_builder_add_error(&builder, "a", EIO);
	assert_int_equal(factset_builder_finish(&builder, &set, &err), -EEXIST);
	arena_free(&arena);
}

static void glob_crosses_no_slash(void **state)
{
	const char *const globs[] = {"vendor", "mdev_type/*"};

	(void)state;
	assert_true(fact_glob_match("bus/ap/devices/*/hwtype", "bus/ap/devices/card05/hwtype"));
	assert_false(fact_glob_match("bus/*/hwtype", "bus/ap/devices/card05/hwtype"));
	assert_true(fact_glob_match("card0?", "card05"));
	assert_false(fact_glob_match("card?5", "card/5"));
	assert_true(fact_glob_any(globs, 2, "mdev_type/name"));
	assert_false(fact_glob_any(globs, 2, "mdev_type/devices/x"));
	assert_false(fact_glob_any(globs, 0, "vendor"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_aligned_memory),
		cmocka_unit_test(arena_copies_bytes_with_zeros),
		cmocka_unit_test(arena_holds_more_than_a_chunk),
		cmocka_unit_test(arena_refuses_absurd_sizes),
		cmocka_unit_test(arena_rewinds_to_a_mark),
		cmocka_unit_test(set_is_sorted_and_found_by_key),
		cmocka_unit_test(set_may_be_empty),
		cmocka_unit_test(value_loses_its_last_newline_only),
		cmocka_unit_test(value_that_is_no_text_is_binary),
		cmocka_unit_test(builder_refuses_bad_facts),
		cmocka_unit_test(builder_refuses_too_many_facts),
		cmocka_unit_test(exact_repetition_is_one_fact),
		cmocka_unit_test(key_with_two_values_is_refused),
		cmocka_unit_test(glob_crosses_no_slash),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
