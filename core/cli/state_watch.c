/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interrupts, and a line of progress that is written over. */
#include "core/cli/state_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_NS 100000000u /* between two lines */

static int interrupts = -1; /* only the handler writes to it, after it is set */

static void on_signal(int number)
{
	const uint64_t one = 1;
	int kept = errno;

	(void)number;
	/* It fails only if the counter is full, and then it is readable. */
	if (write(interrupts, &one, sizeof(one)) < 0)
		errno = kept;
	errno = kept;
}

static void take(int number)
{
	/* No SA_RESTART: a call that waits in the kernel must return. */
	const struct sigaction action = {.sa_handler = on_signal};
	struct sigaction before;

	/* A signal that the parent process ignores (nohup, a job in the background) stays
	 * ignored. */
	if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

int interrupts_take(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	interrupts = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (interrupts < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		take(numbers[i]);
	/* write(2) then fails with an errno, and nothing is left half done. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return interrupts;
}

const char *state_size(uint64_t bytes, char *buffer, size_t size)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(buffer, size, "%" PRIu64 " bytes", bytes);
		return buffer;
	}
	for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		value /= 1024;
	snprintf(buffer, size, "%.1f %s", value, units[unit]);
	return buffer;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void state_watch_begin(struct state_watch *watch, const char *what, uint64_t total)
{
	*watch = (struct state_watch){
		.what = what, .began = now(), .total = total, .terminal = isatty(STDERR_FILENO)};
}

/* Write the line over. left: what left means; 0: nothing is known. */
static void show(struct state_watch *watch, uint64_t bytes, uint64_t left, const char *what)
{
	char done[32], rate[32], rest[32];
	uint64_t at = now();

	if (!watch->terminal || at - (watch->shown ? watch->shown : watch->began) < SHOWN_NS)
		return;
	watch->shown = at;
	fprintf(stderr, "\r%s: %s, %s/s", watch->what, state_size(bytes, done, sizeof(done)),
		state_size((uint64_t)((double)bytes * 1e9 / (double)(at - watch->began)), rate,
			   sizeof(rate)));
	if (left)
		fprintf(stderr, ", %s %s", state_size(left, rest, sizeof(rest)), what);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void state_watch_load(struct state_watch *watch, uint64_t bytes)
{
	show(watch, bytes, bytes < watch->total ? watch->total - bytes : 0, "left");
}

int state_watch_show(void *arg, const struct kernel_progress *progress)
{
	struct state_watch *watch = arg;

	/* Of a save, a driver tells what is to come only while it copies ahead. */
	if (watch->total)
		state_watch_load(watch, progress->bytes);
	else
		show(watch, progress->bytes, progress->rest, "new or dirty");
	return 0;
}

int state_watch_save(void *arg, const struct save_progress *progress)
{
	const bool round = progress->phase == SAVE_ROUND;
	char what[32] = "left";

	if (round)
		snprintf(what, sizeof(what), "left of round %u", progress->round);
	show(arg, progress->bytes, progress->rest, what);
	return 0;
}

void state_watch_end(struct state_watch *watch)
{
	if (watch->shown)
		fputs("\r\033[K", stderr);
}
