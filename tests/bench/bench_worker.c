/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cost of a worker: starting and ending it, opening a device, and a comparison,
 * against the same calls in this process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/worker_client/provider_worker.h"
#include "core/facts/model.h"

#define STARTS 200
#define CALLS 20000
#define BATCH 16
#define QUEUES 65536u
#define ROUNDS 20

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

static void start(const char *program, const char *name, size_t count, struct provider **ret)
{
	char path[4096];
	const char *paths[] = {path, path, path};
	struct worker_options options = {.program = program, .timeout_ms = 5000};
	struct error err = {0};

	snprintf(path, sizeof(path), TEST_BACKENDS "/%s.so", name);
	if (program ? provider_workers_new(paths, count, &options, ret, &err)
		    : provider_local_new(path, ret, &err))
		die(name, err.text);
}

static void ready(struct provider *provider)
{
	struct error err = {0};

	if (provider_worker_ready(provider, &err))
		die("mtty", err.text);
	if (provider->info.error)
		die("mtty", provider->info.error);
}

/* Prints microseconds of the fastest and the median round. */
static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, double *seconds, size_t count)
{
	qsort(seconds, count, sizeof(*seconds), by_size);
	printf("%s: %.1f us at best, %.1f us as a rule\n", what, seconds[0] * 1e6,
	       seconds[count / 2] * 1e6);
}

static void measure_start(const char *program, size_t count)
{
	static double spawning[STARTS], loading[STARTS], ending[STARTS];
	struct provider *providers[3];
	char what[64];

	for (int i = 0; i < STARTS; i++) {
		double began = now(), at;

		start(program, "mtty", count, providers);
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

/* Seconds to open and close a device, and for one comparison. */
static void measure_calls(struct provider *provider, const struct device *device, double *ret_open,
			  double *ret_compare)
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
		if (result_reset(&result) ||
		    opened_compare(opened, opened->payload, opened->payload_len, &result, &err))
			die("compare", err.text);
	*ret_compare = (now() - at) / CALLS;
	opened_close(opened);
	result_free(&result);
}

/* Seconds per comparison if so many are sent at once. */
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
			jobs[j] = (struct compare_job){.opened = opened,
						       .payload = opened->payload,
						       .len = opened->payload_len,
						       .result = &results[j],
						       .err = &err};
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

/* All facts of 256 cards with 256 queues each. */
static void make_queues(struct arena *arena, struct factset *ret)
{
	static const char *const attributes[][2] = {
		{"hwtype", "14"}, {"ap_functions", "0x92000000"}, {"driver", "vfio_ap"}};
	struct factset_builder builder;
	char key[64];

	factset_builder_init(&builder, arena);
	for (unsigned queue = 0; queue < QUEUES; queue++) {
		for (size_t i = 0; i < 3; i++) {
			const char *kept;

			snprintf(key, sizeof(key), "bus/ap/devices/%02x.%04x/%s", queue / 256,
				 queue % 256, attributes[i][0]);
			kept = arena_copy(arena, key, strlen(key));
			if (!kept || factset_builder_add(&builder, kept, attributes[i][1],
							 strlen(attributes[i][1])))
				die("queues", "out of memory");
		}
	}
	if (factset_builder_finish(&builder, ret, NULL))
		die("queues", "out of memory");
	factset_builder_free(&builder);
}

static double measure_queues(struct provider *provider, const struct device *device)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		struct opened *opened = NULL;
		struct error err = {0};
		double at = now();

		if (provider_open(provider, device, &opened, &err))
			die("open", err.text);
		at = now() - at;
		best = at < best ? at : best;
		opened_close(opened);
	}
	return best;
}

/*
 * A host with 65,536 queues: the time to send its facts to a worker, and to open a device
 * after that.
 */
static void bench_queues(const char *program)
{
	static const struct fact facts[] = {
		{.key = "control_domains", .value = "0001", .len = 4},
		{.key = "matrix", .value = "05.0001\n05.0002", .len = 15},
		{.key = "mdev_type", .value = "vfio_ap-passthrough", .len = 19},
	};
	struct arena arena = {0};
	struct host host = {.name = "a"};
	const struct device device = {
		.id = "x", .host = &host, .kind = MIGCOMPAT_KIND_MDEV, .facts = {facts, 3}};
	struct provider *local, *worker;
	struct opened *keeps = NULL;
	struct error err = {0};
	double first;

	make_queues(&arena, &host.facts);
	start(NULL, "vfio_ap", 1, &local);
	start(program, "vfio_ap", 1, &worker);
	ready(worker);
	first = measure_queues(worker, &device);
	if (provider_open(worker, &device, &keeps, &err))
		die("open", err.text);
	printf("worker-open-65536-queues: %.1f ms with the host, %.3f ms without, in this process "
	       "%.1f ms\n",
	       first * 1e3, measure_queues(worker, &device) * 1e3,
	       measure_queues(local, &device) * 1e3);
	opened_close(keeps);
	provider_free(local);
	provider_free(worker);
	arena_free(&arena);
}

int main(void)
{
	static const char program[] = TEST_BUILD "/migcompat-worker";
	static const struct fact facts[] = {{.key = "mdev_type", .value = "mtty-2", .len = 6}};
	static const struct fact host_facts[] = {
		{.key = "kernel/release", .value = "6.12.0", .len = 6}};
	const struct host host = {.name = "a", .facts = {host_facts, 1}};
	const struct device device = {
		.id = "x", .host = &host, .kind = MIGCOMPAT_KIND_MDEV, .facts = {facts, 1}};
	struct provider *local, *worker;
	double local_open, local_compare, open, compare;

	start(NULL, "mtty", 1, &local);
	start(program, "mtty", 1, &worker);
	ready(worker);
	measure_start(program, 1);
	measure_start(program, 3);
	measure_calls(local, &device, &local_open, &local_compare);
	measure_calls(worker, &device, &open, &compare);
	printf("worker-open: %.1f us, in this process %.1f us\n", open * 1e6, local_open * 1e6);
	printf("worker-compare: %.1f us, in this process %.2f us\n", compare * 1e6,
	       local_compare * 1e6);
	printf("worker-compare-%d: %.1f us each\n", BATCH, measure_many(worker, &device) * 1e6);
	provider_free(local);
	provider_free(worker);
	bench_queues(program);
	return 0;
}
