/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The speed of device state through regions, as a part of the speed of one memcpy in the same run:
 * saving and loading 256 MiB, to and from memory, with the checksum of the file (XXH3, 64 bits). A
 * round of 1 % dirty pages is a part of a full round. The device has both banks of memory from the
 * start, and all memory was touched before, so no page faults are measured.
 *
 * Source and target are in this process, then each served by a process of its own on a socket, and
 * then each in a worker.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/worker_client/provider_worker.h"
#include "core/facts/model.h"
#include "core/regions/client.h"
#include "core/regions/load.h"
#include "core/regions/save.h"
#include "tests/support/card.h"
#include "tests/support/local_port.h"

#define PAGES 65536u /* 256 MiB */
#define BYTES ((uint64_t)PAGES * MIGCOMPAT_STATE_PAGE)
#define DIRTY (PAGES / 100)
#define ROUNDS 15
#define BUILD TEST_BUILD
#define VERSION "card:physical:plain:1;x"

/* A file in memory that was touched before. */
struct memory_file {
	uint8_t *bytes;
	size_t len;
	size_t at;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what, const char *text)
{
	fprintf(stderr, "bench_state: %s: %s\n", what, text);
	exit(1);
}

static ssize_t file_read(void *arg, void *buffer, size_t len)
{
	struct memory_file *file = arg;

	if (len > file->len - file->at)
		len = file->len - file->at;
	memcpy(buffer, file->bytes + file->at, len);
	file->at += len;
	return (ssize_t)len;
}

static ssize_t file_write(void *arg, const void *bytes, size_t len)
{
	struct memory_file *file = arg;

	memcpy(file->bytes + file->len, bytes, len);
	file->len += len;
	return (ssize_t)len;
}

static struct state_port *mount(struct card *card)
{
	struct migcompat_regions *regions = NULL;

	if (migcompat_regions_new(&card_table, card, &regions))
		die("regions", "could not be mounted");
	return local_port_new(regions);
}

static int judge(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)err;
	return len == strlen(VERSION) && memcmp(version, VERSION, len) == 0 ? 0 : -EINVAL;
}

static double save(struct state_port *port, struct memory_file *file)
{
	const struct state_transport to = {
		.read = file_read, .write = file_write, .arg = file, .name = "memory"};
	const struct save_options options = {.version = VERSION,
					     .version_len = strlen(VERSION),
					     .run_on = true,
					     .rounds_max = 1};
	struct error err = {0};
	double began = now();

	file->len = file->at = 0;
	if (state_save(port, &to, &options, NULL, &err))
		die("save", err.text);
	return now() - began;
}

static double load(struct state_port *port, struct memory_file *file)
{
	const struct state_transport from = {
		.read = file_read, .write = file_write, .arg = file, .name = "memory"};
	const struct load_options options = {.judge = judge};
	struct error err = {0};
	double began = now();

	file->at = 0;
	if (state_load(port, &from, &options, &err))
		die("load", err.text);
	return now() - began;
}

static double copy(const struct card *from, struct memory_file *to)
{
	double began = now();

	memcpy(to->bytes, from->memory, BYTES);
	return now() - began;
}

static void put(struct state_port *port, const struct state_write *writes, size_t count,
		struct migcompat_control *control)
{
	struct error err = {0};

	if (port_run(port, writes, count, false, control, &err))
		die("round", err.text);
}

/* A round in LOGGING: GET_BUFFER until the end of memory. */
static double dirty_round(struct state_port *port, struct card *card, unsigned pages)
{
	static const struct state_write begin[] = {
		{STATE_FIELD(device_state), MIGCOMPAT_DEVICE_RUNNING_LOGGING},
		{STATE_FIELD(memory.position), 0},
	};
	static const struct state_write next = {STATE_FIELD(memory.action), MIGCOMPAT_GET_BUFFER};
	struct migcompat_control control;
	uint64_t records = 0;
	double began;

	for (unsigned i = 0; i < pages; i++)
		card_poke(card, (uint64_t)i * (PAGES / pages) * MIGCOMPAT_STATE_PAGE, (uint8_t)i);
	began = now();
	put(port, begin, 2, &control);
	do {
		put(port, &next, 1, &control);
		records += control.memory.size / sizeof(struct migcompat_dirty_record);
	} while (control.memory.position < BYTES);
	if (records != pages)
		die("round", "another number of pages was dirty");
	return now() - began;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, double *ratios, const char *unit)
{
	qsort(ratios, ROUNDS, sizeof(*ratios), compare);
	printf("%s: %.3f %s as a rule (%.3f to %.3f)\n", what, ratios[ROUNDS / 2], unit, ratios[0],
	       ratios[ROUNDS - 1]);
}

