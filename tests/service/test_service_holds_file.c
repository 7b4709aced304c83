/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of the holds: which folders and files are trusted, and that no hold is lost.
 */
#include "core/check/holds.h"
#include "tests/service/daemon.h"

/*
 * The order of writes to disk: 'f' fsync of a file, 'd' of a folder, 'r' rename of the
 * new list.
 */
static char synced[16];

static void synced_add(char what)
{
	size_t len = strlen(synced);

	if (len + 1 < sizeof(synced))
		synced[len] = what;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	struct stat st;

	synced_add(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 'd' : 'f');
	return __real_fsync(fd);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
	synced_add('r');
	return __real_rename(from, to);
}

/* Only root can change owners. */
static void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void holds_file_that_makes_no_sense_is_an_error(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"{\"format\":\"migcompat-holds/2\",\"holds\":[]}",
		"{\"format\":\"migcompat-holds/1\"}",
		"{\"format\":\"migcompat-holds/1\",\"holds\":[{\"host\":\"a\",\"device\":\"b\"}]}",
		"{\"format\":\"migcompat-holds/"
		"1\",\"holds\":[{\"host\":\"a\",\"device\":\"b\",\"reason\":\"\"}]}",
		"{\"format\":\"migcompat-holds/"
		"1\",\"holds\":[{\"host\":\"a\",\"device\":\"b\",\"reason\":\"c\"},"
		"{\"host\":\"a\",\"device\":\"b\",\"reason\":\"c\"}]}",
	};
	struct folder folder;
	struct holds holds;
	struct error err;

	(void)state;
	folder_make(&folder);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		folder_write(&folder, "holds.json", texts[i]);
		assert_true(holds_load(&holds, folder.path, &err) < 0);
		assert_contains(err.text, "holds.json");
	}
	folder_remove(&folder);
}

/* The target of the link may have holds. */
static void holds_file_that_is_a_link_to_nowhere_is_an_error(void **state)
{
	struct folder folder;
	struct holds holds;
	struct error err;

	(void)state;
	folder_make(&folder);
	assert_int_equal(symlink("nowhere", folder_path(&folder, "holds.json")), 0);
	assert_true(holds_load(&holds, folder.path, &err) < 0);
	assert_contains(err.text, "holds.json");
	folder_remove(&folder);
}

/*
 * A user who can write them could remove a hold. name: the file, or NULL for the folder.
 */
static void assert_distrusted(const char *name, mode_t mode, uid_t owner, const char *sentence)
{
	char expected[256], path[192];
	struct folder folder;
	struct holds holds;
	struct error err;

	folder_make(&folder);
	folder_write(&folder, "holds.json", "{\"format\":\"migcompat-holds/1\",\"holds\":[]}");
	snprintf(path, sizeof(path), "%s%s%s", folder.path, name ? "/" : "", name ? name : "");
	assert_int_equal(chmod(path, mode) | chown(path, owner, (gid_t)-1), 0);
	assert_int_equal(holds_load(&holds, folder.path, &err), -EPERM);
	snprintf(expected, sizeof(expected), "%s %s, since operators' holds are kept there", path,
		 sentence);
	assert_string_equal(err.text, expected);
	folder_remove(&folder);
}

static void folder_that_its_group_can_write_keeps_no_holds(void **state)
{
	(void)state;
	assert_distrusted(NULL, 0770, (uid_t)-1,
			  "can be written by others (mode 0770), expected by its owner alone");
}

static void folder_that_all_can_write_keeps_no_holds_also_if_it_is_sticky(void **state)
{
	(void)state;
	assert_distrusted(NULL, 01777, (uid_t)-1,
			  "can be written by others (mode 1777), expected by its owner alone");
}

static void folder_of_another_user_keeps_no_holds(void **state)
{
	(void)state;
	need_root();
	assert_distrusted(NULL, 0700, 12345, "belongs to user 12345, expected root or the caller");
}

static void file_that_others_can_write_keeps_no_holds(void **state)
{
	(void)state;
	assert_distrusted("holds.json", 0660, (uid_t)-1,
			  "can be written by others (mode 0660), expected by its owner alone");
}

