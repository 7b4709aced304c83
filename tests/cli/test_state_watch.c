/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is shown while a state is moved: on a terminal alone, and gone afterwards. */
#include "core/cli/state_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/test.h"

static char shown[4096];

/* Move something under a watch, with fd as standard error. reader is fd's other end. */
static void watch_on(int fd, int reader, uint64_t total, uint64_t rest)
{
	const struct kernel_progress progress = {.bytes = 3 << 20, .rest = rest};
	struct pollfd at = {.fd = reader, .events = POLLIN};
	struct state_watch watch;
	int kept = dup(STDERR_FILENO);
	bool terminal = isatty(fd);
	size_t len = 0;
	ssize_t n;

	memset(shown, 0, sizeof(shown));

	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	state_watch_begin(&watch, "0000:00:03.0", total);
	watch.began -= 1000000000; /* as if it had taken a second so far */
	assert_int_equal(state_watch_show(&watch, &progress), 0);
	state_watch_end(&watch);
	fflush(stderr);
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	close(kept);
	/* What goes through a terminal arrives when the kernel gets around to it; the last of it is
	 * that the line is wiped. */
	while (!strstr(shown, "\r\033[K") && poll(&at, 1, terminal ? 10000 : 0) > 0 &&
	       (n = read(reader, shown + len, sizeof(shown) - 1 - len)) > 0) {
		len += (size_t)n;
		shown[len] = '\0';
	}
}

static void a_terminal_is_told_how_far_it_is(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	watch_on(slave, master, 0, 0);
	assert_contains(shown, "\r0000:00:03.0: 3.0 MiB, ");
	assert_contains(shown, "/s\033[K");
	assert_contains(shown, "\r\033[K"); /* and nothing is left */
	watch_on(slave, master, 0, 1 << 20);
	assert_contains(shown, ", 1.0 MiB new or dirty");
	watch_on(slave, master, 4 << 20, 0);
	assert_contains(shown, ", 1.0 MiB left");
	close(slave);
	close(master);
}

static void a_pipe_is_told_nothing(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	watch_on(ends[1], ends[0], 0, 0);
	assert_string_equal(shown, "");
	close(ends[0]);
	close(ends[1]);
}

static void sizes_are_short(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(state_size(0, text, sizeof(text)), "0 bytes");
	assert_string_equal(state_size(1023, text, sizeof(text)), "1023 bytes");
	assert_string_equal(state_size(1536, text, sizeof(text)), "1.5 KiB");
	assert_string_equal(state_size((uint64_t)64 << 20, text, sizeof(text)), "64.0 MiB");
	assert_string_equal(state_size(UINT64_MAX, text, sizeof(text)), "16777216.0 TiB");
}

static void an_interrupt_is_a_descriptor_that_can_be_read(void **state)
{
	struct pollfd fd = {.events = POLLIN};

	(void)state;
	signal(SIGHUP, SIG_IGN);
	fd.fd = interrupts_take();
	assert_true(fd.fd >= 0);
	assert_int_equal(raise(SIGHUP), 0); /* which was ignored before, as by nohup */
	assert_int_equal(poll(&fd, 1, 0), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(poll(&fd, 1, 0), 1);
	close(fd.fd);
}

/* A limit on the size of files must not end a save before it has put everything in order. */
static void a_file_that_may_not_grow_is_an_errno(void **state)
{
	const struct rlimit limit = {.rlim_cur = 1, .rlim_max = RLIM_INFINITY},
			    none = {RLIM_INFINITY, RLIM_INFINITY};
	FILE *file = tmpfile();
	int fd = interrupts_take(), r;

	(void)state;
	assert_non_null(file);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	r = pwrite(fileno(file), "x", 1, 1) < 0 ? errno : 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(r, EFBIG);
	fclose(file);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_is_told_how_far_it_is),
		cmocka_unit_test(a_pipe_is_told_nothing),
		cmocka_unit_test(sizes_are_short),
		cmocka_unit_test(an_interrupt_is_a_descriptor_that_can_be_read),
		cmocka_unit_test(a_file_that_may_not_grow_is_an_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
