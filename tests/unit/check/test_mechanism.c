/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Evidence of a mechanism: the kernel's, a backend's, and the judgement of each mode. */
#include "core/check/mechanism.h"

#include <errno.h>

#include "core/facts/inventory_json.h"
#include "core/facts/kernel_word.h"
#include "tests/support/test.h"

static struct inventory inventory;

/* A device with these facts; wanted: the globs that were collected. */
static const struct device *device_of(const char *facts, const char *more)
{
	struct error err = {0};
	char text[1024];
	int len = snprintf(
		text, sizeof(text),
		"{\"format\":\"migcompat-inventory/1\"%s,\"host\":{\"name\":\"h\"},\"devices\":"
		"[{\"id\":\"0000:00:01.0\",\"kind\":\"physical\",\"facts\":{%s}}]}",
		more, facts);

	inventory_free(&inventory);
	inventory_init(&inventory);
	if (inventory_read_buffer(&inventory, "test", text, (size_t)len, &err) != 0)
		fail_msg("%s", err.text);
	return &inventory.devices[0];
}

#define FOLDER "\"vfio/debugfs\":\"yes\""
#define STATE(value) "\"vfio/migration/state\":" value
#define FEATURES(value) "\"vfio/migration/features\":" value
#define ALL ",\"wanted\":[\"vfio/debugfs\",\"vfio/migration/*\"]"

static const struct {
	const char *facts;
	const char *wanted;
	uint32_t word;
} words[] = {
	{"", "", MIGCOMPAT_UNKNOWN},
	{"", ALL, MIGCOMPAT_UNKNOWN},
	{FOLDER, "", MIGCOMPAT_NO},
	{FOLDER, ALL, MIGCOMPAT_NO},
	/* A fact that was not collected is not missing. */
	{FOLDER, ",\"wanted\":[\"vfio/debugfs\"]", MIGCOMPAT_UNKNOWN},
	{FOLDER, ",\"wanted\":[\"vfio/debugfs\",\"vfio/migration/state\"]", MIGCOMPAT_UNKNOWN},
	{FOLDER, ",\"wanted\":[\"vfio/debugfs\",\"vfio/migration/features\"]", MIGCOMPAT_UNKNOWN},
	{"\"vfio/debugfs\":{\"error\":\"EACCES\"}", ALL, MIGCOMPAT_UNKNOWN},
	{"\"vfio/debugfs\":\"no\"", ALL, MIGCOMPAT_UNKNOWN},
	/* A file that cannot be read exists. */
	{STATE("\"RUNNING\""), "", MIGCOMPAT_YES},
	{FOLDER "," STATE("\"ERROR\""), ALL, MIGCOMPAT_YES},
	{FOLDER "," STATE("{\"error\":\"EINVAL\"}"), ALL, MIGCOMPAT_YES},
	{FOLDER "," FEATURES("{\"error\":\"EACCES\"}"), ALL, MIGCOMPAT_YES},
	{FEATURES("{\"error\":\"EIO\"}"), "", MIGCOMPAT_YES},
	/* A file whose error is ENOENT does not. */
	{STATE("{\"error\":\"ENOENT\"}"), "", MIGCOMPAT_UNKNOWN},
	{FOLDER "," FEATURES("{\"error\":\"ENOENT\"}"), ALL, MIGCOMPAT_NO},
	{FOLDER "," FEATURES("{\"error\":\"ENOENT\"}") "," STATE("\"STOP\""), ALL, MIGCOMPAT_YES},
	/* A file that is not text lists no feature. */
	{FEATURES("{\"base64\":\"/w==\"}"), "", MIGCOMPAT_NO},
	{STATE("\"STOP\"") "," FEATURES("{\"base64\":\"c3RvcC1jb3B5AA==\"}"), "", MIGCOMPAT_NO},
	/* Only whole lines count. */
	{FEATURES("\"stop-copy\""), "", MIGCOMPAT_YES},
	{FEATURES("\"p2p\\nstop-copy\""), "", MIGCOMPAT_YES},
	{FEATURES("\"stop-copy\\np2p\\npre-copy\""), "", MIGCOMPAT_YES},
	{FEATURES("\"non-stop-copy\""), "", MIGCOMPAT_NO},
	{FEATURES("\"stop-copying\""), "", MIGCOMPAT_NO},
	{FEATURES("\"p2p\""), "", MIGCOMPAT_NO},
	{FEATURES("\"\""), "", MIGCOMPAT_NO},
	{STATE("\"RUNNING\"") "," FEATURES("\"p2p\""), "", MIGCOMPAT_NO},
};

