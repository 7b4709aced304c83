/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lets each allocation of a program fail, alone and with all later ones, and compares the
 * output with the true answer: sweep STRIDE JOBS KIND INJECT.so PROGRAM ARGUMENT… KIND
 * chooses what else counts as an answer (see kinds). Prints wrong answers. Status 0:
 * there is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/allocations/inject.h"

#define OUTPUT_MAX (1u << 20)
#define PATIENCE_S 60u
#define TROUBLE 2

struct result {
	int status; /* as waitpid returns it */
	char out[OUTPUT_MAX];
	char err[OUTPUT_MAX];
};

struct place {
	struct inject *control;
	char path[64];
	int out;
	int err;
};

static void die(const char *what)
{
	perror(what);
	exit(TROUBLE);
}

/* ---------------------------------------------------------------- what is an answer */

static bool is_error(const char *line, size_t len)
{
	static const char *const words[] = {"\"verdict\":\"error\"", "\"migratable\":\"error\"",
					    "\"migratable\":\"unknown\"", " error ", " unknown "};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(line, len, words[i], strlen(words[i])))
			return true;
	return false;
}

/* A hold does not depend on the backend that failed. */
static bool is_held(const char *line, size_t len)
{
	return memmem(line, len, "\"hold\":\"", 8) != NULL;
}

/*
 * The words are the same. The blanks between them depend on the longest cell of a table.
 */
static bool same_words(const char *a, size_t na, const char *b, size_t nb)
{
	size_t i = 0, j = 0;

	while (i < na && j < nb && a[i] == b[j]) {
		bool blank = a[i] == ' ';

		for (i++, j++; blank && i < na && a[i] == ' '; i++)
			;
		while (blank && j < nb && b[j] == ' ')
			j++;
	}
	return i == na && j == nb;
}

/*
 * The first line that is neither the true one nor an error of its own device. NULL: there
 * is none.
 */
static const char *line_unsound(const char *out, const char *truth)
{
	while (*out && *truth) {
		size_t len = strcspn(out, "\n"), expected = strcspn(truth, "\n");

		if (!same_words(out, len, truth, expected) &&
		    (!is_error(out, len) || is_held(out, len) < is_held(truth, expected)))
			return out;
		out += len + (out[len] == '\n');
		truth += expected + (truth[expected] == '\n');
	}
	return *out == *truth ? NULL : out;
}

static bool same(const struct result *result, const struct result *truth)
{
	return result->status == truth->status && strcmp(result->out, truth->out) == 0;
}

static bool failed_well(const struct result *result)
{
	return WIFEXITED(result->status) && WEXITSTATUS(result->status) == TROUBLE &&
	       strchr(result->err, '\n');
}

static bool text_is_sound(const struct result *result, const struct result *truth)
{
	return same(result, truth) || failed_well(result);
}

/* A script of comments that ends with status 2 and writes nothing. */
static bool only_fails(const char *out)
{
	while (*out == '#' && strchr(out, '\n'))
		out = strchr(out, '\n') + 1;
	return strcmp(out, "exit 2\n") == 0;
}

/* Standard output has all of the answer, nothing, or a document or script that fails. */
static bool whole_is_sound(const struct result *result, const struct result *truth)
{
	return same(result, truth) ||
	       (failed_well(result) &&
		(!*result->out || is_error(result->out, strlen(result->out)) ||
		 only_fails(result->out)));
}

static bool rows_are_sound(const struct result *result, const struct result *truth)
{
	return text_is_sound(result, truth) ||
	       (result->status == truth->status && !line_unsound(result->out, truth->out));
}

static bool crash_is_sound(const struct result *result, const struct result *truth)
{
	return text_is_sound(result, truth) ||
	       (WIFSIGNALED(result->status) && WTERMSIG(result->status) != SIGALRM);
}

/* The library that mocks a host ends the program if it runs out of memory. */
static bool mocked_is_sound(const struct result *result, const struct result *truth)
{
	return rows_are_sound(result, truth) ||
	       (WIFSIGNALED(result->status) && WTERMSIG(result->status) == SIGABRT &&
		strstr(result->err, "failed to allocate memory"));
}

static const struct kind {
	const char *name;
	bool (*is_sound)(const struct result *result, const struct result *truth);
} kinds[] = {
	{"text", text_is_sound}, /* output with status 2 is no answer */
	{"whole", whole_is_sound},
	{"rows", rows_are_sound}, /* an error of a device is in its line */
	{"crash", crash_is_sound},
	{"mocked", mocked_is_sound},
};

