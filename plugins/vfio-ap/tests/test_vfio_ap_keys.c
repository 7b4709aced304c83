/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Master keys: which lines count, which source of them wins, and what the setting does
 * with a difference or with unknown keys.
 */
#include "core/facts/inventory_json.h"
#include "plugins/vfio-ap/tests/ap_test.h"
#include "tests/support/files.h"

#define CCA_KEYS                                \
	"AES NEW: empty 0x0000000000000000\n"   \
	"AES CUR: valid 0xaaaaaaaaaaaaaaaa\n"   \
	"AES OLD: invalid 0x0000000000000000\n" \
	"APKA NEW: empty 0x0000000000000000\n"  \
	"APKA CUR: valid 0xbbbbbbbbbbbbbbbb\n"  \
	"APKA OLD: invalid 0x0000000000000000"
#define WK "0x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const with_warn[] = {"master_keys", "warn", NULL};
static const char *const with_ignore[] = {"master_keys", "ignore", NULL};
static const char *const with_require[] = {"master_keys", "require", NULL};
static const char *const with_other[] = {"master_keys", "other", NULL};

static int setup_ignore(void **state)
{
	return pair_setup_with(state, with_ignore);
}

static int setup_require(void **state)
{
	return pair_setup_with(state, with_require);
}

static int setup_other(void **state)
{
	return pair_setup_with(state, with_other);
}

static int setup_warn(void **state)
{
	return pair_setup_with(state, with_warn);
}

static void put_all(struct side *side, const char *keys)
{
	static const unsigned adapters[] = {0x05, 0x06}, domains[] = {0x04, 0x47};

	for (size_t a = 0; a < 2; a++)
		for (size_t d = 0; d < 2; d++)
			put_stated_keys(side, adapters[a], domains[d], keys);
}

static void drop_all(struct side *side)
{
	list_drop(&side->host_facts, "stated/mkvps/05.0004");
	list_drop(&side->host_facts, "stated/mkvps/05.0047");
	list_drop(&side->host_facts, "stated/mkvps/06.0004");
	list_drop(&side->host_facts, "stated/mkvps/06.0047");
}

static enum migcompat_status status_of(const struct pair *pair, const char *field)
{
	const struct finding *finding = test_finding(&pair->result, field);

	if (!finding)
		fail_msg("no finding \"%s\"", field);
	return (enum migcompat_status)finding->status;
}

/* ---------------------------------------------------------------- the setting */

static void warn_shows_a_difference_and_lets_it_pass(void **state)
{
	struct pair *pair = *state;

	put_stated_keys(&pair->target, 0x06, 0x47, "AES CUR: valid 0x2222222222222222");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(status_of(pair, "adapter 06 master keys"), MIGCOMPAT_STATUS_WARN);
	assert_null(test_finding(&pair->result, "adapter 05 master keys"));
	assert_null(test_finding(&pair->result, "master keys"));
}

static void warn_shows_what_is_not_known_and_lets_it_pass(void **state)
{
	struct pair *pair = *state;

	list_drop(&pair->target.host_facts, "stated/mkvps/06.0047");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(status_of(pair, "master keys"), MIGCOMPAT_STATUS_WARN);
	assert_contains(test_finding(&pair->result, "master keys")->text,
			"of 1 adapters at the target (first 06) are not known");
	drop_all(&pair->source);
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_contains(test_finding(&pair->result, "master keys")->text,
			"of 2 adapters at the source (first 05) and of 1 adapters at the target "
			"(first 06)");
}

static void unknown_on_both_sides_is_no_equality(void **state)
{
	struct pair *pair = *state;

	drop_all(&pair->source);
	drop_all(&pair->target);
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(status_of(pair, "master keys"), MIGCOMPAT_STATUS_WARN);
	assert_contains(test_finding(&pair->result, "master keys")->text,
			"of 2 adapters at the source (first 05) and of 2 adapters at the target");
}

static void require_accepts_equal_keys(void **state)
{
	struct pair *pair = *state;

	pair_compare(pair);
	expect_fit(pair, 0);
	assert_int_equal(status_of(pair, "master keys"), MIGCOMPAT_STATUS_OK);
}

static void require_refuses_a_difference(void **state)
{
	struct pair *pair = *state;

	put_stated_keys(&pair->target, 0x06, 0x47, "AES CUR: valid 0x2222222222222222");
	pair_compare(pair);
	expect_bad(pair, "adapter 06 master keys", MIGCOMPAT_LIMIT_PARAMETER);
}

static void require_refuses_what_is_not_known(void **state)
{
	struct pair *pair = *state;

	list_drop(&pair->target.host_facts, "stated/mkvps/05.0004");
	pair_compare(pair);
	expect_bad(pair, "master keys", MIGCOMPAT_LIMIT_PARAMETER);
	drop_all(&pair->target);
	drop_all(&pair->source);
	pair_compare(pair);
	expect_bad(pair, "master keys", MIGCOMPAT_LIMIT_PARAMETER);
}