static void the_kernels_word_is_what_exists(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (kernel_word(device_of(words[i].facts, words[i].wanted)) != words[i].word)
			fail_msg("{%s}%s is not %s", words[i].facts, words[i].wanted,
				 state_name(words[i].word));
}

static const struct {
	const char *facts;
	struct mechanism_claim claim;
	uint32_t state;
	enum mechanism_source source;
	const char *text;
} weights[] = {
	{"", {0}, MIGCOMPAT_UNKNOWN, MECHANISM_NONE, ""},
	{"",
	 {MIGCOMPAT_UNKNOWN, "it is not clear", false},
	 MIGCOMPAT_UNKNOWN,
	 MECHANISM_NONE,
	 "it is not clear"},
	{"", {MIGCOMPAT_YES, "it can", false}, MIGCOMPAT_YES, MECHANISM_BACKEND, "it can"},
	{"", {MIGCOMPAT_NO, "it cannot", false}, MIGCOMPAT_NO, MECHANISM_BACKEND, "it cannot"},
	{"", {MIGCOMPAT_NO, "no driver", true}, MIGCOMPAT_NO, MECHANISM_DRIVER, "no driver"},
	{STATE("\"STOP\""),
	 {0},
	 MIGCOMPAT_YES,
	 MECHANISM_KERNEL,
	 "the kernel says that its driver can migrate it"},
	{STATE("\"STOP\""),
	 {MIGCOMPAT_NO, "it cannot", false},
	 MIGCOMPAT_YES,
	 MECHANISM_KERNEL,
	 "the kernel says that its driver can migrate it"},
	{FOLDER,
	 {MIGCOMPAT_YES, "it can", false},
	 MIGCOMPAT_NO,
	 MECHANISM_KERNEL,
	 "the kernel says that its driver cannot migrate it"},
	{FOLDER,
	 {MIGCOMPAT_NO, "bind another", true},
	 MIGCOMPAT_NO,
	 MECHANISM_KERNEL,
	 "bind another"},
};

static void the_kernel_goes_before_the_backend_and_that_before_the_table_of_drivers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
		struct mechanism mechanism;

		mechanism_weigh(device_of(weights[i].facts, ""), &weights[i].claim, &mechanism);
		assert_int_equal(mechanism.state, weights[i].state);
		assert_int_equal(mechanism.source, weights[i].source);
		assert_string_equal(mechanism.text, weights[i].text);
	}
}

static void features_are_shown_whatever_evidence_decides(void **state)
{
	struct mechanism mechanism;

	(void)state;
	mechanism_weigh(device_of(FEATURES("\"stop-copy\\np2p\""), ""),
			&(struct mechanism_claim){0}, &mechanism);
	assert_string_equal(mechanism.features, "stop-copy\np2p");
	mechanism_weigh(device_of(STATE("\"STOP\""), ""), &(struct mechanism_claim){0}, &mechanism);
	assert_null(mechanism.features);
}

static void a_mode_refuses_what_it_says(void **state)
{
	static const struct {
		enum policy_mechanism mode;
		bool unknown;
		bool no;
	} modes[] = {
		{POLICY_MECHANISM_REPORT, false, false},
		{POLICY_MECHANISM_REQUIRE, false, true},
		{POLICY_MECHANISM_PROVE, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_false(mechanism_refuses(modes[i].mode, MIGCOMPAT_YES));
		assert_int_equal(mechanism_refuses(modes[i].mode, MIGCOMPAT_UNKNOWN),
				 modes[i].unknown);
		assert_int_equal(mechanism_refuses(modes[i].mode, MIGCOMPAT_NO), modes[i].no);
	}
}

static void a_backend_that_refused_a_device_says_no_of_it(void **state)
{
	struct mechanism_claim claim =
		mechanism_claim_closed((struct provider *)&inventory, -ENODEV, "never");

	(void)state;
	assert_int_equal(claim.state, MIGCOMPAT_NO);
	assert_string_equal(claim.text, "never");
	claim = mechanism_claim_closed((struct provider *)&inventory, -EIO, "it died");
	assert_int_equal(claim.state, MIGCOMPAT_UNKNOWN);
	claim = mechanism_claim_closed(NULL, -ENOTCONN, "nobody");
	assert_int_equal(claim.state, MIGCOMPAT_UNKNOWN);
}

static int tear_down(void **state)
{
	(void)state;
	inventory_free(&inventory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernels_word_is_what_exists),
		cmocka_unit_test(
			the_kernel_goes_before_the_backend_and_that_before_the_table_of_drivers),
		cmocka_unit_test(features_are_shown_whatever_evidence_decides),
		cmocka_unit_test(a_mode_refuses_what_it_says),
		cmocka_unit_test(a_backend_that_refused_a_device_says_no_of_it),
	};

	inventory_init(&inventory);
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
