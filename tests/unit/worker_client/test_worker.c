/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting and ending workers. They leave nothing in the program that starts them: no
 * descriptor, no child process, no dependency on a thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/support/worker.h"

static const char *const two_ports[] = {"mdev_type", "mtty-2", NULL};

/* ---------------------------------------------------------------- life and death */

static void a_program_that_is_not_there_is_named(void **state)
{
	struct worker_options options = {.program = "/nowhere/migcompat-worker",
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct error err = {0};

	(void)state;
	assert_int_equal(provider_worker_new("/x.so", &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	assert_string_equal(provider->info.error,
			    "the worker program /nowhere/migcompat-worker could not be started: No "
			    "such file or directory");
	assert_string_equal(provider->info.path, "/x.so");
	provider_free(provider);
}

static void a_program_that_is_no_worker_is_refused(void **state)
{
	struct worker_options options = {.program = "/bin/true", .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct error err = {0};

	(void)state;
	assert_int_equal(provider_worker_new("/x.so", &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	assert_string_equal(provider->info.error, "its worker ended (exit status 0) while loading");
	provider_free(provider);
}

static void a_worker_that_nobody_waited_for_can_be_freed(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};
	char path[4096];

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(provider_worker_new(worker_path("mtty", path, sizeof(path)), &options,
					     &provider, &err),
			 0);
	assert_int_equal(provider_open(provider,
				       test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports),
				       &opened, &err),
			 -EIO);
	assert_null(opened);
	provider_free(provider);
	test_host_free(&host);
	assert_int_equal(worker_process(), 0);
}

static void a_worker_killed_between_calls_is_reported_with_its_signal(void **state)
{
	struct provider *worker = worker_good("mtty");
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};

	(void)state;
	test_host_make(&host, NULL);
	kill(worker_process(), SIGKILL);
	assert_int_equal(provider_open(worker,
				       test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports),
				       &opened, &err),
			 -EIO);
	assert_string_equal(err.text, "backend mtty: its worker was killed by signal 9 (Killed)");
	provider_free(worker);
	test_host_free(&host);
}

static void a_program_that_ignores_its_children_still_learns_of_a_death(void **state)
{
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);
	struct provider *worker = worker_good("crash_open");
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(provider_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL),
				       &opened, &err),
			 -EIO);
	assert_string_equal(err.text, "backend crash_open: its worker ended in open of x");
	provider_free(worker);
	test_host_free(&host);
	signal(SIGCHLD, before);
}

static void a_worker_leaves_no_process_and_no_descriptor(void **state)
{
	size_t before = worker_descriptors();

	(void)state;
	provider_free(worker_make("mtty", WORKER_TIMEOUT_MS));
	provider_free(worker_make("exit_constructor", WORKER_TIMEOUT_MS));
	assert_int_equal(worker_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void *start_worker(void *arg)
{
	(void)arg;
	return worker_good("mtty");
}

static void a_worker_outlives_the_thread_that_started_it(void **state)
{
	struct test_host host;
	pthread_t thread;
	void *worker;

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(pthread_create(&thread, NULL, start_worker, NULL), 0);
	assert_int_equal(pthread_join(thread, &worker), 0);
	opened_close(test_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports)));
	provider_free(worker);
	test_host_free(&host);
}

/*
 * A child process starts a worker that hangs, and ends. The worker is then a child of
 * this process, and must end, too.
 */
