/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a matrix from ap_config or from lines: what is refused, and what the string
 * contains.
 */
#include "plugins/vfio-ap/tests/ap_test.h"

#define NO_MASK "0x0000000000000000000000000000000000000000000000000000000000000000"

/* The source as an older kernel shows it. */
static void older(struct pair *pair, const char *matrix, const char *control)
{
	list_drop(&pair->source.facts, "ap_config");
	list_put(&pair->source.facts, "matrix", matrix);
	list_put(&pair->source.facts, "control_domains", control);
	list_put(&pair->source.facts, "guest_matrix", matrix);
}

static void lines_and_masks_give_the_same_string(void **state)
{
	struct pair *pair = *state;

	older(pair, TWO_BY_TWO, "0047\n");
	pair_open(pair);
	assert_int_equal(pair->source.opened->payload_len, pair->target.opened->payload_len);
	assert_memory_equal(pair->source.opened->payload, pair->target.opened->payload,
			    pair->source.opened->payload_len);
}

static void bit_zero_is_the_leftmost(void **state)
{
	struct pair *pair = *state;
	struct migcompat_sink sink = {0};

	put_config(&pair->source, "0,ff", "1", "2");
	put_card(&pair->source, 0x00, "12", CCA);
	put_card(&pair->source, 0xff, "12", CCA);
	put_mask(&pair->source.host_facts, "bus/ap/ap_control_domain_mask", "2");
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_contains(pair->source.opened->label, "2 adapters x 1 domains, 1 control");
	assert_int_equal(
		opened_list(pair->source.opened, PROVIDER_PARAMETERS, NULL, 0, &sink, &pair->err),
		0);
	assert_memory_equal(sink.parameters[0].value, "0x8000", 6);
	assert_memory_equal(sink.parameters[0].value + 62, "0001,0x4000", 11);
	assert_memory_equal(sink.parameters[0].value + 67 + 67, "0x2000", 6);
	sink_free(&sink);
}

static void ap_config_wins_over_lines(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->source.facts, "matrix", "07.0001\n");
	list_put(&pair->source.facts, "control_domains", "");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void a_malformed_ap_config_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"0x",
		NO_MASK,
		NO_MASK "," NO_MASK,
		NO_MASK "," NO_MASK "," NO_MASK "," NO_MASK,
		NO_MASK "," NO_MASK "," NO_MASK "0",
		NO_MASK ";" NO_MASK ";" NO_MASK,
		"0xg000000000000000000000000000000000000000000000000000000000000000," NO_MASK
		"," NO_MASK,
		NO_MASK
		",1x0000000000000000000000000000000000000000000000000000000000000000," NO_MASK,
		NO_MASK "," NO_MASK
			",0x000000000000000000000000000000000000000000000000000000000000000-",
		" " NO_MASK "," NO_MASK "," NO_MASK,
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pair *pair = *state;

		list_put(&pair->source.facts, "ap_config", wrong[i]);
		expect_error(pair, -EINVAL, "\"ap_config\" is malformed");
	}
}

static void malformed_lines_are_refused(void **state)
{
	static const char *const wrong[] = {
		"5.0004",
		"05.4",
		"05.00044",
		"0g.0004",
		"05.000g",
		"05",
		".",
		"05.0100",
		"05.0004 ",
		" 05.0004",
		"05.0004\n\n",
		"05.0004\n\n06.0004",
		"06.0004\n05.0004",
		"05.0004\n05.0004",
		"05.0047\n05.0004",
		"05.0004\n06.",
		"05.0004\n.0047",
		"05.\n05.",
		"05.0004\n05.0047\n06.0004",
		"05.0004\n06.0047",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pair *pair = *state;

		older(pair, wrong[i], "");
		expect_error(pair, -EINVAL, "\"matrix\" is malformed");
	}
}

static void malformed_control_domains_are_refused(void **state)
{
	static const char *const wrong[] = {"47",           "00047",      "0100",
					    "004g",         "0047\n0004", "0047\n0047",
					    "0004\n\n0047", "0047\n\n",   "0x47"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pair *pair = *state;

		older(pair, TWO_BY_TWO, wrong[i]);
		expect_error(pair, -EINVAL, "\"control_domains\" is malformed");
	}
}

