/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line as a whole process: "check" of two inventories, by own workers and by
 * a service, against "--version", which does nothing. Rounds alternate, so that other
 * load affects all. Prints medians.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM TEST_BACKENDS "/../migcompat"
#define HOSTS TEST_SOURCE "/tests/hosts/"
#define SERVICE TEST_BACKENDS "/../migcompatd"
#define FOLDER "/tmp/migcompat-bench-XXXXXX"
#define ROUNDS 51
#define PATIENCE_MS 10000

static const char *const version[] = {PROGRAM, "--version", NULL};
static const char *const check[] = {PROGRAM,
				    "-i",
				    HOSTS "serial-a.json",
				    "-i",
				    HOSTS "serial-b.json",
				    "check",
				    "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				    "0000:00:04.0",
				    NULL};

static char folder[] = FOLDER, socket_path[sizeof(FOLDER) + 8], log_path[sizeof(FOLDER) + 8];
static const char *const asked[] = {PROGRAM,        "--daemon",
				    "--socket",     socket_path,
				    "check",        "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				    "0000:00:04.0", NULL};
static const char *const service[] = {SERVICE,    "--foreground",
				      "--socket", socket_path,
				      "--state",  folder,
				      "--config", folder,
				      "-i",       HOSTS "serial-a.json",
				      "-i",       HOSTS "serial-b.json",
				      NULL};

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Milliseconds. The program must say yes. */
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
		fprintf(stderr, "bench_cli: %s %s: %s\n", argv[0], argv[1],
			r ? strerror(r) : "it did not end with status 0");
		exit(EXIT_FAILURE);
	}
	return now_ms() - start;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* When it serves, its socket exists. */
static pid_t start_service(void)
{
	double start = now_ms();
	pid_t pid;

	if (!mkdtemp(folder)) {
		perror("bench_cli: " FOLDER);
		exit(EXIT_FAILURE);
	}
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	snprintf(log_path, sizeof(log_path), "%s/log", folder);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(open(log_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDERR_FILENO);
		execv(service[0], (char *const *)(uintptr_t)service);
		_exit(EXIT_FAILURE);
	}
	while (pid < 0 || access(socket_path, F_OK) != 0) {
		if (pid < 0 || waitpid(pid, NULL, WNOHANG) != 0 || now_ms() - start > PATIENCE_MS) {
			fprintf(stderr, "bench_cli: %s does not serve, see %s\n", SERVICE,
				log_path);
			exit(EXIT_FAILURE);
		}
		usleep(10000);
	}
	return pid;
}

static void stop_service(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	unlink(log_path);
	rmdir(folder);
}

int main(void)
{
	double versions[ROUNDS], checks[ROUNDS], asks[ROUNDS];
	pid_t pid = start_service();

	run(version);
	run(check);
	run(asked);
	for (size_t i = 0; i < ROUNDS; i++) {
		versions[i] = run(version);
		checks[i] = run(check);
		asks[i] = run(asked);
	}
	stop_service(pid);
	qsort(versions, ROUNDS, sizeof(double), compare);
	qsort(checks, ROUNDS, sizeof(double), compare);
	qsort(asks, ROUNDS, sizeof(double), compare);
	printf("migcompat --version: %.2f ms\n", versions[ROUNDS / 2]);
	printf("migcompat -i A -i B check: %.2f ms, %.2f times --version (bounds: 10 ms, 3 "
	       "times)\n",
	       checks[ROUNDS / 2], checks[ROUNDS / 2] / versions[ROUNDS / 2]);
	printf("migcompat --daemon check: %.2f ms, %.2f times --version, %.2f times that of its "
	       "own workers\n",
	       asks[ROUNDS / 2], asks[ROUNDS / 2] / versions[ROUNDS / 2],
	       asks[ROUNDS / 2] / checks[ROUNDS / 2]);
	return 0;
}
