/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sample backend by itself: each rule with a passing, a failing and a
 * malformed case.
 */
#include <errno.h>

#include "tests/support/device.h"

static const char *const two[] = {"mdev_type", "mtty-2", NULL};
static const char *const one[] = {"mdev_type", "mtty-1", NULL};
static const char *const newer[] = {"mdev_type", "mtty-2", "stated/state_version", "1.1.0", NULL};
static const char *const major2[] = {"mdev_type", "mtty-2", "stated/state_version", "2.0.0", NULL};
static const char *const card2[] = {"vendor", "0x1b36",   "device", "0x0003",
				    "driver", "vfio-pci", NULL};
static const char *const card4_alias[] = {
	"modalias", "pci:v00001B36d00000004sv00001AF4sd00001100bc07sc00i02", NULL};
static const char *const kernel_new[] = {"kernel/release", "6.12.0-amd64", NULL};
static const char *const kernel_old[] = {"kernel/release", "6.1.0-18-amd64", NULL};

struct bench {
	struct test_host host;
	struct provider *provider;
	struct migcompat_result result;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	test_host_make(&bench->host, kernel_new);
	bench->provider = test_backend("mtty", NULL);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	result_free(&bench->result);
	provider_free(bench->provider);
	test_host_free(&bench->host);
	free(bench);
	return 0;
}

static struct opened *make(struct bench *bench, enum migcompat_kind kind, const char *const *facts)
{
	return test_open(bench->provider, test_device(&bench->host, kind, "x", facts));
}

/* Closes both. The result stays. */
static void compare(struct bench *bench, struct opened *source, struct opened *target)
{
	test_compare(source, target, &bench->result);
	opened_close(source);
	opened_close(target);
}

static void equal_ports_are_compatible(void **state)
{
	struct bench *bench = *state;

	compare(bench, make(bench, MIGCOMPAT_KIND_MDEV, two),
		make(bench, MIGCOMPAT_KIND_MDEV, two));
	assert_int_equal(bench->result.bad_count, 0);
	assert_int_equal(bench->result.extra, 0);
}

static void fewer_ports_are_refused_with_both_numbers(void **state)
{
	struct bench *bench = *state;
	const struct finding *finding;
	char text[256];

	compare(bench, make(bench, MIGCOMPAT_KIND_MDEV, two),
		make(bench, MIGCOMPAT_KIND_MDEV, one));
	finding = test_finding(&bench->result, "ports");
	assert_int_equal(finding->status, MIGCOMPAT_STATUS_BAD);
	finding_render(finding, text, sizeof(text));
	assert_string_equal(text, "source has 2, target has 1 (must be equal)");
	finding_render_reason(finding, text, sizeof(text));
	assert_string_equal(text, "source has 2 ports, target has 1");
}

static void an_mdev_and_a_card_of_two_ports_have_one_type(void **state)
{
	struct bench *bench = *state;
	struct opened *mdev = make(bench, MIGCOMPAT_KIND_MDEV, two);
	struct opened *card = make(bench, MIGCOMPAT_KIND_PHYSICAL, card2);

	assert_string_equal(mdev->type, "serial-2port");
	assert_string_equal(card->type, mdev->type);
	compare(bench, mdev, card);
	assert_int_equal(bench->result.bad_count, 0);
}

static void a_card_is_known_by_its_modalias_alone(void **state)
{
	struct bench *bench = *state;
	struct opened *card = make(bench, MIGCOMPAT_KIND_PHYSICAL, card4_alias);

	assert_string_equal(card->type, "serial-4port");
	opened_close(card);
}

static void a_newer_minor_state_version_takes_an_older_one(void **state)
{
	struct bench *bench = *state;

	compare(bench, make(bench, MIGCOMPAT_KIND_MDEV, two),
		make(bench, MIGCOMPAT_KIND_MDEV, newer));
	assert_int_equal(bench->result.bad_count, 0);
	assert_true(bench->result.extra > 0);
}

static void an_older_minor_state_version_refuses_a_newer_one(void **state)
{
	struct bench *bench = *state;

	compare(bench, make(bench, MIGCOMPAT_KIND_MDEV, newer),
		make(bench, MIGCOMPAT_KIND_MDEV, two));
	assert_int_equal(test_finding(&bench->result, "state_version")->status,
			 MIGCOMPAT_STATUS_BAD);
	assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_DRIVER);
}

static void another_major_state_version_is_refused(void **state)
{
	struct bench *bench = *state;

	compare(bench, make(bench, MIGCOMPAT_KIND_MDEV, two),
		make(bench, MIGCOMPAT_KIND_MDEV, major2));
	assert_int_equal(test_finding(&bench->result, "state_version")->status,
			 MIGCOMPAT_STATUS_BAD);
}

static void every_prefix_of_a_payload_is_refused_as_format(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = make(bench, MIGCOMPAT_KIND_MDEV, two);
	struct error err = {0};

	for (size_t len = 0; len < opened->payload_len; len++) {
		assert_int_equal(result_reset(&bench->result), 0);
		assert_int_equal(opened_compare(opened, opened->payload, len, &bench->result, &err),
				 0);
		assert_int_equal(bench->result.bad_limits, 1u << MIGCOMPAT_LIMIT_FORMAT);
	}
	opened_close(opened);
}