/* ---------------------------------------------------------------- running */

static void take(int fd, char *text)
{
	ssize_t len = pread(fd, text, OUTPUT_MAX - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	if (ftruncate(fd, 0) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		die("output");
}

static void run(const struct place *place, const char *library, char *const *argv, uint64_t at,
		bool all, struct result *ret)
{
	const char *others = getenv("LD_PRELOAD"); /* for a mocked host */
	char preload[4096];
	pid_t pid;

	atomic_store(&place->control->count, 0);
	atomic_store(&place->control->at, at);
	atomic_store(&place->control->all, all);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		snprintf(preload, sizeof(preload), "%s%s%s", library, others ? ":" : "",
			 others ? others : "");
		setenv("LD_PRELOAD", preload, 1);
		setenv(INJECT_VARIABLE, place->path, 1);
		dup2(place->out, STDOUT_FILENO);
		dup2(place->err, STDERR_FILENO);
		alarm(PATIENCE_S);
		execv(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &ret->status, 0) != pid)
		die("waitpid");
	take(place->out, ret->out);
	take(place->err, ret->err);
}

static void place_make(struct place *place, int number)
{
	int fd;

	snprintf(place->path, sizeof(place->path), "/tmp/migcompat-inject-%d-%d", getppid(),
		 number);
	fd = open(place->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	place->out = memfd_create("out", MFD_CLOEXEC);
	place->err = memfd_create("err", MFD_CLOEXEC);
	if (fd < 0 || place->out < 0 || place->err < 0 || ftruncate(fd, sizeof(struct inject)) < 0)
		die(place->path);
	place->control =
		mmap(NULL, sizeof(struct inject), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (place->control == MAP_FAILED)
		die("mmap");
	close(fd);
}

static void tell(const struct result *result, const struct result *truth, char *const *argv,
		 uint64_t at, bool all)
{
	const char *line = line_unsound(result->out, truth->out);

	fprintf(stderr, "WRONG allocation %llu%s of", (unsigned long long)at,
		all ? " and all later ones" : "");
	for (; *argv; argv++)
		fprintf(stderr, " %s", *argv);
	fprintf(stderr, ": %s %d\n--- out\n%.2000s\n--- err\n%.1000s\n",
		WIFEXITED(result->status) ? "status" : "signal",
		WIFEXITED(result->status) ? WEXITSTATUS(result->status) : WTERMSIG(result->status),
		line ? line : result->out, result->err);
}

/* Sweep the share of one job. Returns 1 if anything was wrong, otherwise 0. */
static int sweep(const struct kind *kind, const char *library, char *const *argv, uint64_t stride,
		 int job, int jobs)
{
	static struct result truth, result;
	struct place place;
	uint64_t count;
	int wrong = 0;

	place_make(&place, job);
	run(&place, library, argv, 0, false, &truth);
	count = atomic_load(&place.control->count);
	if (!WIFEXITED(truth.status) || WEXITSTATUS(truth.status) >= TROUBLE || count == 0) {
		tell(&truth, &truth, argv, 0, false);
		wrong = 1;
	}
	for (uint64_t at = 1, turn = 0; at <= count && !wrong; at += stride) {
		for (int all = 0; all < 2; all++, turn++) {
			if (turn % (uint64_t)jobs != (uint64_t)job)
				continue;
			run(&place, library, argv, at, all, &result);
			if (kind->is_sound(&result, &truth))
				continue;
			tell(&result, &truth, argv, at, all);
			wrong = 1;
		}
	}
	if (job == 0)
		printf("%llu allocations\n", (unsigned long long)count);
	unlink(place.path);
	return wrong;
}

int main(int argc, char **argv)
{
	const struct kind *kind = kinds;
	int jobs = argc > 5 ? atoi(argv[2]) : 0, status = 0, wrong = 0;
	uint64_t stride = argc > 5 ? strtoull(argv[1], NULL, 10) : 0;

	for (size_t i = 0; argc > 5 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[3]) == 0)
			kind = &kinds[i];
	if (!stride || jobs < 1) {
		fprintf(stderr, "usage: sweep STRIDE JOBS KIND INJECT.so PROGRAM ARGUMENT…\n");
		return TROUBLE;
	}
	for (int job = 0; job < jobs; job++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			exit(sweep(kind, argv[4], argv + 5, stride, job, jobs));
	}
	while (wait(&status) > 0)
		wrong |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	return wrong;
}