static void worker_ends_with_parent(const char *name, unsigned after_ms)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct error err = {0};
	char path[4096];
	pid_t pid = fork();

	if (pid == 0) {
		if (provider_worker_new(worker_path(name, path, sizeof(path)), &options, &provider,
					&err))
			_exit(1);
		nanosleep(&(struct timespec){.tv_nsec = after_ms * 1000000}, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 1000; i++) {
		if (waitpid(-1, NULL, WNOHANG) != 0)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	fail_msg("the worker of %s still runs", name);
}

static void a_worker_ends_with_its_parent_even_in_a_hang(void **state)
{
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	worker_ends_with_parent("hang_constructor", 0);
	worker_ends_with_parent("hang_constructor", 300);
	worker_ends_with_parent("mtty", 300);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

/* ---------------------------------------------------------------- several at once */

static void start_all(const char *const *names, size_t count, unsigned timeout_ms,
		      struct provider **ret)
{
	struct worker_options options = {.program = WORKER_PROGRAM, .timeout_ms = timeout_ms};
	const char *paths[8];
	char buffers[8][512];
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		paths[i] = worker_path(names[i], buffers[i], sizeof(buffers[i]));
	assert_int_equal(provider_workers_new(paths, count, &options, ret, &err), 0);
}

static void several_start_at_once_and_bad_ones_fail_alone(void **state)
{
	static const char *const names[] = {
		"exit_constructor", "mtty",   "crash_constructor", "plain", "hang_constructor",
		"no_symbol",        "shorter"};
	static const char *const errors[] = {
		"its worker ended (exit status 0) while loading",
		NULL,
		"its worker was killed by signal 11 (Segmentation fault) while loading",
		NULL,
		"its worker gave no answer in 2000 ms while loading",
		"it has no symbol \"migcompat_backend\": not a backend",
		NULL,
	};
	struct provider *providers[7];
	struct test_host host;
	struct error err = {0};

	(void)state;
	test_host_make(&host, NULL);
	start_all(names, 7, 2000, providers);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(provider_worker_ready(providers[i], &err), 0);
		if (errors[i])
			assert_string_equal(providers[i]->info.error, errors[i]);
		else
			assert_null(providers[i]->info.error);
	}
	for (size_t i = 1; i < 7; i++)
		if (!errors[i])
			opened_close(test_open(providers[i], test_device(&host, MIGCOMPAT_KIND_MDEV,
									 "x", two_ports)));
	for (size_t i = 0; i < 7; i++)
		provider_free(providers[i]);
	test_host_free(&host);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void several_that_nobody_waited_for_leave_nothing(void **state)
{
	static const char *const names[] = {"mtty", "hang_constructor", "plain"};
	size_t before = worker_descriptors();
	struct provider *providers[3];

	(void)state;
	start_all(names, 3, WORKER_TIMEOUT_MS, providers);
	for (size_t i = 0; i < 3; i++)
		provider_stop(providers[i]);
	for (size_t i = 0; i < 3; i++)
		provider_free(providers[i]);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(worker_descriptors(), before);
}

static void the_end_of_one_is_not_the_end_of_its_copies(void **state)
{
	static const char *const names[] = {"plain", "mtty"};
	struct provider *providers[2];
	struct test_host host;
	struct error err = {0};

	(void)state;
	test_host_make(&host, NULL);
	start_all(names, 2, WORKER_TIMEOUT_MS, providers);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(provider_worker_ready(providers[i], &err), 0);
	provider_stop(providers[0]);
	provider_free(providers[0]);
	opened_close(
		test_open(providers[1], test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports)));
	provider_free(providers[1]);
	test_host_free(&host);
}

static void a_missing_program_fails_all_backends(void **state)
{
	static const char *const paths[] = {"/a.so", "/b.so"};
	struct worker_options options = {.program = "/nowhere/migcompat-worker",
					 .timeout_ms = WORKER_TIMEOUT_MS};
	size_t before = worker_descriptors();
	struct provider *providers[2];
	struct error err = {0};

	(void)state;
	assert_int_equal(provider_workers_new(paths, 2, &options, providers, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(provider_worker_ready(providers[i], &err), 0);
		assert_contains(providers[i]->info.error,
				"could not be started: No such file or directory");
		assert_string_equal(providers[i]->info.path, paths[i]);
		provider_free(providers[i]);
	}
	assert_int_equal(worker_descriptors(), before);
}

static void too_many_workers_are_refused(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM,
					 .timeout_ms = WORKER_TIMEOUT_MS};
	const char *paths[201] = {NULL};
	struct provider *providers[201];
	struct error err = {0};

	(void)state;
	assert_int_equal(provider_workers_new(paths, 201, &options, providers, &err), -E2BIG);
	assert_contains(err.text, "201 backends");
	assert_int_equal(provider_workers_new(paths, 0, &options, providers, &err), 0);
}

/* ---------------------------------------------------------------- what a worker has */

static void read_proc(pid_t pid, const char *file, char *ret, size_t size)
{
	char path[64];
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	stream = fopen(path, "re");
	assert_non_null(stream);
	ret[fread(ret, 1, size - 1, stream)] = '\0';
	fclose(stream);
}

static void a_worker_inherits_no_descriptor_and_no_environment(void **state)
{
	int leak = open("/dev/null", O_RDONLY); /* a program may forget O_CLOEXEC */
	struct provider *worker;
	char text[4096], path[64], target[64];

	(void)state;
	setenv("LD_PRELOAD_FOR_TEST", "1", 1);
	worker = worker_good("mtty");
	read_proc(worker_process(), "environ", text, sizeof(text));
	assert_true(text[0] == '\0' || strstr(text, "SAN_OPTIONS="));
	assert_null(strstr(text, "PATH="));
	for (int fd = 0; fd < 64; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)worker_process(), fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		if (fd < 3)
			assert_string_equal(target, "/dev/null");
		else if (fd == 3)
			assert_contains(target, "socket:");
		else if (fd == 4)
			assert_contains(target, "pipe:");
		else
			assert_string_equal(target, "");
	}
	provider_free(worker);
	close(leak);
}

static void a_worker_is_bounded(void **state)
{
	struct provider *worker = worker_good("mtty");
	char text[8192];

	(void)state;
	read_proc(worker_process(), "limits", text, sizeof(text));
	assert_contains(text, "Max core file size        0                    0");
	assert_contains(text, "Max open files            32                   32");
#ifndef TEST_SANITIZED
	assert_contains(text, "Max processes             0                    0");
	assert_contains(text, "Max data size             1073741824           1073741824");
	assert_contains(text, "Max stack size            8388608              8388608");
	assert_contains(text, "Max address space         1207959552           1207959552");
#endif
	read_proc(worker_process(), "status", text, sizeof(text));
	assert_contains(text, "NoNewPrivs:\t1");
	provider_free(worker);
}

#define test(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_program_that_is_not_there_is_named),
		test(a_program_that_is_no_worker_is_refused),
		test(a_worker_that_nobody_waited_for_can_be_freed),
		test(a_worker_killed_between_calls_is_reported_with_its_signal),
		test(a_program_that_ignores_its_children_still_learns_of_a_death),
		test(a_worker_leaves_no_process_and_no_descriptor),
		test(a_worker_outlives_the_thread_that_started_it),
		test(a_worker_ends_with_its_parent_even_in_a_hang),
		test(several_start_at_once_and_bad_ones_fail_alone),
		test(several_that_nobody_waited_for_leave_nothing),
		test(the_end_of_one_is_not_the_end_of_its_copies),
		test(a_missing_program_fails_all_backends),
		test(too_many_workers_are_refused),
		test(a_worker_inherits_no_descriptor_and_no_environment),
		test(a_worker_is_bounded),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
