/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What vendor code cannot do in its worker, neither in constructors nor in calls. Loading
 * still works: from folders that the worker's user cannot enter, through links, and with
 * libraries beside a backend. Builds that do not confine workers (sanitizers, coverage)
 * run only the second half.
 */
#include <linux/landlock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/worker_client/worker.h"
#include "tests/support/worker_bench.h"

#ifdef TEST_CONFINED
static void read_status(char *ret, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)worker_process());
	file = fopen(path, "re");
	assert_non_null(file);
	ret[fread(ret, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* The only worker of a test. */
static struct provider *alone(struct bench *bench, const char *name)
{
	opened_close(bench->serial);
	provider_free(bench->good);
	bench->good = worker_good(name);
	return bench->good;
}

static void alone_again(struct bench *bench)
{
	provider_free(bench->good);
	bench->good = worker_good("mtty");
	bench->serial = test_open(bench->good, &bench->host.devices[0]);
}

static void root_becomes_the_workers_user(void **state)
{
	char text[8192], user[32], line[160];
	unsigned uid = geteuid(), gid = getegid();

	read_status(text, sizeof(text));
	if (uid == 0) {
		worker_user("/etc/passwd", user, sizeof(user));
		assert_int_equal(sscanf(user, "%u:%u", &uid, &gid), 2);
		assert_contains(text, "Groups:\t \n");
	}
	(void)state;
	snprintf(line, sizeof(line), "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", uid, uid, uid,
		 uid, gid, gid, gid, gid);
	assert_contains(text, line);
}

static void no_capability_is_left_and_none_comes_back(void **state)
{
	char text[8192];

	(void)state;
	read_status(text, sizeof(text));
	assert_contains(text, "CapInh:\t0000000000000000\n");
	assert_contains(text, "CapPrm:\t0000000000000000\n");
	assert_contains(text, "CapEff:\t0000000000000000\n");
	assert_contains(text, "CapAmb:\t0000000000000000\n");
	assert_contains(text, "NoNewPrivs:\t1\n");
}

static void both_filters_are_in_force(void **state)
{
	char text[8192];

	(void)state;
	read_status(text, sizeof(text));
	assert_contains(text, "Seccomp:\t2\n");
	assert_contains(text, "Seccomp_filters:\t2\n");
}

/* What is refused in each of the three places, in the same way. */
static const char always[] = "create=EPERM mkdir=EPERM socket=EPERM sendmsg=EPERM fork=EPERM "
			     "thread=EPERM exec=EPERM rlimit=EPERM root=EPERM ";
static const char signals[] =
	"sigaction=EPERM sigmask=EPERM unwatch=EPERM redirect=EPERM close=EPERM hide=EPERM ";

static void a_constructor_can_do_no_more_than_load(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = test_open(alone(bench, "hostile"), plain_device(bench));
	bool landlock =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
	char expected[512];

	snprintf(expected, sizeof(expected), "read=%s %scode=done %s", landlock ? "EACCES" : "done",
		 always, signals);
	assert_string_equal(opened->model, expected);
	opened_close(opened);
	alone_again(bench);
}

static void a_call_can_do_no_more_than_answer(void **state)
{
	struct bench *bench = *state;
	struct opened *opened = test_open(alone(bench, "hostile"), plain_device(bench));
	char expected[512];

	snprintf(expected, sizeof(expected), "read=EPERM %scode=EPERM %s", always, signals);
	assert_string_equal(opened->label, expected);
	test_compare(opened, opened, &bench->result);
	assert_string_equal(bench->result.findings[0].text, expected);
	opened_close(opened);
	alone_again(bench);
}

static void attack_ends_the_worker(struct bench *bench, const char *payload, const char *sentence)
{
	struct provider *provider = worker_good("killer");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct error err = {0};

	assert_int_equal(result_reset(&bench->result), 0);
	assert_int_equal(opened_compare(opened, payload, strlen(payload), &bench->result, &err),
			 -EIO);
	assert_string_equal(err.text, sentence);
	opened_close(opened);
	provider_free(provider);
}

static void an_attack_on_another_process_ends_the_worker(void **state)
{
	static const char sentence[] = "backend killer: its worker was killed by signal 31 (Bad "
				       "system call) in compare of x";

	attack_ends_the_worker(*state, "kill", sentence);
	attack_ends_the_worker(*state, "ptrace", sentence);
	attack_ends_the_worker(*state, "peek", sentence);
}

static void an_attack_in_a_constructor_ends_the_worker(void **state)
{
	struct provider *provider = worker_make("kill_constructor", WORKER_TIMEOUT_MS);

	(void)state;
	assert_string_equal(provider->info.error,
			    "its worker was killed by signal 31 (Bad system call) while loading");
	provider_free(provider);
}

static void a_signal_to_another_is_refused(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("killer");
	struct opened *opened = test_open(provider, plain_device(bench));
	struct error err = {0};

	assert_int_equal(result_reset(&bench->result), 0);
	assert_int_equal(opened_compare(opened, "tgkill", 6, &bench->result, &err), 0);
	assert_string_equal(bench->result.findings[0].text, "refused");
	opened_close(opened);
	provider_free(provider);
}

static void a_failed_assertion_ends_with_its_signal(void **state)
{
	attack_ends_the_worker(*state, "abort",
			       "backend killer: its worker was killed by signal 6 (Aborted) in "
			       "compare of x (--debug shows what it wrote)");
}

static void memory_in_a_constructor_is_limited(void **state)
{
	struct bench *bench = *state;
	struct provider *provider = worker_good("greedy_constructor");
	struct opened *opened = test_open(provider, plain_device(bench));

	test_compare(opened, opened, &bench->result);
	assert_int_equal(bench->result.bad_count, 0);
	opened_close(opened);
	provider_free(provider);
}
#endif

/* ---------------------------------------------------------------- loading */

/* A folder for a test, with a copy of a backend under its own name. */
struct folder {
	char path[64];
	char file[128];
};

static void folder_make(struct folder *folder, const char *name)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(folder->path)); /* mode 0700 */
	snprintf(folder->file, sizeof(folder->file), "%s/%s.so", folder->path, name);
}

