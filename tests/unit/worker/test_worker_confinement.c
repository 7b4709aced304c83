/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Missing steps of a worker's confinement are reported, and such a worker still answers.
 */
#include <linux/landlock.h>
#include <sched.h>
#include <errno.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/worker_client/process.h"
#include "core/wire/confinement.h"
#include "core/wire/worker_memory.h"
#include "tests/support/no_landlock.h"
#include "tests/support/worker.h"

#define UNPREPARED 0x80

/*
 * The missing steps of a worker that is started after prepare: enum confinement, or
 * UNPREPARED.
 */
static uint32_t missing_after(bool (*prepare)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct provider_status told = {0};
		struct provider *provider;

		if (prepare && !prepare())
			_exit(UNPREPARED);
		provider = worker_good("plain");
		provider_status(provider, &told);
		provider_free(provider);
		_exit((int)told.missing);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (uint32_t)WEXITSTATUS(status);
}

static void missing_landlock_is_reported(void **state)
{
	(void)state;
	assert_int_equal(missing_after(no_landlock) & (CONFINEMENT_FILES | UNPREPARED),
			 CONFINEMENT_FILES);
}

/* Make /proc read-only for this process and all that it starts. */
static bool proc_readonly(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("/proc", "/proc", NULL, MS_BIND, NULL) == 0 &&
	       mount(NULL, "/proc", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

static void an_oom_score_that_cannot_be_set_is_reported(void **state)
{
	uint32_t missing = missing_after(proc_readonly);

	(void)state;
	if (missing & UNPREPARED)
		skip();
	assert_int_equal(missing & CONFINEMENT_ORDER, CONFINEMENT_ORDER);
}

#ifdef TEST_CONFINED
static void nothing_is_missing_on_a_complete_kernel(void **state)
{
	(void)state;
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) <= 0)
		skip();
	assert_int_equal(missing_after(NULL), 0);
}

static void without_landlock_all_other_steps_are_taken(void **state)
{
	(void)state;
	assert_int_equal(missing_after(no_landlock), CONFINEMENT_FILES);
}
#endif

static void the_kernel_ends_workers_first(void **state)
{
	struct provider *provider = worker_good("plain");

	(void)state;
	assert_int_equal(worker_oom_score_adj(provider), WORKER_OOM_FIRST);
	provider_free(provider);
}

/*
 * Meet a process that says hello with these bytes. pid: what is known before; 0: nothing.
 */
static int meet(pid_t pid, const uint32_t *words, size_t len, struct process *process)
{
	int ends[2];
	int r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*process = (struct process){.socket = ends[0], .pid = pid};
	assert_int_equal(write(ends[1], words, len), (ssize_t)len);
	close(ends[1]);
	r = process_meet(process, UINT64_MAX);
	close(ends[0]);
	return r;
}

static void a_hello_has_the_process_and_the_missing_steps(void **state)
{
	const uint32_t words[] = {77, CONFINEMENT_FILES};
	struct process process;

	(void)state;
	assert_int_equal(meet(0, words, sizeof(words), &process), 0);
	assert_int_equal(process.pid, 77);
	assert_int_equal(process.missing, CONFINEMENT_FILES);
}

static void an_invalid_hello_is_refused(void **state)
{
	const uint32_t another[] = {78, 0}, nobody[] = {0, 0};
	const uint32_t unknown[] = {77, CONFINEMENT_ALL + 1};
	struct process process;

	(void)state;
	assert_int_equal(meet(77, another, sizeof(another), &process), -EBADMSG);
	assert_int_equal(meet(0, nobody, sizeof(nobody), &process), -EBADMSG);
	assert_int_equal(meet(77, unknown, sizeof(unknown), &process), -EBADMSG);
	assert_int_equal(meet(77, another, 5, &process), -EBADMSG);
	assert_int_equal(meet(77, another, 0, &process), -ECONNRESET);
}

static void complete_confinement_has_no_text(void **state)
{
	char text[CONFINEMENT_TEXT_MAX];

	(void)state;
	assert_string_equal(confinement_text(0, text, sizeof(text)), "");
}

static void the_text_has_room_for_all_steps(void **state)
{
	char text[CONFINEMENT_TEXT_MAX];

	(void)state;
	confinement_text(CONFINEMENT_ALL, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text) - 1);
	assert_contains(text, "no user of its own");
	assert_contains(text, "; no Landlock");
	assert_contains(text, "; no seccomp filter");
	assert_contains(text, "; no limit of memory; oom_score_adj not raised");
}

#define test(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(missing_landlock_is_reported),
		test(an_oom_score_that_cannot_be_set_is_reported),
#ifdef TEST_CONFINED
		test(nothing_is_missing_on_a_complete_kernel),
		test(without_landlock_all_other_steps_are_taken),
#endif
		test(the_kernel_ends_workers_first),
		test(a_hello_has_the_process_and_the_missing_steps),
		test(an_invalid_hello_is_refused),
		test(complete_confinement_has_no_text),
		test(the_text_has_room_for_all_steps),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