static void file_of_another_user_keeps_no_holds(void **state)
{
	(void)state;
	need_root();
	assert_distrusted("holds.json", 0600, 12345,
			  "belongs to user 12345, expected root or the caller");
}

static void folder_that_lets_its_group_read_keeps_holds(void **state)
{
	struct folder folder;
	struct holds holds;

	(void)state;
	folder_make(&folder);
	assert_int_equal(chmod(folder.path, 02750), 0);
	assert_int_equal(holds_load(&holds, folder.path, NULL), 0);
	holds_free(&holds);
	folder_remove(&folder);
}

static void folder_that_is_missing_holds_nothing(void **state)
{
	struct holds holds;

	(void)state;
	assert_int_equal(holds_load(&holds, "/nowhere/state", NULL), 0);
	assert_int_equal(holds_count(&holds), 0);
	holds_free(&holds);
}

/* The target of a link may be in a folder that other users can write. */
static void holds_file_that_is_a_link_is_not_followed(void **state)
{
	struct folder folder;
	struct holds holds;
	struct error err;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "other.json", "{\"format\":\"migcompat-holds/1\",\"holds\":[]}");
	assert_int_equal(symlink("other.json", folder_path(&folder, "holds.json")), 0);
	assert_int_equal(holds_load(&holds, folder.path, &err), -EINVAL);
	assert_contains(err.text, "holds.json: is a link, expected a regular file");
	folder_remove(&folder);
}

static void holds_file_that_is_a_pipe_is_refused_at_once(void **state)
{
	struct folder folder;
	struct holds holds;
	struct error err;

	(void)state;
	folder_make(&folder);
	assert_int_equal(mkfifo(folder_path(&folder, "holds.json"), 0600), 0);
	assert_int_equal(holds_load(&holds, folder.path, &err), -EINVAL);
	assert_contains(err.text, "expected a regular file");
	folder_remove(&folder);
}

static void assert_held(struct holds *holds, const struct device *device, const char *expected)
{
	char reason[HOLD_REASON_BYTES + 1];

	assert_true(holds_find(holds, device, reason, sizeof(reason)));
	assert_string_equal(reason, expected);
}

static void holds_are_read_as_they_were_written(void **state)
{
	struct host host = {.name = "h"};
	struct device one = {.id = "one", .host = &host}, two = {.id = "two", .host = &host};
	struct folder folder;
	struct holds holds;

	(void)state;
	folder_make(&folder);
	assert_int_equal(holds_load(&holds, folder.path, NULL), 0);
	assert_int_equal(holds_add(&holds, "h", "one", "a", NULL), 0);
	assert_int_equal(holds_add(&holds, "h", "two", "b \xc3\xa9 \"", NULL), 0);
	assert_int_equal(holds_add(&holds, "h", "one", "c", NULL), 0);
	holds_free(&holds);
	assert_int_equal(holds_load(&holds, folder.path, NULL), 0);
	assert_int_equal(holds_count(&holds), 2);
	assert_held(&holds, &one, "c");
	assert_held(&holds, &two, "b \xc3\xa9 \"");
	assert_int_equal(holds_remove(&holds, "one", NULL), 0);
	assert_false(holds_find(&holds, &one, NULL, 0));
	assert_true(holds_find(&holds, &two, NULL, 0));
	assert_int_equal(holds_remove(&holds, "one", NULL), -ENOENT);
	holds_free(&holds);
	folder_remove(&folder);
}

static void hold_outlives_another_name_of_the_host(void **state)
{
	struct host before = {.name = "before"}, after = {.name = "after"};
	struct device one = {.id = "one", .host = &before}, renamed = {.id = "one", .host = &after},
		      other = {.id = "ones", .host = &after};
	struct folder folder;
	struct holds holds;

	(void)state;
	folder_make(&folder);
	assert_int_equal(holds_load(&holds, folder.path, NULL), 0);
	assert_int_equal(holds_add(&holds, "before", "one", "a", NULL), 0);
	assert_held(&holds, &one, "a");
	assert_false(
		holds_find(&holds, &renamed, NULL, 0)); /* on recorded hosts it is another device */
	holds.of_this_host = true;
	assert_held(&holds, &one, "a");
	assert_held(&holds, &renamed, "a");
	assert_false(holds_find(&holds, &other, NULL, 0));
	assert_int_equal(holds_remove(&holds, "one", NULL), 0);
	assert_false(holds_find(&holds, &renamed, NULL, 0));
	holds_free(&holds);
	folder_remove(&folder);
}

