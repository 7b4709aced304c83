/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The installed unit: its memory limits and its exposure. */
#include <sys/wait.h>

#include "core/service/world.h"
#include "core/wire/worker_memory.h"
#include "core/wire/worker_process.h"
#include "tests/support/test.h"

#define UNIT                                                                                   \
	TEST_SOURCE "/core/service/units/migcompatd.service.in" /* its folders come when it is \
								   installed */
#define INSTALLED TEST_BUILD "/migcompatd.service"

/* The value of a setting that occurs once. */
static const char *setting(const char *name)
{
	static char value[256];
	FILE *file = fopen(UNIT, "re");
	size_t len = strlen(name), found = 0;
	char line[4096];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, len) != 0 || line[len] != '=')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + len + 1, "\n"),
			 line + len + 1);
		found++;
	}
	fclose(file);
	assert_int_equal(found, 1);
	return value;
}

static void one_process_that_the_kernel_ends_is_not_the_end_of_the_service(void **state)
{
	(void)state;
	assert_string_equal(setting("OOMPolicy"), "continue");
}

static void its_limit_of_memory_is_the_one_that_is_shared_out(void **state)
{
	(void)state;
	assert_string_equal(setting("MemoryMax"), "1G");
	assert_int_equal(MEMORY_UNIT_KIB, 1u << 20);
}

static void service_and_workers_fit_into_it_however_many_there_are(void **state)
{
	(void)state;
	for (size_t count = 1; count <= WORKERS_MAX; count++)
		assert_true(MEMORY_SERVICE_KIB +
				    MEMORY_WORLDS * count *
					    worker_memory_kib(MEMORY_WORKERS_KIB, count) <=
			    MEMORY_UNIT_KIB);
}

static void it_is_no_more_exposed_than_2_2(void **state)
{
	int status;

	(void)state;
	if (system("command -v systemd-analyze >/dev/null") != 0) {
		print_message("systemd-analyze is not here\n");
		skip();
	}
	status = system(
		"sed -e 's|@migcompat_sbindir@|/usr/sbin|' -e 's|@migcompat_bindir@|/usr/bin|' "
		"'" UNIT "' >'" INSTALLED "' && "
		"systemd-analyze security --offline=true --threshold=22 --no-pager '" INSTALLED
		"' >'" TEST_BUILD "/security.txt' 2>&1");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("see %s", TEST_BUILD "/security.txt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process_that_the_kernel_ends_is_not_the_end_of_the_service),
		cmocka_unit_test(its_limit_of_memory_is_the_one_that_is_shared_out),
		cmocka_unit_test(service_and_workers_fit_into_it_however_many_there_are),
		cmocka_unit_test(it_is_no_more_exposed_than_2_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