static void missing_lines_are_named(void **state)
{
	struct pair *pair = *state;

	older(pair, TWO_BY_TWO, "");
	list_drop(&pair->source.facts, "control_domains");
	expect_error(pair, -ENODATA, "\"control_domains\" is missing");
	list_drop(&pair->source.facts, "matrix");
	expect_error(pair, -ENODATA, "\"matrix\" is missing");
	list_put(&pair->source.facts, "ap_config", "!EACCES");
	expect_error(pair, -EACCES, "\"ap_config\" could not be read");
}

/* The lines of adapters x domains, up to the size of the kernel's page. */
static char *listing(unsigned adapters, unsigned domains, size_t page)
{
	char *text = malloc((size_t)adapters * domains * 8 + 1), *at = text;

	assert_non_null(text);
	for (unsigned a = 0; a < adapters; a++)
		for (unsigned d = 0; d < domains; d++)
			at += sprintf(at, "%02x.%04x\n", a, d);
	text[page < (size_t)(at - text) ? page : (size_t)(at - text)] = '\0';
	return text;
}

static void put_cards(struct side *side, unsigned count)
{
	for (unsigned adapter = 0; adapter < count; adapter++)
		put_card(side, adapter, "12", CCA);
}

static void a_listing_below_a_page_is_believed(void **state)
{
	struct pair *pair = *state;
	char *text = listing(7, 73, 4095); /* 511 lines */

	older(pair, text, "");
	put_cards(&pair->source, 7);
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_contains(pair->source.opened->label, "7 adapters x 73 domains");
	free(text);
}

static void a_listing_that_may_be_cut_is_refused(void **state)
{
	/* A full page, a cut inside a line, a cut after a newline, a full cross product
	 * that was cut, and one without end. */
	static const struct {
		unsigned adapters, domains;
		size_t page;
	} cases[] = {{2, 256, 4096},   {2, 256, 4095}, {256, 256, 4095}, {256, 256, 4092},
		     {256, 256, 4096}, {16, 64, 4096}, {16, 64, 65536}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair *pair = *state;
		char *text = listing(cases[i].adapters, cases[i].domains, cases[i].page);

		older(pair, text, "");
		put_cards(&pair->source, 256);
		expect_error(pair, -EINVAL, "may have been cut");
		free(text);
	}
}

static void a_broken_last_line_is_refused(void **state)
{
	struct pair *pair = *state;
	char *text = listing(4, 4, 16 * 8 - 3);

	older(pair, text, "");
	expect_error(pair, -EINVAL, "\"matrix\" is malformed");
	free(text);
}

static void adapters_or_domains_alone_are_a_matrix_without_queues(void **state)
{
	struct pair *pair = *state;

	older(pair, "05.\n06.\n", "");
	pair_compare(pair);
	expect_fit(pair, 5); /* four queues and a control domain */
	older(pair, ".0004\n.0047\n", "");
	pair_compare(pair);
	expect_fit(pair, 5);
}

static void an_empty_matrix_fits_everywhere(void **state)
{
	struct pair *pair = *state;

	older(pair, "", "");
	pair_compare(pair);
	expect_fit(pair, 5);
	put_config(&pair->target, "", "", "");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void a_malformed_guest_matrix_is_refused(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->source.facts, "guest_matrix", "5.4");
	expect_error(pair, -EINVAL, "\"guest_matrix\" is malformed");
	list_put(&pair->source.facts, "guest_matrix", "05.0004\n05.0047\n06.0004\n");
	expect_error(pair, -EINVAL, "\"guest_matrix\" is malformed: adapter 06 lacks");
}

/* ---------------------------------------------------------------- what the guest gets */

static void a_source_sends_what_its_guest_gets(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6,7", "4,47", "47"); /* the host has no card for adapter 07 */
	put_guest(&pair->source, "5,6", "4,47");
	pair_open(pair);
	assert_int_equal(pair->source.opened->payload_len, pair->target.opened->payload_len);
	assert_memory_equal(pair->source.opened->payload, pair->target.opened->payload,
			    pair->source.opened->payload_len);
	assert_string_equal(
		pair->source.opened->label,
		"AP matrix of 2 adapters x 2 domains, 1 control domains, of 3 x 2 configured");
}

static void a_source_whose_guest_gets_nothing_fits_everywhere(void **state)
{
	struct pair *pair = *state;

	put_guest(&pair->source, "", "");
	put_config(&pair->target, "", "", "47");
	pair_compare(pair);
	expect_fit(pair, 0);
}

