/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checks per second against an open target in this process, with findings and policy, and
 * heap allocations per check (malloc is replaced to count them). Prints the best and the
 * median round.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/check/check.h"
#include "core/facts/macros.h"

#define ROUNDS 9
#define SECONDS 0.25

static atomic_ullong allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int rate_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void run(const char *what, struct target *target, const char *string, size_t len)
{
	struct migcompat_verdict verdict = {0};
	double rates[ROUNDS];
	unsigned long long before, count = 0;

	if (check_string(target, NULL, string, len, &verdict) != 0 ||
	    verdict.code != MIGCOMPAT_COMPATIBLE) {
		char reason[1024];

		printf("%-24s the check itself fails: %s\n", what,
		       verdict_reason(&verdict, reason, sizeof(reason)));
		exit(1);
	}
	before = allocations;
	for (int round = 0; round < ROUNDS; round++) {
		double start = now(), end;
		unsigned long long done = 0;

		do {
			for (int i = 0; i < 1000; i++)
				check_string(target, NULL, string, len, &verdict);
			done += 1000;
			end = now();
		} while (end - start < SECONDS);
		rates[round] = (double)done / (end - start);
		count += done;
	}
	qsort(rates, ROUNDS, sizeof(rates[0]), rate_compare);
	printf("%-24s %4zu bytes %10.0f checks/s median, %10.0f best, %10.0f least; %.3f "
	       "allocations a check\n",
	       what, len, rates[ROUNDS / 2], rates[ROUNDS - 1], rates[0],
	       (double)(allocations - before) / (double)count);
	verdict_clear(&verdict);
}

static void bench(struct engine *engine, const char *what, const char *source_name,
		  const char *target_name)
{
	const struct device *source, *device;
	char string[MIGCOMPAT_STRING_MAX + 1];
	struct opened *opened;
	struct target target;
	struct error err = {0};
	int len;

	if (inventory_find(&engine->inventory, source_name, &source, &err) ||
	    inventory_find(&engine->inventory, target_name, &device, &err) ||
	    engine_open(engine, source, &opened, &err)) {
		printf("%s: %s\n", what, err.text);
		exit(1);
	}
	len = check_version(opened, string, sizeof(string), &err);
	opened_close(opened);
	if (len < 0 || target_open(engine, device, &target, &err)) {
		printf("%s: %s\n", what, err.text);
		exit(1);
	}
	run(what, &target, string, (size_t)len);
	target_close(&target);
}

/* A host with 256 cards of one type, and an mdev with all 256 adapters and domains. */
static void write_full_matrix(FILE *out, const char *host, int hwtype)
{
	static const char all[] =
		"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

	fprintf(out,
		"{\"format\":\"migcompat-inventory/"
		"1\",\"host\":{\"name\":\"%s\",\"facts\":{\"kernel/release\":\"6.12.0\"",
		host);
	for (int i = 0; i < 256; i++)
		fprintf(out,
			",\"bus/ap/devices/card%02x/hwtype\":\"%d\",\"bus/ap/devices/card%02x/"
			"ap_functions\":\"0x92000000\"",
			i, hwtype, i);
	fprintf(out,
		"}},\"devices\":[{\"id\":\"00000000-0000-0000-0000-00000000000%s\",\"kind\":"
		"\"mdev\",\"driver\":\"vfio_ap_mdev\",\"parent\":\"matrix\",",
		host);
	fprintf(out,
		"\"facts\":{\"mdev_type\":\"vfio_ap-passthrough\",\"parent/"
		"driver\":\"vfio_ap\",\"ap_config\":\"%s,%s,%s\"}}]}\n",
		all, all, all);
}

static int add_full_matrix(struct engine *engine, const char *host, int hwtype, struct error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return -ENOMEM;
	write_full_matrix(out, host, hwtype);
	fclose(out);
	r = inventory_read_buffer(&engine->inventory, host, text, size, err);
	free(text);
	return r;
}

int main(void)
{
	static const char *const files[] = {"serial-a", "serial-b", "gvt-gen9-1024"};
	char config[] = "/tmp/migcompat-bench-XXXXXX";
	struct engine_options options = {
		.backend_dir = TEST_BACKENDS, .in_process = true, .mechanism = "report"};
	struct engine engine;
	struct error err = {0};
	int r;

	options.config = mkdtemp(config);
	r = engine_start(&engine, &options, &err);
	for (size_t i = 0; i < COUNT(files) && !r; i++) {
		char path[512];

		snprintf(path, sizeof(path), TEST_SOURCE "/tests/hosts/%s.json", files[i]);
		r = engine_add_file(&engine, path, &err);
	}
	if (!r)
		r = add_full_matrix(&engine, "1", 14, &err);
	if (!r)
		r = add_full_matrix(&engine, "2", 14, &err);
	if (!r)
		r = add_full_matrix(&engine, "3", 13, &err);
	if (!r)
		r = engine_ready(&engine, &err);
	if (r) {
		printf("bench_check: %s\n", err.text);
		return 1;
	}
	bench(&engine, "serial", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", "0000:00:04.0");
	for (size_t i = 0; i < engine.inventory.ndevices; i++) {
		const struct device *device = &engine.inventory.devices[i];

		if (device->kind == MIGCOMPAT_KIND_MDEV &&
		    strcmp(device->host->source, TEST_SOURCE "/tests/hosts/gvt-gen9-1024.json") ==
			    0) {
			bench(&engine, "GVT-g", device->id, device->id);
			break;
		}
	}
	bench(&engine, "AP, 256 x 256 queues", "00000000-0000-0000-0000-000000000001",
	      "00000000-0000-0000-0000-000000000002");
	bench(&engine, "AP, onto newer cards", "00000000-0000-0000-0000-000000000003",
	      "00000000-0000-0000-0000-000000000002");
	engine_stop(&engine);
	rmdir(config);
	return 0;
}
