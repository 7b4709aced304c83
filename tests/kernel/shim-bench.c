// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Compares the time of a write to migration_version with a chain of pipes of the same
 * shape: writer, relay, worker, relay, writer, one byte each way. The variants alternate,
 * so a period in which the machine is slow affects all of them. Only answers are
 * asserted, never a time.
 *
 * usage: shim-bench FILE [--distinct]
 *
 * With --distinct each "uncached" string differs, by an optional field that no backend
 * knows.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "daemon-support.h"

#define ROUNDS 5
#define TRIPS 3000 /* round trips of the chain, and writes of one writer */
#define WRITERS 16
#define WRITES 500 /* of each of several writers */
#define STRING_MAX 4096

static const char *file;
static char string[STRING_MAX];
static bool distinct;
static atomic_ulong strings_made;

/* A compatible string that was not written before, if strings can vary. */
static size_t string_make(char made[static STRING_MAX])
{
	if (distinct)
		return string_vary(string, ++strings_made, made, STRING_MAX);
	memcpy(made, string, strlen(string) + 1);
	return strlen(string);
}

struct chain {
	int to, from;
	pid_t relay, worker;
};

static void pass(int from, int to)
{
	char byte;

	if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
		_exit(0);
}

static pid_t link_start(const int *pipes, int count, const int *ends)
{
	pid_t child = fork();

	if (child)
		return child;
	for (int i = 0; i < 8; i++) {
		bool used = false;

		for (int j = 0; j < count; j++)
			used = used || ends[j] == i;
		if (!used)
			close(pipes[i]);
	}
	for (;;)
		for (int i = 0; i < count; i += 2)
			pass(pipes[ends[i]], pipes[ends[i + 1]]);
}

static void chain_start(struct chain *chain)
{
	/*
	 * Pipes, each a reading and a writing end: writer to relay, relay to worker,
	 * worker to relay, relay to writer.
	 */
	int pipes[8];

	for (int i = 0; i < 8; i += 2)
		EXPECT_RESULT(0, pipe(&pipes[i]));
	chain->relay = link_start(pipes, 4, (int[]){0, 3, 4, 7});
	chain->worker = link_start(pipes, 2, (int[]){2, 5});
	chain->to = pipes[1];
	chain->from = pipes[6];
	for (int i = 0; i < 8; i++)
		if (pipes[i] != chain->to && pipes[i] != chain->from)
			close(pipes[i]);
}

static void chain_stop(struct chain *chain)
{
	close(chain->to);
	close(chain->from);
	waitpid(chain->relay, NULL, 0);
	waitpid(chain->worker, NULL, 0);
}

/* Each of these returns the microseconds of one operation. */
static double measure_chain(struct chain *chain)
{
	double start = seconds_now();
	char byte = 'x';

	for (int i = 0; i < TRIPS; i++) {
		EXPECT_RESULT(1, write(chain->to, &byte, 1));
		EXPECT_RESULT(1, read(chain->from, &byte, 1));
	}
	return (seconds_now() - start) * 1e6 / TRIPS;
}

static void write_many(long writes, bool again)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	char made[STRING_MAX];
	size_t length = strlen(string);

	memcpy(made, string, length + 1);
	for (long i = 0; i < writes; i++) {
		if (!again)
			length = string_make(made);
		EXPECT_RESULT((ssize_t)length, write(fd, made, length));
	}
	/* A truncated string must be refused at this speed, too. */
	EXPECT_RESULT(-1, write(fd, made, length - 1));
	EXPECT_RESULT(EINVAL, errno);
	close(fd);
}

static double measure_writes(bool again)
{
	double start = seconds_now();

	write_many(TRIPS, again);
	return (seconds_now() - start) * 1e6 / (TRIPS + 1);
}

static void *writer_run(void *argument)
{
	(void)argument;
	write_many(WRITES, false);
	return NULL;
}

static double measure_crowd(void)
{
	pthread_t writers[WRITERS];
	double start = seconds_now();

	for (int i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, writer_run, NULL);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	return (seconds_now() - start) * 1e6 / (WRITERS * (WRITES + 1));
}

static int compare_numbers(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return (difference > 0) - (difference < 0);
}

/* Sorts VALUES. */
static void tell(const char *what, double *values, bool more_is_better, const char *bound)
{
	qsort(values, ROUNDS, sizeof(*values), compare_numbers);
	printf("%-58s best %.2f (%s), median %.2f, from %.2f to %.2f\n", what,
	       values[more_is_better ? ROUNDS - 1 : 0], bound, values[ROUNDS / 2], values[0],
	       values[ROUNDS - 1]);
}

static void speeds_are_measured(void)
{
	double chain_us[ROUNDS], fresh[ROUNDS], again[ROUNDS], crowd[ROUNDS];
	struct chain chain;

	chain_start(&chain);
	measure_chain(&chain);
	write_many(TRIPS / 10, true);
	for (int i = 0; i < ROUNDS; i++) {
		chain_us[i] = measure_chain(&chain);
		fresh[i] = measure_writes(false) / chain_us[i];
		again[i] = measure_writes(true) / chain_us[i];
		crowd[i] = chain_us[i] / measure_crowd();
	}
	chain_stop(&chain);
	tell("a write, in round trips of the chain:", fresh, false, "at most 3");
	tell("a string that was written before, in round trips:", again, false, "at most 1");
	tell("writes by 16 writers for each round trip of the chain:", crowd, true, "at least 2.5");
	tell("the chain's round trip, in microseconds:", chain_us, false, "no bound");
}

static const struct shim_test tests[] = {{"speeds_are_measured", speeds_are_measured}};

int main(int argc, char **argv)
{
	ssize_t length;

	if (argc < 2) {
		fprintf(stderr, "usage: shim-bench FILE [--distinct]\n");
		return 2;
	}
	file = argv[1];
	distinct = argc > 2;
	length = attr_text(file, string, sizeof(string));
	if (length <= 0) {
		fprintf(stderr, "shim-bench: cannot read %s: %s\n", file, shim_name(length));
		return 2;
	}
	string[strcspn(string, "\n")] = '\0';
	return shim_run(tests, 1, NULL) != 0;
}
