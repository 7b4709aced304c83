/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interrupts, and a line that is written over. */
#include "core/cli/state_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_NS 100000000u /* between two lines */

static int interrupts = -1; /* written to by the handler alone, once it is set */

static void on_signal(int number)
{
	const uint64_t one = 1;
	int kept = errno;

	(void)number;
	/* It cannot fail but for a counter that is full, and then it is readable. */
	if (write(interrupts, &one, sizeof(one)) < 0)
		errno = kept;
	errno = kept;
}

static void take(int number)
{
	/* What waits in the kernel is to come back: no SA_RESTART. */
	const struct sigaction action = {.sa_handler = on_signal};
	struct sigaction before;

	/* Whoever starts this with a signal ignored (nohup, a shell's background) does not want it
	 * heard. */
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
	/* To be told by errno, so that nothing is left half done. */
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

int state_watch_show(void *arg, const struct kernel_progress *progress)
{
	struct state_watch *watch = arg;
	char done[32], rate[32], rest[32];
	uint64_t at = now(), bytes = progress->bytes, left = progress->rest;

	if (!watch->terminal || at - (watch->shown ? watch->shown : watch->began) < SHOWN_NS)
		return 0;
	watch->shown = at;
	if (watch->total)
		left = bytes < watch->total ? watch->total - bytes : 0;
	fprintf(stderr, "\r%s: %s, %s/s", watch->what, state_size(bytes, done, sizeof(done)),
		state_size((uint64_t)((double)bytes * 1e9 / (double)(at - watch->began)), rate,
			   sizeof(rate)));
	/* A driver tells what is to come while it copies ahead; then it does not. */
	if (left)
		fprintf(stderr, ", %s %s", state_size(left, rest, sizeof(rest)),
			watch->total ? "left" : "new or dirty");
	fputs("\033[K", stderr);
	fflush(stderr);
	return 0;
}

void state_watch_end(struct state_watch *watch)
{
	if (watch->shown)
		fputs("\r\033[K", stderr);
}
