/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The string: its size for a full matrix, damage to it, and missing facts, which never
 * make an answer better.
 */
#include "plugins/vfio-ap/tests/ap_test.h"

#include "core/finding/record.h"

#define NAMES "vfio_ap:mdev:passthrough:"

/* All adapters, domains and control domains, with every key known. Both sides have one
 * host. */
static void make_full(struct side *side, size_t hole)
{
	char all[67], config[256];

	snprintf(all, sizeof(all), "0x%064d", 0);
	memset(all + 2, 'f', 64);
	snprintf(config, sizeof(config), "%s,%s,%s", all, all, all);
	list_put(&side->facts, "ap_config", config);
	list_drop(&side->facts, "guest_matrix");
	list_put(&side->host_facts, "bus/ap/ap_usage_domain_mask", all);
	list_put(&side->host_facts, "bus/ap/ap_control_domain_mask", all);
	for (unsigned adapter = 0; adapter < 256; adapter++) {
		put_card(side, adapter, "14", CCA);
		for (unsigned domain = 0; domain < 256 && hole; domain += 64)
			put_stated_keys(side, adapter, domain, "AES CUR: valid 0x1");
	}
}

static void a_full_matrix_fits_a_string(void **state)
{
	struct pair *pair = *state;
	size_t len;

	make_full(&pair->source, 0);
	for (unsigned adapter = 0; adapter < 256; adapter++)
		put_card(&pair->source, adapter, "14",
			 ACCELERATOR); /* an accelerator's keys are known */
	assert_int_equal(side_open(pair, &pair->source), 0);
	len = pair->source.opened->payload_len;
	/* Three masks of 43 bytes, 854 bytes of cards and 2,048 of keys. Names, format
	 * and checksum are the rest. */
	assert_int_equal(
		len, 3 * 43 + 854 + 2048 +
			     strlen("1;adapters=;domains=;control=;cards=;~keys=;~from=config;=") +
			     16);
	assert_true(strlen(NAMES) + len <= MIGCOMPAT_STRING_MAX);
}

static void unknown_keys_are_left_out(void **state)
{
	struct pair *pair = *state;

	make_full(&pair->source,
		  1); /* some queues of each adapter are known, which is not enough */
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_int_equal(
		pair->source.opened->payload_len,
		3 * 43 + 854 + strlen("1;adapters=;domains=;control=;cards=;~from=config;=") + 16);
}

static void a_string_is_the_same_each_time(void **state)
{
	struct pair *pair = *state;
	struct opened *first;

	assert_int_equal(side_open(pair, &pair->source), 0);
	first = pair->source.opened;
	pair->source.opened = NULL;
	assert_int_equal(
		provider_open(pair->provider, first->device, &pair->source.opened, &pair->err), 0);
	assert_int_equal(first->payload_len, pair->source.opened->payload_len);
	assert_memory_equal(first->payload, pair->source.opened->payload, first->payload_len);
	opened_close(first);
}

static void expect_format(struct pair *pair, const char *payload, size_t len)
{
	assert_int_equal(result_reset(&pair->result), 0);
	assert_int_equal(
		opened_compare(pair->target.opened, payload, len, &pair->result, &pair->err), 0);
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_FORMAT);
}

static void no_prefix_is_a_smaller_matrix(void **state)
{
	struct pair *pair = *state;

	pair_open(pair);
	for (size_t len = 0; len < pair->source.opened->payload_len; len++)
		expect_format(pair, pair->source.opened->payload, len);
}

static void a_changed_byte_is_refused(void **state)
{
	struct pair *pair = *state;
	char payload[MIGCOMPAT_PAYLOAD_MAX];
	size_t len;

	pair_open(pair);
	len = pair->source.opened->payload_len;
	memcpy(payload, pair->source.opened->payload, len);
	for (size_t i = 0; i < len; i++) {
		payload[i] = (char)(payload[i] == 'B' ? 'C' : 'B');
		expect_format(pair, payload, len);
		payload[i] = pair->source.opened->payload[i];
	}
}