static void expect_refusal(struct bench *bench, enum migcompat_kind kind, const char *const *facts,
			   int error, const char *part)
{
	struct opened *opened = NULL;
	struct error err = {0};

	assert_int_equal(provider_open(bench->provider, test_device(&bench->host, kind, "x", facts),
				       &opened, &err),
			 error);
	assert_contains(err.text, part);
}

static void bad_facts_are_named(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const strange[] = {"mdev_type", "mtty-3", NULL};
	static const char *const unreadable[] = {"mdev_type", "!EACCES", NULL};
	static const char *const card9[] = {"vendor", "0x1b36", "device", "0x0009", NULL};
	static const char *const other[] = {"vendor", "0x8086", "device", "0x0003", NULL};
	static const char *const word[] = {"device", "three", NULL};
	static const char *const gone[] = {"mdev_type", "!ENODEV", NULL};
	static const char *const binary[] = {"mdev_type", "mtty-2\xff", NULL};
	static const char *const version[] = {"mdev_type", "mtty-2", "stated/state_version", "1.x",
					      NULL};

	expect_refusal(*state, MIGCOMPAT_KIND_MDEV, none, -ENOENT, "mdev_type");
	expect_refusal(*state, MIGCOMPAT_KIND_MDEV, strange, -EINVAL, "mtty-3");
	expect_refusal(*state, MIGCOMPAT_KIND_MDEV, unreadable, -EACCES, "unreadable");
	expect_refusal(*state, MIGCOMPAT_KIND_MDEV, gone, -EIO, "mdev_type");
	expect_refusal(*state, MIGCOMPAT_KIND_MDEV, binary, -EILSEQ, "mdev_type");
	expect_refusal(*state, MIGCOMPAT_KIND_PHYSICAL, none, -ENOENT, "device");
	expect_refusal(*state, MIGCOMPAT_KIND_PHYSICAL, card9, -ENODEV, "0009");
	expect_refusal(*state, MIGCOMPAT_KIND_PHYSICAL, other, -ENODEV, "8086");
	expect_refusal(*state, MIGCOMPAT_KIND_PHYSICAL, word, -ERANGE, "malformed");
	expect_refusal(*state, MIGCOMPAT_KIND_MDEV, version, -EINVAL, "1.x");
}

static void the_mechanism_follows_kernel_and_driver(void **state)
{
	struct bench *bench = *state;
	struct test_host old, unknown;
	struct opened *opened;

	opened = make(bench, MIGCOMPAT_KIND_MDEV, two);
	assert_int_equal(opened->mechanism, MIGCOMPAT_YES);
	opened_close(opened);
	opened = make(bench, MIGCOMPAT_KIND_PHYSICAL, card2);
	assert_int_equal(opened->mechanism, MIGCOMPAT_NO);
	opened_close(opened);
	test_host_make(&old, kernel_old);
	opened = test_open(bench->provider, test_device(&old, MIGCOMPAT_KIND_MDEV, "x", two));
	assert_int_equal(opened->mechanism, MIGCOMPAT_NO);
	opened_close(opened);
	test_host_free(&old);
	test_host_make(&unknown, NULL);
	opened = test_open(bench->provider, test_device(&unknown, MIGCOMPAT_KIND_MDEV, "x", two));
	assert_int_equal(opened->mechanism, MIGCOMPAT_UNKNOWN);
	opened_close(opened);
	test_host_free(&unknown);
}

static void parameters_tell_the_ports_of_device_and_payload(void **state)
{
	struct bench *bench = *state;
	struct opened *source = make(bench, MIGCOMPAT_KIND_MDEV, two),
		      *target = make(bench, MIGCOMPAT_KIND_MDEV, one);
	struct migcompat_sink sink = {0};
	struct error err = {0};

	assert_int_equal(opened_list(target, PROVIDER_PARAMETERS, NULL, 0, &sink, &err), 0);
	assert_int_equal(opened_list(target, PROVIDER_PARAMETERS, source->payload,
				     source->payload_len, &sink, &err),
			 0);
	assert_int_equal(sink.nparameters, 2);
	assert_string_equal(sink.parameters[0].value, "1");
	assert_string_equal(sink.parameters[1].value, "2");
	assert_int_equal(opened_list(target, PROVIDER_PARAMETERS, "garbage", 7, &sink, &err),
			 -EINVAL);
	sink_free(&sink);
	opened_close(source);
	opened_close(target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(equal_ports_are_compatible, setup, teardown),
		cmocka_unit_test_setup_teardown(fewer_ports_are_refused_with_both_numbers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_mdev_and_a_card_of_two_ports_have_one_type,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_card_is_known_by_its_modalias_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_newer_minor_state_version_takes_an_older_one,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_older_minor_state_version_refuses_a_newer_one,
						setup, teardown),
		cmocka_unit_test_setup_teardown(another_major_state_version_is_refused, setup,
						teardown),
		cmocka_unit_test_setup_teardown(every_prefix_of_a_payload_is_refused_as_format,
						setup, teardown),
		cmocka_unit_test_setup_teardown(bad_facts_are_named, setup, teardown),
		cmocka_unit_test_setup_teardown(the_mechanism_follows_kernel_and_driver, setup,
						teardown),
		cmocka_unit_test_setup_teardown(parameters_tell_the_ports_of_device_and_payload,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