static void ignore_says_nothing(void **state)
{
	struct pair *pair = *state;

	put_all(&pair->target, "AES CUR: valid 0x2222222222222222");
	pair_compare(pair);
	expect_fit(pair, 0);
	assert_null(test_finding(&pair->result, "adapter 05 master keys"));
	assert_null(test_finding(&pair->result, "master keys"));
}

static void a_word_that_is_none_means_require(void **state)
{
	struct pair *pair = *state;

	put_stated_keys(&pair->target, 0x06, 0x47, "AES CUR: valid 0x2222222222222222");
	pair_compare(pair);
	expect_bad(pair, "adapter 06 master keys", MIGCOMPAT_LIMIT_PARAMETER);
}

/* ---------------------------------------------------------------- what counts */

/* All queues of each side have these keys: equal, different, or not known (under
 * require). */
static void check_keys(struct pair *pair, const char *source, const char *target, const char *bad)
{
	put_all(&pair->source, source);
	put_all(&pair->target, target);
	pair_compare(pair);
	if (bad) {
		assert_int_equal(status_of(pair, bad), MIGCOMPAT_STATUS_BAD);
	} else {
		expect_fit(pair, 0);
		assert_int_equal(status_of(pair, "master keys"), MIGCOMPAT_STATUS_OK);
	}
}

static void only_the_current_key_of_each_kind_counts(void **state)
{
	check_keys(*state, CCA_KEYS,
		   "APKA CUR: valid 0xBBBBBBBBBBBBBBBB\nAES CUR: valid 0xaaaaaaaaaaaaaaaa\nAES "
		   "NEW: full 0x1234",
		   NULL);
	check_keys(*state, CCA_KEYS, CCA_KEYS "\nASYM NEW: - -\nASYM OLD: - -", NULL);
	check_keys(*state, CCA_KEYS, CCA_KEYS "\nASYM CUR: valid 0x1234", "adapter 05 master keys");
	check_keys(*state, CCA_KEYS, "AES CUR: valid 0xaaaaaaaaaaaaaaaa", "adapter 05 master keys");
	check_keys(*state, "AES CUR: valid 0x1", "APKA CUR: valid 0x1", "adapter 06 master keys");
	check_keys(*state, "WK CUR: valid " WK "\nWK NEW: empty -",
		   "WK CUR: valid " WK "\nWK NEW: - -", NULL);
}

static void a_key_that_is_not_set_is_known(void **state)
{
	check_keys(*state, "AES CUR: invalid 0x0000000000000000", "AES CUR: invalid 0x1", NULL);
	check_keys(*state, "WK CUR: invalid -", "WK CUR: invalid -", NULL);
	check_keys(*state, "WK CUR: invalid -", "WK CUR: valid " WK, "adapter 05 master keys");
}

static void malformed_lines_are_not_known(void **state)
{
	static const char *const wrong[] = {
		"",
		"\n",
		"AES CUR: - -",
		"AES CUR: valid",
		"AES CUR: valid -",
		"AES CUR: valid 0x",
		"AES CUR: valid 0xg",
		"AES CUR: valid 0x1 2",
		"AES CUR: valid 1234",
		"AES CUR:  valid 0x1",
		"AES CUR valid 0x1",
		"AES NOW: valid 0x1",
		"CUR: valid 0x1",
		"AES NEW: empty 0x0",
		"AES CUR: maybe 0x1",
		"AES CUR: valid 0x1\nAES CUR: valid 0x1",
		"AES CUR: valid 0x1\nAPKA CUR: - -",
		"AES CUR: valid 0x1\n\nAPKA CUR: valid 0x1",
		"ABCDEFGHI CUR: valid 0x1",
		"AES CUR: valid " WK "0",
		("A CUR: valid 0x1\nB CUR: valid 0x1\nC CUR: valid 0x1\nD CUR: valid 0x1\nE CUR: "
		 "valid 0x1\nF CUR: valid 0x1\n"
		 "G CUR: valid 0x1\nH CUR: valid 0x1\nI CUR: valid 0x1"),
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check_keys(*state, wrong[i], wrong[i], "master keys");
}

static void what_the_kernel_reads_comes_before_what_was_stated(void **state)
{
	struct pair *pair = *state;

	put_queue(&pair->target, 0x05, 0x04, "mkvps", "AES CUR: valid 0x2222222222222222");
	pair_compare(pair);
	expect_bad(pair, "adapter 05 master keys", MIGCOMPAT_LIMIT_PARAMETER);
	put_queue(&pair->target, 0x05, 0x04, "mkvps", "AES NEW: - -\nAES CUR: - -\nAES OLD: - -");
	pair_compare(pair);
	expect_fit(pair, 0);
	put_queue(&pair->target, 0x05, 0x04, "mkvps", "!EIO");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void the_date_of_a_statement_is_no_key(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->target.host_facts, "stated/mkvps/05.0004@date", "2026-11-21");
	list_put(&pair->target.host_facts, "stated/mkvps/nonsense", "AES CUR: valid 0x1");
	pair_compare(pair);
	expect_fit(pair, 0);
}

/* It reads a copy, since the umask decides the permissions of a checked-out tree. */
static struct stated *example_load(struct error *err)
{
	FILE *file = fopen(TEST_SOURCE "/plugins/vfio-ap/examples/facts.d/master-keys.json", "re");
	struct stated *stated = NULL;
	struct folder folder = {0};
	char text[65536];
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text), file);
	assert_true(len > 0 && len < sizeof(text));
	fclose(file);
	folder_make(&folder);
	folder_write_bytes(&folder, "master-keys.json", text, len);
	if (stated_load(folder.path, &stated, err))
		fail_msg("%s", err->text);
	folder_remove(&folder);
	return stated;
}

