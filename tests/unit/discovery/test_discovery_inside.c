/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Globs that are refused, targets of links, and reading attributes, on plain files
 * without a host.
 */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/discovery/sysfs.h"
#include "core/discovery/wants.h"
#include "core/facts/macros.h"

static struct arena arena;
static struct intern intern;
static struct wants wants;
static struct error err;
static char folder[] = "/tmp/test-discovery-XXXXXX";

static int setup(void **state)
{
	(void)state;
	err = (struct error){0};
	intern_init(&intern, &arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	intern_free(&intern);
	arena_free(&arena);
	return 0;
}

/* The number of globs beside the base set. */
static size_t kept(const struct discovery_want *list, size_t count)
{
	size_t base;

	discovery_base_wants(&base);
	assert_int_equal(wants_compile(&wants, &intern, list, count, &err), 0);
	return wants.count - base;
}

static bool keeps(const char *glob, uint32_t flags)
{
	const struct discovery_want want = {glob, flags};

	return kept(&want, 1) == 1;
}

/* ---------------------------------------------------------------- wants */

static void wants_begin_with_the_base_set(void **state)
{
	size_t count;
	const struct discovery_want *base = discovery_base_wants(&count);

	(void)state;
	assert_int_equal(kept(NULL, 0), 0);
	assert_int_equal(wants.count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(wants.globs[i], base[i].glob);
}

static void wants_take_globs_of_device_and_host(void **state)
{
	(void)state;
	assert_true(keeps("matrix", 0));
	assert_true(keeps("nvidia/*", 0));
	assert_true(keeps("bus/ap/devices/card*/hwtype", MIGCOMPAT_WANT_HOST));
	assert_true(keeps("stated/mkvp", 0));
}

static void wants_refuse_globs_that_leave_the_folder(void **state)
{
	static const char *const globs[] = {"../vendor", "a/../b",      "a/..", "..",   ".",  "./a",
					    "a/./b",     "/etc/passwd", "/",    "a//b", "a/", ""};

	(void)state;
	for (size_t i = 0; i < COUNT(globs); i++) {
		assert_false(keeps(globs[i], 0));
		assert_false(keeps(globs[i], MIGCOMPAT_WANT_HOST));
	}
	assert_false(keeps(NULL, 0));
}

static void wants_refuse_globs_that_are_no_text(void **state)
{
	(void)state;
	assert_false(keeps("a\nb", 0));
	assert_false(keeps("\xff", 0));
}

static void wants_refuse_attributes_whose_reading_is_an_act(void **state)
{
	static const char *const globs[] = {"migration_version",  "migration_type", "migration_*",
					    "parent/migration_x", "resource0",      "rom"};

	(void)state;
	for (size_t i = 0; i < COUNT(globs); i++)
		assert_false(keeps(globs[i], 0));
	assert_true(keeps("resource", 0));
	assert_true(keeps("config", 0));
}

static void wants_refuse_too_long_and_too_deep_globs(void **state)
{
	char glob[FACT_KEY_MAX + 2];

	(void)state;
	memset(glob, 'a', sizeof(glob) - 1);
	glob[sizeof(glob) - 1] = '\0';
	assert_false(keeps(glob, 0));
	glob[FACT_KEY_MAX] = '\0';
	assert_true(keeps(glob, 0));
	assert_true(keeps("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 0));
	assert_false(keeps("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 0));
}

static void wants_keep_each_glob_once(void **state)
{
	static const struct discovery_want list[] = {{"matrix", 0},
						     {"modalias", 0},
						     {"matrix", 0},
						     {"kernel/release", MIGCOMPAT_WANT_HOST}};

	(void)state;
	assert_int_equal(kept(list, 4), 1);
}

static void wants_are_bounded(void **state)
{
	struct discovery_want *list = calloc(WANTS_MAX + 1, sizeof(*list));

	(void)state;
	assert_non_null(list);
	assert_int_equal(wants_compile(&wants, &intern, list, WANTS_MAX + 1, &err), -E2BIG);
	assert_contains(err.text, "expected at most");
	free(list);
}

static void attributes_that_act_are_not_read_by_glob(void **state)
{
	(void)state;
	assert_true(want_readable("vendor", false));
	assert_true(want_readable("config", true));
	assert_false(want_readable("config", false));
	assert_false(want_readable("vpd", false));
	assert_false(want_readable("resource12", false));
	assert_false(want_readable("migration_version", true));
}

/* ---------------------------------------------------------------- paths and links */

static const char *followed(const char *from, const char *target)
{
	static struct sysfs_path at, to;

	assert_int_equal(sysfs_path_set(&at, from), 0);
	return sysfs_follow(&at, target, &to) < 0 ? NULL : to.text;
}

static void links_are_followed_by_their_text(void **state)
{
	(void)state;
	assert_string_equal(followed("/sys/devices/a/b", "../../../bus/x/drivers/y"),
			    "/sys/bus/x/drivers/y");
	assert_string_equal(followed("/sys/devices/a/b", "c/./d//e"), "/sys/devices/a/b/c/d/e");
	assert_string_equal(followed("/sys/devices/a/b", "."), "/sys/devices/a/b");
	assert_string_equal(followed("/sys/devices/a/b", "/sys/class/c"), "/sys/class/c");
	assert_string_equal(followed("/sys", "fs"), "/sys/fs");
}

static void links_out_of_sys_dangle(void **state)
{
	(void)state;
	assert_null(followed("/sys/devices/a", "/etc/passwd"));
	assert_null(followed("/sys/devices/a", "/system"));
	assert_null(followed("/sys/devices/a", "/sys/../etc"));
	assert_null(followed("/sys/devices/a", "../../../etc"));
	assert_null(followed("/sys/devices/a", "../../../sys/devices/a"));
	assert_null(followed("/tmp", "x"));
}

static void links_to_endless_names_are_refused(void **state)
{
	char target[NAME_MAX + 2];

	(void)state;
	memset(target, 'a', NAME_MAX + 1);
	target[NAME_MAX + 1] = '\0';
	assert_null(followed("/sys/devices/a", target));
}

static void paths_have_an_end(void **state)
{
	struct sysfs_path path;
	char name[] = "0123456789abcdef0123456789abcdef";
	size_t before;

	(void)state;
	assert_int_equal(sysfs_path_set(&path, "/sys"), 0);
	do
		before = path.len;
	while (sysfs_path_push(&path, name) == 0);
	assert_int_equal(path.len, before);
	assert_int_equal(strlen(path.text), before);
	assert_in_range(before, PATH_MAX - 2 * sizeof(name), PATH_MAX - 1);
}

static void names_that_fit_no_key_are_insane(void **state)
{
	char name[FACT_KEY_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(sysfs_name_sane(name));
	assert_true(sysfs_name_sane(name + 1));
	assert_true(sysfs_name_sane("0000:00:02.0"));
	assert_false(sysfs_name_sane(""));
	assert_false(sysfs_name_sane("."));
	assert_false(sysfs_name_sane(".."));
	assert_false(sysfs_name_sane("a\nb"));
	assert_false(sysfs_name_sane("\xc3\x28"));
}

static void only_absence_counts_as_missing(void **state)
{
	(void)state;
	assert_true(sysfs_missing(-ENOENT));
	assert_true(sysfs_missing(ENOTDIR));
	assert_true(sysfs_missing(-ENODEV));
	assert_false(sysfs_missing(-EACCES));
	assert_false(sysfs_missing(EIO));
	assert_false(sysfs_missing(0));
}

/* ---------------------------------------------------------------- attributes */

static const char *make_file(const char *name, size_t size)
{
	static char path[sizeof(folder) + 32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	while (size--)
		fputc('x', file);
	fclose(file);
	return path;
}

static void an_attribute_is_read_whole_or_refused(void **state)
{
	char buffer[8];
	size_t len = 99;

	(void)state;
	assert_int_equal(sysfs_read(make_file("value", 9), buffer, sizeof(buffer), &len), -EFBIG);
	assert_int_equal(len, 99);
	assert_int_equal(sysfs_read(make_file("value", 8), buffer, sizeof(buffer), &len), 0);
	assert_int_equal(len, 8);
	assert_int_equal(sysfs_read(make_file("value", 0), buffer, sizeof(buffer), &len), 0);
	assert_int_equal(len, 0);
}

static void what_is_no_attribute_is_refused(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[sizeof(folder) + 32], buffer[8];
	size_t len;
	int fd;

	(void)state;
	assert_int_equal(sysfs_read(folder, buffer, sizeof(buffer), &len), -EISDIR);
	snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(sysfs_read(path, buffer, sizeof(buffer), &len), -ENOENT);
	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(sysfs_read(path, buffer, sizeof(buffer), &len), -ENXIO);
	snprintf(path, sizeof(path), "%s/link", folder);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_int_equal(sysfs_read(path, buffer, sizeof(buffer), &len), -ELOOP);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(sysfs_read(address.sun_path, buffer, sizeof(buffer), &len), -ENXIO);
	close(fd);
}

static void an_attribute_for_writing_is_not_read(void **state)
{
	const char *path = make_file("remove", 3);
	char buffer[8];
	size_t len;

	(void)state;
	assert_int_equal(chmod(path, 0200), 0);
	assert_int_equal(sysfs_read(path, buffer, sizeof(buffer), &len), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(wants_begin_with_the_base_set, setup, teardown),
		cmocka_unit_test_setup_teardown(wants_take_globs_of_device_and_host, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wants_refuse_globs_that_leave_the_folder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wants_refuse_globs_that_are_no_text, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wants_refuse_attributes_whose_reading_is_an_act,
						setup, teardown),
		cmocka_unit_test_setup_teardown(wants_refuse_too_long_and_too_deep_globs, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wants_keep_each_glob_once, setup, teardown),
		cmocka_unit_test_setup_teardown(wants_are_bounded, setup, teardown),
		cmocka_unit_test(attributes_that_act_are_not_read_by_glob),
		cmocka_unit_test(links_are_followed_by_their_text),
		cmocka_unit_test(links_out_of_sys_dangle),
		cmocka_unit_test(links_to_endless_names_are_refused),
		cmocka_unit_test(paths_have_an_end),
		cmocka_unit_test(names_that_fit_no_key_are_insane),
		cmocka_unit_test(only_absence_counts_as_missing),
		cmocka_unit_test(an_attribute_is_read_whole_or_refused),
		cmocka_unit_test(what_is_no_attribute_is_refused),
		cmocka_unit_test(an_attribute_for_writing_is_not_read),
	};
	static const char *const names[] = {"value", "pipe", "link", "socket", "remove"};
	char path[sizeof(folder) + 32];
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
	return failed;
}
