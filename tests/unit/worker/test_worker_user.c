/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user of workers that root starts. It is never root, whatever the file says. */
#include <unistd.h>

#include "core/worker_client/worker.h"
#include "tests/support/test.h"

static void becomes(const char *passwd, const char *user)
{
	char path[] = "/tmp/migcompat-test-XXXXXX";
	char found[32];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, passwd, strlen(passwd)), (ssize_t)strlen(passwd));
	close(fd);
	worker_user(path, found, sizeof(found));
	unlink(path);
	assert_string_equal(found, user);
}

static void the_user_made_for_workers_is_found(void **state)
{
	(void)state;
	becomes("root:x:0:0:root:/root:/bin/sh\nmigcompat-worker:x:997:995:Workers:/:/usr/sbin/"
		"nologin\n",
		"997:995");
}

static void a_system_without_that_user_has_nobody(void **state)
{
	(void)state;
	becomes("root:x:0:0:root:/root:/bin/sh\nmigcompat:x:997:995::/:/bin/false\n",
		"65534:65534");
	becomes("", "65534:65534");
}

static void an_entry_with_the_number_of_root_is_ignored(void **state)
{
	(void)state;
	becomes("migcompat-worker:x:0:995::/:/bin/false\n", "65534:65534");
	becomes("migcompat-worker:x:997:0::/:/bin/false\n", "65534:65534");
}

static void a_malformed_line_is_ignored(void **state)
{
	(void)state;
	becomes("migcompat-worker:x:many:995::/:/bin/false\nmigcompat-worker\n", "65534:65534");
	becomes("no line of this file\nmigcompat-worker:x:997:995::/:/bin/false\n", "997:995");
}

static void a_missing_file_is_a_system_without_that_user(void **state)
{
	char found[32];

	(void)state;
	worker_user("/nowhere/passwd", found, sizeof(found));
	assert_string_equal(found, "65534:65534");
}

#define test(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_user_made_for_workers_is_found),
		test(a_system_without_that_user_has_nobody),
		test(an_entry_with_the_number_of_root_is_ignored),
		test(a_malformed_line_is_ignored),
		test(a_missing_file_is_a_system_without_that_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