static void folder_free(const struct folder *folder)
{
	unlink(folder->file);
	assert_int_equal(rmdir(folder->path), 0);
}

static void copy_file(const char *name, const char *to, mode_t mode)
{
	char from[4096], command[8400];

	snprintf(command, sizeof(command), "cp '%s' '%s'", worker_path(name, from, sizeof(from)),
		 to);
	assert_int_equal(system(command), 0);
	assert_int_equal(chmod(to, mode), 0);
}

static void file_works(struct bench *bench, const char *path)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct opened *opened;
	struct error err = {0};

	assert_int_equal(provider_worker_new(path, &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	if (provider->info.error)
		fail_msg("%s", provider->info.error);
	assert_string_equal(provider->info.path, path);
	assert_int_equal(provider_settle(provider, NULL, NULL), 0);
	opened = test_open(provider, plain_device(bench));
	test_compare(opened, opened, &bench->result);
	assert_int_equal(bench->result.bad_count, 0);
	opened_close(opened);
	provider_free(provider);
}

static void a_folder_that_its_user_cannot_enter_is_loaded_from(void **state)
{
	struct folder folder;

	folder_make(&folder, "plain");
	copy_file("plain", folder.file, 0755);
	file_works(*state, folder.file);
	folder_free(&folder);
}

static void a_file_that_its_user_cannot_read_is_loaded(void **state)
{
	struct folder folder;

	folder_make(&folder, "plain");
	copy_file("plain", folder.file, 0600);
	assert_int_equal(chmod(folder.path, 0755), 0);
	file_works(*state, folder.file);
	folder_free(&folder);
}

static void a_link_to_a_file_elsewhere_is_followed(void **state)
{
	struct folder folder;
	char from[4096];

	folder_make(&folder, "plain");
	assert_int_equal(symlink(worker_path("plain", from, sizeof(from)), folder.file), 0);
	assert_int_equal(chmod(folder.path, 0755), 0);
	file_works(*state, folder.file);
	folder_free(&folder);
}

static void an_error_of_the_linker_names_no_descriptor(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct folder folder;
	struct error err = {0};

	(void)state;
	folder_make(&folder, "not_elf");
	copy_file("not_elf", folder.file, 0755);
	assert_int_equal(provider_worker_new(folder.file, &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	assert_string_equal(provider->info.error, "invalid ELF header");
	provider_free(provider);
	folder_free(&folder);
}

/* Make a folder with the backend "companion" and its library. */
static void companion_make(struct folder *folder, char library[128], mode_t mode)
{
	char command[8400];

	folder_make(folder, "companion");
	copy_file("companion", folder->file, 0755);
	snprintf(library, 128, "%s/libmigcompat_companion.so", folder->path);
	snprintf(command, sizeof(command),
		 "install -m 755 '%s/tests/backends/companion/libmigcompat_companion.so' '%s'",
		 TEST_BUILD, library);
	assert_int_equal(system(command), 0);
	assert_int_equal(chmod(folder->path, mode), 0);
}

static void companion_free(const struct folder *folder, const char *library)
{
	unlink(library);
	folder_free(folder);
}

static void a_library_beside_a_backend_is_found(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct opened *opened;
	struct folder folder;
	char library[128];

	companion_make(&folder, library, 0755);
	assert_int_equal(provider_worker_new(folder.file, &options, &provider, NULL), 0);
	assert_int_equal(provider_worker_ready(provider, NULL), 0);
	if (provider->info.error)
		fail_msg("%s", provider->info.error);
	assert_int_equal(provider_settle(provider, NULL, NULL), 0);
	opened = test_open(provider, plain_device(*state));
	assert_string_equal(opened->label, "from beside");
	opened_close(opened);
	provider_free(provider);
	companion_free(&folder, library);
}

#ifdef TEST_CONFINED
static void a_library_that_its_user_cannot_reach_is_named(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct folder folder;
	char library[128];

	(void)state;
	if (geteuid() != 0)
		skip(); /* the worker has the same user */
	companion_make(&folder, library, 0700);
	assert_int_equal(provider_worker_new(folder.file, &options, &provider, NULL), 0);
	assert_int_equal(provider_worker_ready(provider, NULL), 0);
	assert_non_null(provider->info.error);
	assert_contains(provider->info.error,
			"libmigcompat_companion.so: cannot open shared object file");
	assert_contains(provider->info.error,
			"its worker's user cannot enter the backend's folder");
	provider_free(provider);
	companion_free(&folder, library);
}
#endif

static void loading_leaves_no_descriptor(void **state)
{
	struct bench *bench = *state;
	char path[64];
	struct folder folder;
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct error err = {0};

	opened_close(bench->serial);
	provider_free(bench->good);
	folder_make(&folder, "mtty");
	copy_file("mtty", folder.file, 0700);
	assert_int_equal(provider_worker_new(folder.file, &options, &bench->good, &err), 0);
	assert_int_equal(provider_worker_ready(bench->good, &err), 0);
	assert_null(bench->good->info.error);
	for (int fd = 5; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)worker_process(), fd);
		assert_int_equal(access(path, F_OK), -1);
	}
	assert_int_equal(provider_settle(bench->good, NULL, NULL), 0);
	bench->serial = test_open(bench->good, &bench->host.devices[0]);
	folder_free(&folder);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef TEST_CONFINED
		test(root_becomes_the_workers_user),
		test(no_capability_is_left_and_none_comes_back),
		test(both_filters_are_in_force),
		test(a_constructor_can_do_no_more_than_load),
		test(a_call_can_do_no_more_than_answer),
		test(an_attack_on_another_process_ends_the_worker),
		test(an_attack_in_a_constructor_ends_the_worker),
		test(a_signal_to_another_is_refused),
		test(a_failed_assertion_ends_with_its_signal),
		test(memory_in_a_constructor_is_limited),
#endif
		test(a_folder_that_its_user_cannot_enter_is_loaded_from),
		test(a_file_that_its_user_cannot_read_is_loaded),
		test(a_link_to_a_file_elsewhere_is_followed),
		test(an_error_of_the_linker_names_no_descriptor),
		test(a_library_beside_a_backend_is_found),
#ifdef TEST_CONFINED
		test(a_library_that_its_user_cannot_reach_is_named),
#endif
		test(loading_leaves_no_descriptor),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
