/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line as a whole process: "check" between two hosts' inventories against "--version", which does nothing. Median of rounds
 * that take turns, so that what else the machine does falls on both.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM TEST_BACKENDS "/../migcompat"
#define HOSTS TEST_SOURCE "/tests/hosts/"
#define ROUNDS 51

static const char *const version[] = {PROGRAM, "--version", NULL};
static const char *const check[] = {PROGRAM, "-i", HOSTS "serial-a.json", "-i", HOSTS "serial-b.json", "check",
				    "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", "0000:00:04.0", NULL};

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds; the program must say yes. */
static double run(const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	double start = now_ms();
	int status = -1, r;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	r = posix_spawn(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r || waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "bench_cli: %s %s: %s\n", argv[0], argv[1], r ? strerror(r) : "it did not end with status 0");
		exit(EXIT_FAILURE);
	}
	return now_ms() - start;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(void)
{
	double versions[ROUNDS], checks[ROUNDS];

	run(version);
	run(check);
	for (size_t i = 0; i < ROUNDS; i++) {
		versions[i] = run(version);
		checks[i] = run(check);
	}
	qsort(versions, ROUNDS, sizeof(double), compare);
	qsort(checks, ROUNDS, sizeof(double), compare);
	printf("migcompat --version: %.2f ms\n", versions[ROUNDS / 2]);
	printf("migcompat -i A -i B check: %.2f ms, %.2f times --version (bounds: 10 ms, 3 times)\n", checks[ROUNDS / 2],
	       checks[ROUNDS / 2] / versions[ROUNDS / 2]);
	return 0;
}