static void a_control_domain_that_the_host_lacks_is_not_the_guests(void **state)
{
	struct pair *pair = *state;

	put_config(&pair->source, "5,6", "4,47", "47,50");
	pair_compare(pair);
	expect_fit(pair, 0);
}

/* The configured matrix stands for the guest's, since it never has less. A finding says
 * so. */
static void expect_configured(struct pair *pair)
{
	pair_open(pair);
	assert_contains(pair->source.opened->label, "as configured (guest_matrix is not known)");
	pair_close(pair);
	pair_compare(pair);
	assert_int_equal(test_finding(&pair->result, "matrix")->status, MIGCOMPAT_STATUS_WARN);
	assert_contains(test_finding(&pair->result, "matrix")->text,
			"guest_matrix could not be read there");
	expect_fit(pair, 0);
}

static void without_guest_matrix_the_configured_one_is_sent(void **state)
{
	struct pair *pair = *state;

	list_drop(&pair->source.facts, "guest_matrix");
	expect_configured(pair);
	list_put(&pair->source.facts, "guest_matrix", "!EACCES");
	expect_configured(pair);
	list_drop(&pair->target.facts, "guest_matrix"); /* the equal string still says it */
	expect_configured(pair);
}

static void a_guest_matrix_that_may_be_cut_is_not_sent(void **state)
{
	struct pair *pair = *state;
	char *text = listing(2, 256, 4096), all[67];

	put_cards(&pair->source, 2);
	snprintf(all, sizeof(all), "0x%064d", 0);
	memset(all + 2, 'f', 64);
	list_put(&pair->source.host_facts, "bus/ap/ap_usage_domain_mask", all);
	older(pair, "00.\n01.\n", "");
	list_put(&pair->source.facts, "guest_matrix", text);
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_contains(pair->source.opened->label, "as configured");
	free(text);
}

static void a_guest_matrix_beyond_the_configured_one_is_refused(void **state)
{
	struct pair *pair = *state;

	put_guest(&pair->source, "5,6,7", "4,47");
	expect_error(pair, -EINVAL,
		     "\"guest_matrix\" has adapter 07, which the configured matrix lacks");
	put_guest(&pair->source, "5,6", "4,47,50");
	expect_error(pair, -EINVAL,
		     "\"guest_matrix\" has domain 50, which the configured matrix lacks");
}

static void another_mdev_type_is_not_migratable(void **state)
{
	struct pair *pair = *state;

	list_put(&pair->source.facts, "mdev_type", "vfio_ap-other");
	expect_error(pair, -ENODEV, "vfio_ap-other");
	list_drop(&pair->source.facts, "mdev_type");
	assert_int_equal(side_open(pair, &pair->source), 0);
	assert_string_equal(pair->source.opened->type, "passthrough");
}

static void a_physical_function_is_not_migratable(void **state)
{
	struct pair *pair = *state;

	pair->source.kind = MIGCOMPAT_KIND_PHYSICAL;
	expect_error(pair, -ENODEV, "mdev only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(lines_and_masks_give_the_same_string),
		pair_test(bit_zero_is_the_leftmost),
		pair_test(ap_config_wins_over_lines),
		pair_test(a_malformed_ap_config_is_refused),
		pair_test(malformed_lines_are_refused),
		pair_test(malformed_control_domains_are_refused),
		pair_test(missing_lines_are_named),
		pair_test(a_listing_below_a_page_is_believed),
		pair_test(a_listing_that_may_be_cut_is_refused),
		pair_test(a_broken_last_line_is_refused),
		pair_test(adapters_or_domains_alone_are_a_matrix_without_queues),
		pair_test(an_empty_matrix_fits_everywhere),
		pair_test(a_malformed_guest_matrix_is_refused),
		pair_test(a_source_sends_what_its_guest_gets),
		pair_test(a_source_whose_guest_gets_nothing_fits_everywhere),
		pair_test(a_control_domain_that_the_host_lacks_is_not_the_guests),
		pair_test(without_guest_matrix_the_configured_one_is_sent),
		pair_test(a_guest_matrix_that_may_be_cut_is_not_sent),
		pair_test(a_guest_matrix_beyond_the_configured_one_is_refused),
		pair_test(another_mdev_type_is_not_migratable),
		pair_test(a_physical_function_is_not_migratable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