/* Save and load between two plain copies of as many bytes from other memory. */
static void move(const char *what, struct state_port *from, struct state_port *to,
		 const struct card *plain, struct memory_file *file)
{
	double saving[ROUNDS], loading[ROUNDS], rate[ROUNDS];
	char name[128];

	/* Touch all memory: both banks of the target, and the file. */
	for (int i = 0; i < 2; i++) {
		save(from, file);
		load(to, file);
		copy(plain, file);
	}
	for (int i = 0; i < ROUNDS; i++) {
		double copied = copy(plain, file), again;

		saving[i] = save(from, file);
		loading[i] = load(to, file);
		again = copy(plain, file);
		copied = (copied + again) / 2;
		saving[i] = copied / saving[i];
		loading[i] = copied / loading[i];
		rate[i] = (double)BYTES / copied / 1e9;
	}
	snprintf(name, sizeof(name), "state-memcpy%s of 256 MiB", what);
	print(name, rate, "GB/s");
	snprintf(name, sizeof(name), "state-save%s of 256 MiB with its checksum", what);
	print(name, saving, "of one memcpy");
	snprintf(name, sizeof(name), "state-load%s of 256 MiB with its checksum", what);
	print(name, loading, "of one memcpy");
}

static void bench_here(struct card *source, struct card *target, struct memory_file *file)
{
	struct state_port *from = mount(source), *to = mount(target);
	double part[ROUNDS];

	move("", from, to, source, file);
	if (!card_equal(source, target))
		die("load", "the copy is not equal");
	for (int i = 0; i < ROUNDS; i++) {
		double full;

		dirty_round(from, source, PAGES);
		full = dirty_round(from, source, PAGES);
		part[i] = dirty_round(from, source, DIRTY) / full * 100;
	}
	print("state-round of 1 % dirty pages", part, "% of a full round");
	local_port_free(from);
	local_port_free(to);
}

struct end {
	struct provider *provider;
	struct opened *opened;
	struct state_port *port;
};

static void end_make(struct end *end, const struct device *device)
{
	const struct worker_options options = {.program = BUILD "/migcompat-worker",
					       .timeout_ms = 5000};
	struct error err = {0};

	if (provider_worker_new(BUILD "/tests/backends/card/card.so", &options, &end->provider,
				&err) ||
	    provider_worker_ready(end->provider, &err) ||
	    provider_open(end->provider, device, &end->opened, &err) ||
	    opened_state(end->opened, &end->port, &err))
		die("worker", err.text);
}

static void end_free(struct end *end)
{
	port_close(end->port);
	opened_close(end->opened);
	provider_free(end->provider);
}

static void bench_workers(const struct card *plain, struct memory_file *file)
{
	struct inventory inventory;
	struct device device = {.id = "card", .kind = MIGCOMPAT_KIND_MDEV};
	struct end from, to;

	inventory_init(&inventory);
	device.host = inventory_add_host(&inventory);
	if (!device.host)
		die("worker", "out of memory");
	end_make(&from, &device);
	end_make(&to, &device);
	move("-worker", from.port, to.port, plain, file);
	end_free(&from);
	end_free(&to);
	inventory_free(&inventory);
}

/* ---------------------------------------------------------------- served by other processes */

static pid_t serve_begin(const char *path)
{
	const struct migcompat_server_options options = {.struct_size = sizeof(options),
							 .version = VERSION};
	struct migcompat_regions_server *server = NULL;
	struct migcompat_regions *regions = NULL;
	struct card card;
	pid_t child = fork();

	if (child < 0)
		die("fork", strerror(errno));
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	card_make(&card, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&card, 1);
	if (migcompat_regions_new(&card_table, &card, &regions) ||
	    migcompat_regions_server_new(regions, path, &options, &server))
		die("server", regions ? migcompat_regions_message(regions) : "no regions");
	while (migcompat_regions_server_run(server, -1) == 0)
		;
	exit(1);
}

static struct state_port *served_port(const char *path)
{
	const struct client_options options = {.timeout_ms = 10000, .stop = -1};
	struct state_port *port = NULL;
	struct error err = {0};

	for (int i = 0; i < 100; i++) {
		if (client_connect(path, &options, &port, &err) == 0)
			return port;
		usleep(100000);
	}
	die("client", err.text);
	return NULL;
}

static void serve_end(pid_t child, struct state_port *port, const char *path)
{
	port_close(port);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
}

static void bench_served(const struct card *plain, struct memory_file *file)
{
	char folder[] = "/tmp/bench_state.XXXXXX", source[64], target[64];
	struct state_port *from, *to;
	struct error err = {0};
	pid_t children[2];

	if (!mkdtemp(folder))
		die("mkdtemp", strerror(errno));
	snprintf(source, sizeof(source), "%s/a", folder);
	snprintf(target, sizeof(target), "%s/b", folder);
	children[0] = serve_begin(source);
	children[1] = serve_begin(target);
	from = served_port(source);
	to = served_port(target);
	if (client_check(to, VERSION, strlen(VERSION), &err))
		die("check", err.text);
	move("-served", from, to, plain, file);
	serve_end(children[0], from, source);
	serve_end(children[1], to, target);
	rmdir(folder);
}

int main(void)
{
	static struct card source, target;
	struct memory_file file = {.bytes = card_bank(BYTES + BYTES / 16)};

	card_make(&source, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_make(&target, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&source, 1);
	bench_here(&source, &target, &file);
	card_free(&target);
	bench_served(&source, &file);
	bench_workers(&source, &file);
	card_free(&source);
	return 0;
}