static void the_example_states_the_keys_of_four_queues(void **state)
{
	struct pair *pair = *state;
	struct factset_builder builder;
	struct arena arena = {0};
	struct stated *stated;
	struct factset set;

	drop_all(&pair->source);
	drop_all(&pair->target);
	stated = example_load(&pair->err);
	factset_builder_init(&builder, &arena);
	assert_int_equal(stated_add(stated, NULL, &builder), 0);
	assert_int_equal(factset_builder_finish(&builder, &set, &pair->err), 0);
	for (size_t i = 0; i < set.count; i++) {
		list_put(&pair->source.host_facts, set.facts[i].key, set.facts[i].value);
		list_put(&pair->target.host_facts, set.facts[i].key, set.facts[i].value);
	}
	stated_free(stated);
	arena_free(&arena);
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void an_accelerator_needs_no_keys(void **state)
{
	struct pair *pair = *state;

	drop_all(&pair->source);
	drop_all(&pair->target);
	put_card(&pair->source, 0x05, "12", ACCELERATOR);
	put_card(&pair->source, 0x06, "12", ACCELERATOR);
	put_card(&pair->target, 0x05, "12", ACCELERATOR);
	put_card(&pair->target, 0x06, "12", ACCELERATOR);
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void a_larger_target_counts_the_keys_of_the_source_domains_only(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6", "4", "");
	put_stated_keys(&pair->target, 0x05, 0x47, "AES CUR: valid 0x3333333333333333");
	pair_compare(pair);
	expect_fit(pair, 3);
	put_stated_keys(&pair->target, 0x05, 0x04, "AES CUR: valid 0x3333333333333333");
	pair_compare(pair);
	expect_bad(pair, "adapter 05 master keys", MIGCOMPAT_LIMIT_PARAMETER);
}

static void the_domains_of_one_question_do_not_answer_the_next(void **state)
{
	struct pair *pair = *state;
	struct side other = {0};

	side_fill(&other);
	put_config(&other, "5,6", "47", "47");
	put_stated_keys(&other, 0x05, 0x47, "AES CUR: valid 0x3333333333333333");
	pair_open(pair);
	assert_int_equal(side_open(pair, &other), 0);
	for (int i = 0; i < 3; i++) {
		test_compare(pair->source.opened, pair->target.opened, &pair->result);
		assert_int_equal(pair->result.bad_count, 0);
		test_compare(other.opened, pair->target.opened, &pair->result);
		assert_int_equal(pair->result.bad_count, 1);
	}
	opened_close(other.opened);
	test_host_free(&other.host);
	arena_free(&other.facts.arena);
	arena_free(&other.host_facts.arena);
}

static void a_type_target_compares_keys_too(void **state)
{
	struct pair *pair = *state;

	side_type(&pair->target);
	pair_compare(pair);
	expect_fit(pair, 0);
	put_stated_keys(&pair->target, 0x05, 0x47, "AES CUR: valid 0x3333333333333333");
	pair_compare(pair);
	expect_bad(pair, "adapter 05 master keys", MIGCOMPAT_LIMIT_PARAMETER);
}

#define required(function) cmocka_unit_test_setup_teardown(function, setup_require, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(warn_shows_a_difference_and_lets_it_pass,
						setup_warn, pair_teardown),
		pair_test(warn_shows_a_difference_and_lets_it_pass), /* the initial setting */
		pair_test(warn_shows_what_is_not_known_and_lets_it_pass),
		pair_test(unknown_on_both_sides_is_no_equality),
		required(require_accepts_equal_keys),
		required(require_refuses_a_difference),
		required(require_refuses_what_is_not_known),
		cmocka_unit_test_setup_teardown(ignore_says_nothing, setup_ignore, pair_teardown),
		cmocka_unit_test_setup_teardown(a_word_that_is_none_means_require, setup_other,
						pair_teardown),
		required(only_the_current_key_of_each_kind_counts),
		required(a_key_that_is_not_set_is_known),
		required(malformed_lines_are_not_known),
		required(what_the_kernel_reads_comes_before_what_was_stated),
		required(the_date_of_a_statement_is_no_key),
		required(the_example_states_the_keys_of_four_queues),
		required(an_accelerator_needs_no_keys),
		required(a_larger_target_counts_the_keys_of_the_source_domains_only),
		required(the_domains_of_one_question_do_not_answer_the_next),
		required(a_type_target_compares_keys_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
