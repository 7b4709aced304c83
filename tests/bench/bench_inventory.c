/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loads an inventory of 100,000 devices, and compares the time with jansson's for the
 * same file, and the memory with the file's size. Prints ratios and asserts nothing. An
 * argument sets another number of devices.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "core/facts/inventory_json.h"

#define DEVICES 100000ul
#define ROUNDS 7

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* An mdev as discovery finds it. */
static void device_write(FILE *file, unsigned long i)
{
	char id[64];

	snprintf(id, sizeof(id), "%08lx-509f-382f-3c1e-%012lx", i * 2654435761ul & 0xffffffff, i);
	fprintf(file,
		"%s\n  "
		"{\"id\":\"%s\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"parent\":\"0000:%02lx:%"
		"02lx.%lx\",\n"
		"   \"path\":\"/devices/pci0000:00/0000:%02lx:%02lx.%lx/%s\",\n"
		"   \"facts\":{\n"
		"    \"mdev_type\":\"mtty-%lu\",\n"
		"    \"mdev_type/available_instances\":\"%lu\",\n"
		"    \"mdev_type/device_api\":\"vfio-pci\",\n"
		"    \"mdev_type/name\":\"%s port serial\",\n"
		"    \"parent\":\"0000:%02lx:%02lx.%lx\",\n"
		"    \"parent/device\":\"0x%04lx\",\n"
		"    \"parent/driver\":\"mtty\",\n"
		"    \"parent/modalias\":\"pci:v00001B36d%08lXsv00001AF4sd00001100bc07sc00i02\",\n"
		"    \"parent/vendor\":\"0x1b36\",\n"
		"    \"vfio/migration/features\":\"stop-copy p2p\"}}",
		i ? "," : "", id, i >> 8 & 0xff, i >> 3 & 0x1f, i & 7, i >> 8 & 0xff, i >> 3 & 0x1f,
		i & 7, id, 1 + i % 2, i % 24, i % 2 ? "Dual" : "Single", i >> 8 & 0xff,
		i >> 3 & 0x1f, i & 7, i & 0xffff, i & 0xffff);
}

/* Returns the size of the file in bytes; 0: it could not be written. */
static double file_make(const char *path, unsigned long devices)
{
	FILE *file = fopen(path, "w");
	struct stat st;

	if (!file)
		return 0;
	fputs("{\"format\":\"migcompat-inventory/1\",\"taken\":\"2026-11-21T02:00:00Z\",\n"
	      " \"host\":{\"name\":\"a\",\"facts\":{\"kernel/release\":\"6.12.0\",\"module/mtty/"
	      "version\":\"1.0\"}},\n \"devices\":[",
	      file);
	for (unsigned long i = 0; i < devices; i++)
		device_write(file, i);
	fputs("]}\n", file);
	return fclose(file) == 0 && stat(path, &st) == 0 ? (double)st.st_size : 0;
}

static double load_with_jansson(const char *path)
{
	double start = now_ms(), end;
	json_t *tree = json_load_file(path, 0, NULL);

	end = now_ms();
	json_decref(tree);
	return tree ? end - start : 0;
}

static double load_inventory(const char *path)
{
	struct inventory inventory;
	struct error err = {{0}};
	double start = now_ms(), end;
	int r;

	inventory_init(&inventory);
	r = inventory_read_file(&inventory, path, &err);
	if (r == 0)
		r = inventory_finish(&inventory, &err);
	end = now_ms();
	if (r < 0)
		fprintf(stderr, "%s\n", err.text);
	inventory_free(&inventory);
	return r < 0 ? 0 : end - start;
}

/* The shortest round was disturbed least. */
static double best(const double *values)
{
	double least = values[0];

	for (int i = 1; i < ROUNDS; i++)
		if (values[i] < least)
			least = values[i];
	return least;
}

/* A line of /proc/self/status, in bytes. */
static double status_bytes(const char *field)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	double found = 0;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, field, strlen(field)) == 0)
			found = strtod(line + strlen(field) + 1, NULL) * 1024;
	if (file)
		fclose(file);
	return found;
}

/*
 * In a child process, so that the peak is that of one load. Writes the growth to a pipe.
 */
static double memory_growth(const char *path)
{
	double growth = 0;
	int ends[2];
	pid_t child;

	if (pipe(ends) != 0)
		return 0;
	child = fork();
	if (child == 0) {
		double before = status_bytes("VmRSS:");

		if (load_inventory(path) > 0)
			growth = status_bytes("VmHWM:") - before;
		_exit(write(ends[1], &growth, sizeof(growth)) != sizeof(growth));
	}
	close(ends[1]);
	if (child < 0 || read(ends[0], &growth, sizeof(growth)) != sizeof(growth))
		growth = 0;
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return growth;
}

static void measure(const char *path, unsigned long devices, double size)
{
	double ours[ROUNDS], theirs[ROUNDS];
	double growth = memory_growth(path);

	/* They alternate, so that other load affects both. */
	for (int i = 0; i < ROUNDS; i++) {
		theirs[i] = load_with_jansson(path);
		ours[i] = load_inventory(path);
	}
	printf("inventory: %lu devices, %.1f MB\n", devices, size / 1e6);
	printf("inventory: load time: %.0f ms, jansson alone %.0f ms, ratio %.2f (goal: at most "
	       "1.5)\n",
	       best(ours), best(theirs), best(ours) / best(theirs));
	printf("inventory: peak memory growth: %.1f MB, ratio to the file %.2f (goal: at most 2)\n",
	       growth / 1e6, growth / size);
	printf("inventory: %.0f devices a second\n", (double)devices / best(ours) * 1e3);
}

int main(int argc, char **argv)
{
	unsigned long devices = argc > 1 ? strtoul(argv[1], NULL, 10) : DEVICES;
	char folder[] = "/tmp/migcompat-bench-XXXXXX";
	char path[sizeof(folder) + 16];
	double size;

	if (!mkdtemp(folder)) {
		fprintf(stderr, "bench_inventory: no temporary folder: %s\n",
			strerrordesc_np(errno));
		return 2;
	}
	snprintf(path, sizeof(path), "%s/a.json", folder);
	size = file_make(path, devices);
	if (size > 0)
		measure(path, devices, size);
	else
		fprintf(stderr, "bench_inventory: %s could not be written\n", path);
	unlink(path);
	rmdir(folder);
	return size > 0 ? 0 : 2;
}