/* -------------------------------------- strings with a good checksum and wrong values */

#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define FIRST "gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* bit 0 */

static size_t forge(const char *const values[5], char *payload)
{
	static const struct migcompat_field fields[] = {
		{.name = "adapters", .value = MIGCOMPAT_VALUE_TEXT},
		{.name = "domains", .value = MIGCOMPAT_VALUE_TEXT},
		{.name = "control", .value = MIGCOMPAT_VALUE_TEXT},
		{.name = "cards", .value = MIGCOMPAT_VALUE_TEXT},
		{.name = "keys", .value = MIGCOMPAT_VALUE_TEXT, .flags = MIGCOMPAT_FIELD_OPTIONAL},
	};
	const struct migcompat_record record = {sizeof(record), fields, sizeof(fields[0]), 5, 1, 1};
	struct migcompat_value made[5] = {{0}};

	for (size_t i = 0; i < 5; i++)
		if (values[i])
			made[i] = (struct migcompat_value){.type = MIGCOMPAT_VALUE_TEXT,
							   .len = (uint32_t)strlen(values[i]),
							   .as.text = values[i]};
	int len = record_write(&record, 1, made, payload, MIGCOMPAT_PAYLOAD_MAX);

	assert_true(len > 0);
	return (size_t)len;
}

static void forged_fields_are_refused(void **state)
{
	static const char *const cases[][5] = {
		{"", ZEROS, ZEROS, "", NULL},        /* a mask is empty */
		{ZEROS "A", ZEROS, ZEROS, "", NULL}, /* too long */
		{ZEROS, "AAAA", ZEROS, "", NULL},    /* too short */
		{ZEROS, ZEROS, "+" ZEROS, "", NULL}, /* too long and foreign */
		{ZEROS, ZEROS, "AAAAAAAAAAAAAAAAAAAAA+AAAAAAAAAAAAAAAAAAAAA", "",
		 NULL}, /* a foreign character */
		{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", ZEROS, ZEROS, "",
		 NULL}, /* filling bits are set */
		{"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", ZEROS, ZEROS, "", NULL},
		{ZEROS, ZEROS, ZEROS, "AAAA", NULL}, /* cards without adapters */
		{FIRST, FIRST, ZEROS, "", NULL},     /* an adapter without its card */
		{FIRST, FIRST, ZEROS, "AAA", NULL},
		{FIRST, FIRST, ZEROS, "AAAAA", NULL},
		{FIRST, FIRST, ZEROS, "AAAB", NULL}, /* filling bits */
		{FIRST, FIRST, ZEROS, "A.AA", NULL},
		{FIRST, FIRST, ZEROS, "A%AA", NULL},
		{FIRST, FIRST, ZEROS, "AAAA", ""}, /* keys of another length */
		{FIRST, FIRST, ZEROS, "AAAA", "AAAAAAA"},
		{FIRST, FIRST, ZEROS, "AAAA", "AAAAAAAAA"},
		{FIRST, FIRST, ZEROS, "AAAA", "AAAAAAA/"},
		{FIRST, ZEROS, ZEROS, "AAAA", NULL}, /* cards without queues */
	};
	struct pair *pair = *state;
	char payload[MIGCOMPAT_PAYLOAD_MAX];

	pair_open(pair);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_format(pair, payload, forge(cases[i], payload));
}

static void a_forged_string_with_right_fields_is_compared(void **state)
{
	static const char *const fine[] = {FIRST, FIRST, FIRST, "DAAA", "AAAAAAAA"};
	struct pair *pair = *state;
	char payload[MIGCOMPAT_PAYLOAD_MAX];
	size_t len = forge(fine, payload);

	pair_open(pair);
	assert_int_equal(result_reset(&pair->result), 0);
	assert_int_equal(
		opened_compare(pair->target.opened, payload, len, &pair->result, &pair->err), 0);
	assert_int_equal(pair->result.bad_limits, 1u << MIGCOMPAT_LIMIT_RESOURCE);
	assert_non_null(test_finding(&pair->result, "queue 00.0000"));
	assert_non_null(test_finding(&pair->result, "control domain 0000"));
}