static void holds_are_for_the_group_of_their_folder_whatever_the_umask(void **state)
{
	struct folder folder;
	struct holds holds;
	struct stat st;
	mode_t before;

	(void)state;
	need_root();
	folder_make(&folder);
	assert_int_equal(chown(folder.path, (uid_t)-1, 4321), 0);
	assert_int_equal(holds_load(&holds, folder.path, NULL), 0);
	before = umask(0077);
	assert_int_equal(holds_add(&holds, "h", "one", "a", NULL), 0);
	umask(before);
	assert_int_equal(stat(folder_path(&folder, "holds.json"), &st), 0);
	assert_int_equal(st.st_gid, 4321);
	assert_int_equal(st.st_mode & 07777, 0640);
	holds_free(&holds);
	folder_remove(&folder);
}

static void hold_that_cannot_be_written_does_not_count(void **state)
{
	struct host host = {.name = "h"};
	struct device one = {.id = "one", .host = &host};
	struct folder folder;
	struct holds holds;
	struct error err;

	(void)state;
	folder_make(&folder);
	assert_int_equal(holds_load(&holds, folder.path, NULL), 0);
	assert_int_equal(holds_add(&holds, "h", "one", "a", NULL), 0);
	folder_remove(&folder);
	assert_true(holds_add(&holds, "h", "two", "b", &err) < 0);
	assert_contains(err.text, "could not be written");
	assert_int_equal(holds_count(&holds), 1);
	assert_true(holds_add(&holds, "h", "one", "b", &err) < 0);
	assert_held(&holds, &one, "a");
	assert_true(holds_remove(&holds, "one", &err) < 0);
	assert_held(&holds, &one, "a");
	holds_free(&holds);
}

/*
 * Otherwise a power cut could bring the old list back, and a lost hold would be a wrong
 * yes.
 */
static void hold_is_on_the_disk_with_its_name(void **state)
{
	struct folder folder;
	struct holds holds;

	(void)state;
	folder_make(&folder);
	assert_int_equal(holds_load(&holds, folder.path, NULL), 0);
	memset(synced, 0, sizeof(synced));
	assert_int_equal(holds_add(&holds, "h", "one", "a", NULL), 0);
	assert_string_equal(synced, "frd");
	holds_free(&holds);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_file_that_makes_no_sense_is_an_error),
		cmocka_unit_test(holds_file_that_is_a_link_to_nowhere_is_an_error),
		cmocka_unit_test(folder_that_its_group_can_write_keeps_no_holds),
		cmocka_unit_test(folder_that_all_can_write_keeps_no_holds_also_if_it_is_sticky),
		cmocka_unit_test(folder_of_another_user_keeps_no_holds),
		cmocka_unit_test(file_that_others_can_write_keeps_no_holds),
		cmocka_unit_test(file_of_another_user_keeps_no_holds),
		cmocka_unit_test(folder_that_lets_its_group_read_keeps_holds),
		cmocka_unit_test(folder_that_is_missing_holds_nothing),
		cmocka_unit_test(holds_file_that_is_a_link_is_not_followed),
		cmocka_unit_test(holds_file_that_is_a_pipe_is_refused_at_once),
		cmocka_unit_test(holds_are_read_as_they_were_written),
		cmocka_unit_test(hold_outlives_another_name_of_the_host),
		cmocka_unit_test(holds_are_for_the_group_of_their_folder_whatever_the_umask),
		cmocka_unit_test(hold_that_cannot_be_written_does_not_count),
		cmocka_unit_test(hold_is_on_the_disk_with_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
