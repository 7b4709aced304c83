/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a device's class depends on. The expected sums are from sha256sum(1). */
#include "core/check/class.h"
#include "tests/support/same.h"
#include "tests/support/worker.h"

static const char *const no_facts[] = {NULL};
static const char *const older[] = {"emit_format", "1", NULL};

static void class_is_the_beginning_of_the_sum_of_namespace_type_and_payload(void **state)
{
	struct provider provider = {.info.name = "mtty"};
	const struct opened opened = {
		.provider = &provider, .type = "serial-2port", .newest = "1;a", .newest_len = 3};
	char name[CLASS_SIZE];

	(void)state;
	/* printf mtty:serial-2port:1\;a | sha256sum */
	assert_string_equal(class_name(&opened, name), "ee1de79dda452ae2");
}

static void device_without_a_payload_has_no_class(void **state)
{
	struct provider provider = {.info.name = "mtty"};
	const struct opened opened = {
		.provider = &provider, .type = "unset", .not_source = "set it up first"};
	char name[CLASS_SIZE];

	(void)state;
	assert_null(class_name(&opened, name));
}

/*
 * The class of a device of the backend "formats", which runs in this process or in a
 * worker.
 */
static void assert_formats(struct provider *provider, const char *const *settings,
			   const char *payload)
{
	void *arg = (void *)(uintptr_t)settings;
	struct test_host host;
	struct opened *opened;
	char name[CLASS_SIZE];

	test_host_make(&host, no_facts);
	assert_int_equal(provider_settle(provider, test_setting, arg), 0);
	opened = test_open(provider, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", no_facts));
	assert_string_equal(opened->payload, payload);
	assert_string_equal(opened->newest, "2;formats");
	/* printf formats:plain:2\;formats | sha256sum */
	assert_string_equal(class_name(opened, name), "af23d21d88447d51");
	opened_close(opened);
	provider_free(provider);
	test_host_free(&host);
}

static struct provider *formats_here(void)
{
	struct provider *provider = NULL;
	char path[4096];

	worker_path("formats", path, sizeof(path));
	assert_int_equal(provider_local_new(path, &provider, NULL), 0);
	return provider;
}

static void older_payload_format_leaves_the_class_as_it_is(void **state)
{
	(void)state;
	assert_formats(formats_here(), NULL, "2;formats");
	assert_formats(formats_here(), older, "1;formats");
	assert_formats(worker_good("formats"), NULL, "2;formats");
	assert_formats(worker_good("formats"), older, "1;formats");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(class_is_the_beginning_of_the_sum_of_namespace_type_and_payload),
		cmocka_unit_test(device_without_a_payload_has_no_class),
		cmocka_unit_test(older_payload_format_leaves_the_class_as_it_is),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