static void a_full_matrix_against_nothing_counts_every_queue(void **state)
{
	struct pair *pair = *state;

	make_full(&pair->source, 0);
	put_config(&pair->target, "", "", "");
	pair_compare(pair);
	assert_int_equal(pair->result.bad_count, 256 * 256 + 256);
	assert_int_equal(pair->result.count, RESULT_FINDINGS_MAX);
	/* The two others: the matrix is the configured one, and nothing is to be
	 * written. */
	assert_int_equal(pair->result.truncated, 256 * 256 + 256 + 2 - RESULT_FINDINGS_MAX);
	assert_non_null(test_finding(&pair->result, "ap_config"));
}

/* ------------------------------------------------------------- facts that are missing */

/* Without this fact of this list there is an error or an answer, but never a better one
 * than with it. */
static void drop_one(struct pair *pair, struct list *list, size_t index)
{
	const char *key = list->items[index], *value = list->items[index + 1];
	bool opened;

	list_drop(list, key);
	opened = side_open(pair, &pair->source) == 0 && side_open(pair, &pair->target) == 0;
	if (!opened)
		assert_true(strlen(pair->err.text) > 0);
	if (opened && pair->source.opened->payload) {
		test_compare(pair->source.opened, pair->target.opened, &pair->result);
		assert_true(pair->result.bad_count > 0);
	}
	pair_close(pair);
	list_put(list, key, value);
}

static void drop_each(struct pair *pair)
{
	struct list *const lists[] = {&pair->source.facts, &pair->source.host_facts,
				      &pair->target.facts, &pair->target.host_facts};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t n = lists[i]->count / 2; n; n--)
			drop_one(pair, lists[i], 0); /* drop_one puts it back at the end */
}

static void no_missing_fact_makes_an_older_card_fit(void **state)
{
	struct pair *pair = *state;

	put_card(&pair->target, 0x05, "11", CCA);
	put_card(&pair->target, 0x06, "11", CCA);
	drop_each(pair);
	side_type(&pair->target);
	drop_each(pair);
}

static void no_missing_fact_makes_a_missing_queue_fit(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6", "4,47,48", "47");
	put_mask(&pair->source.host_facts, "bus/ap/ap_usage_domain_mask", "4,47,48");
	drop_each(pair);
	side_type(&pair->target);
	drop_each(pair);
}

static void nothing_at_all_is_an_error(void **state)
{
	struct pair *pair = *state;

	while (pair->source.facts.count)
		list_drop(&pair->source.facts, pair->source.facts.items[0]);
	while (pair->source.host_facts.count)
		list_drop(&pair->source.host_facts, pair->source.host_facts.items[0]);
	expect_error(pair, -ENODATA, "\"matrix\" is missing");
	pair->source.kind = MIGCOMPAT_KIND_MDEV_TYPE;
	assert_int_equal(side_open(pair, &pair->source), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(a_full_matrix_fits_a_string),
		pair_test(unknown_keys_are_left_out),
		pair_test(a_string_is_the_same_each_time),
		pair_test(no_prefix_is_a_smaller_matrix),
		pair_test(a_changed_byte_is_refused),
		pair_test(forged_fields_are_refused),
		pair_test(a_forged_string_with_right_fields_is_compared),
		pair_test(a_full_matrix_against_nothing_counts_every_queue),
		pair_test(no_missing_fact_makes_an_older_card_fit),
		pair_test(no_missing_fact_makes_a_missing_queue_fit),
		pair_test(nothing_at_all_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
