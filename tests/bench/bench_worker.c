/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a worker costs: starting and ending one, opening a device, and a comparison, beside the same calls in this process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/backend/provider.h"
#include "core/facts/model.h"

#define STARTS 200
#define CALLS 20000
#define BATCH 16

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what, const char *text)
{
	fprintf(stderr, "%s: %s\n", what, text);
	exit(1);
}

static void start(const char *program, size_t count, struct provider **ret)
{
	static const char *const paths[] = {TEST_BACKENDS "/mtty.so", TEST_BACKENDS "/mtty.so", TEST_BACKENDS "/mtty.so"};
	struct worker_options options = {.program = program, .timeout_ms = 5000};
	struct error err = {0};

	if (program ? provider_workers_new(paths, count, &options, ret, &err) : provider_local_new(paths[0], ret, &err))
		die("mtty", err.text);
}

static void ready(struct provider *provider)
{
	struct error err = {0};

	if (provider_worker_ready(provider, &err))
		die("mtty", err.text);
	if (provider->info.error)
		die("mtty", provider->info.error);
}

/* Microseconds of the fastest and the middle round: others use the machine as well. */
static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, double *seconds, size_t count)
{
	qsort(seconds, count, sizeof(*seconds), by_size);
	printf("%s: %.1f us at best, %.1f us as a rule\n", what, seconds[0] * 1e6, seconds[count / 2] * 1e6);
}

static void measure_start(const char *program, size_t count)
{
	static double spawning[STARTS], loading[STARTS], ending[STARTS];
	struct provider *providers[3];
	char what[64];

	for (int i = 0; i < STARTS; i++) {
		double began = now(), at;

		start(program, count, providers);
		at = now();
		spawning[i] = at - began;
		for (size_t p = 0; p < count; p++)
			ready(providers[p]);
		loading[i] = now() - began;
		at = now();
		for (size_t p = 0; p < count; p++)
			provider_stop(providers[p]);
		for (size_t p = 0; p < count; p++)
			provider_free(providers[p]);
		ending[i] = now() - at;
	}
	snprintf(what, sizeof(what), "worker-spawn-%zu", count);
	print(what, spawning, STARTS);
	snprintf(what, sizeof(what), "worker-ready-%zu", count);
	print(what, loading, STARTS);
	snprintf(what, sizeof(what), "worker-end-%zu", count);
	print(what, ending, STARTS);
}

/* Seconds that opening and closing take, and a comparison. */
static void measure_calls(struct provider *provider, const struct device *device, double *ret_open, double *ret_compare)
{
	struct migcompat_result result = {0};
	struct opened *opened = NULL;
	struct error err = {0};
	double at = now();

	for (int i = 0; i < CALLS; i++) {
		opened_close(opened);
		if (provider_open(provider, device, &opened, &err))
			die("open", err.text);
	}
	*ret_open = (now() - at) / CALLS;
	at = now();
	for (int i = 0; i < CALLS; i++)
		if (result_reset(&result) || opened_compare(opened, opened->payload, opened->payload_len, &result, &err))
			die("compare", err.text);
	*ret_compare = (now() - at) / CALLS;
	opened_close(opened);
	result_free(&result);
}

/* Seconds that one of so many comparisons takes that are asked for in one go. */
static double measure_many(struct provider *provider, const struct device *device)
{
	static struct migcompat_result results[BATCH];
	static struct compare_job jobs[BATCH];
	struct opened *opened = NULL;
	struct error err = {0};
	double at;

	if (provider_open(provider, device, &opened, &err))
		die("open", err.text);
	at = now();
	for (int i = 0; i < CALLS / BATCH; i++) {
		for (int j = 0; j < BATCH; j++) {
			if (result_reset(&results[j]))
				die("compare", "out of memory");
			jobs[j] = (struct compare_job){.opened = opened, .payload = opened->payload, .len = opened->payload_len,
						       .result = &results[j], .err = &err};
		}
		opened_compare_many(jobs, BATCH);
		for (int j = 0; j < BATCH; j++)
			if (jobs[j].r)
				die("compare", err.text);
	}
	at = (now() - at) / (CALLS / BATCH * BATCH);
	opened_close(opened);
	for (int j = 0; j < BATCH; j++)
		result_free(&results[j]);
	return at;
}

int main(void)
{
	static const char program[] = TEST_BACKENDS "/../migcompat-worker";
	static const struct fact facts[] = {{.key = "mdev_type", .value = "mtty-2", .len = 6}};
	static const struct fact host_facts[] = {{.key = "kernel/release", .value = "6.12.0", .len = 6}};
	const struct host host = {.name = "a", .facts = {host_facts, 1}};
	const struct device device = {.id = "x", .host = &host, .kind = MIGCOMPAT_KIND_MDEV, .facts = {facts, 1}};
	struct provider *local, *worker;
	double local_open, local_compare, open, compare;

	start(NULL, 1, &local);
	start(program, 1, &worker);
	ready(worker);
	measure_start(program, 1);
	measure_start(program, 3);
	measure_calls(local, &device, &local_open, &local_compare);
	measure_calls(worker, &device, &open, &compare);
	printf("worker-open: %.1f us, in this process %.1f us\n", open * 1e6, local_open * 1e6);
	printf("worker-compare: %.1f us, in this process %.2f us\n", compare * 1e6, local_compare * 1e6);
	printf("worker-compare-%d: %.1f us each\n", BATCH, measure_many(worker, &device) * 1e6);
	provider_free(local);
	provider_free(worker);
	return 0;
}
