// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A random mix of operations of clients, operators, devices and backends, for MIX_SECONDS
 * (300). The service must survive as one process. Its memory and that of its workers must
 * not grow after the first minute. No yes may be wrong at its moment, compared with the
 * known state and with the program's own workers. MIX_SEED repeats a mix, as far as
 * threads allow it. MIX_WITHOUT names actors to leave out.
 */
#include "mix.h"
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UUID "5a1f1a52-1f0e-4c5f-9a63-0000000000"
#define PLAIN_CREATE "/sys/devices/virtual/plain/plain/mdev_supported_types/plain-small/create"
#define BACKENDS 5    /* those of the products, and plain */
#define REST_MS 12000 /* longer than the service keeps an idle thread */
#define PATIENCE_S 240.0
#define STANDSTILL_S 240 /* the end takes 30 to 60 s on a busy machine */

struct daemon_process mix_daemon;
char mix_strings[MIX_GROUPS][MIX_STRING_MAX];

/* The first eight are the subjects, in the same order. */
struct mix_device mix_devices[MIX_DEVICES] = {
	[MTTY_2A] = {.group = MIX_TWO_PORTS},
	[MTTY_2B] = {.group = MIX_TWO_PORTS},
	[MTTY_1A] = {.group = MIX_ONE_PORT},
	[MTTY_1B] = {.group = MIX_ONE_PORT},
	[TYPE_2] = {.group = MIX_TWO_PORTS, .id = "mtty/mtty-2"},
	[TYPE_1] = {.group = MIX_ONE_PORT, .id = "mtty/mtty-1"},
	[CARD_2] = {.group = MIX_TWO_PORTS, .card = true, .visit = MIX_CARD},
	[CARD_1] = {.group = MIX_ONE_PORT, .card = true},
	{.name = UUID "40", .group = MIX_PLAIN},
	{.name = UUID "41", .group = MIX_PLAIN},
	{.name = UUID "42", .group = MIX_PLAIN, .visit = MIX_PLAIN_MDEV},
	{.name = UUID "43", .group = MIX_PLAIN, .visit = MIX_PLAIN_MDEV},
	{.name = UUID "44", .group = MIX_TWO_PORTS, .visit = MIX_MTTY_MDEV},
	{.name = UUID "45", .group = MIX_TWO_PORTS, .visit = MIX_MTTY_MDEV},
};

static struct mix_actor actors[] = {
	{.name = "writers", .act = mix_write},
	{.name = "writers", .act = mix_write},
	{.name = "writers", .act = mix_write},
	{.name = "writers", .act = mix_write, .pause_ms = 20},
	{.name = "sessions", .act = mix_session, .pause_ms = 5},
	{.name = "sessions", .act = mix_session, .pause_ms = 50},
	{.name = "varlink", .act = mix_varlink},
	{.name = "varlink", .act = mix_varlink, .pause_ms = 10},
	{.name = "varlink", .act = mix_varlink, .pause_ms = 50},
	{.name = "own", .act = mix_own, .pause_ms = 10},
	{.name = "crowds", .act = mix_crowd, .pause_ms = 4000},
	{.name = "holds", .act = mix_hold, .pause_ms = 1000},
	{.name = "reloads", .act = mix_reload, .pause_ms = 4000},
	{.name = "devices", .act = mix_visit, .pause_ms = 1000},
	{.name = "kills", .act = mix_kill, .pause_ms = 3000},
};

static atomic_bool stop, rest, ended;
static atomic_uint resting;
static unsigned int running;

/* ---------------------------------------------------------------- chance */

/* splitmix64 */
unsigned long mix_choose(struct mix_actor *actor, unsigned long count)
{
	uint64_t z = (actor->chance += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (unsigned long)((z ^ (z >> 31)) % count);
}

struct mix_device *mix_choose_device(struct mix_actor *actor)
{
	return &mix_devices[mix_choose(actor, MIX_DEVICES)];
}

enum mix_group mix_choose_string(struct mix_actor *actor, char string[static MIX_STRING_MAX])
{
	enum mix_group group = (enum mix_group)mix_choose(actor, MIX_GROUPS);

	if (group == MIX_PLAIN || mix_choose(actor, 3) == 0)
		snprintf(string, MIX_STRING_MAX, "%s", mix_strings[group]);
	else
		string_vary(mix_strings[group], mix_choose(actor, 1u << 30), string,
			    MIX_STRING_MAX);
	return group;
}

/* ---------------------------------------------------------------- actors */

static void *actor_run(void *argument)
{
	struct mix_actor *actor = argument;

	while (!stop) {
		actor->act(actor);
		actor->done++;
		if (actor->pause_ms)
			sleep_ms((unsigned int)mix_choose(actor, actor->pause_ms + 1));
		if (!rest)
			continue;
		/* An actor that pauses has no file open. */
		if (actor->fd >= 0)
			close(actor->fd);
		actor->fd = -1;
		resting++;
		while (rest && !stop)
			sleep_ms(20);
		resting--;
	}
	return NULL;
}

static bool is_left_out(const char *name)
{
	const char *names = getenv("MIX_WITHOUT");

	return names && strstr(names, name);
}

static void actors_start(uint64_t seed)
{
	for (size_t i = 0; i < MIX_COUNT(actors); i++) {
		if (is_left_out(actors[i].name))
			continue;
		actors[i].chance = seed * 1000 + i;
		actors[i].fd = -1;
		pthread_create(&actors[i].thread, NULL, actor_run, &actors[i]);
		pthread_setname_np(actors[i].thread, actors[i].name);
		running++;
	}
}

static void actors_end(void)
{
	stop = true;
	for (size_t i = 0; i < MIX_COUNT(actors); i++) {
		if (is_left_out(actors[i].name))
			continue;
		pthread_join(actors[i].thread, NULL);
		printf("  %-8s %lu\n", actors[i].name, (unsigned long)actors[i].done);
	}
}

/* ---------------------------------------------------------------- deadlock */

/* Print what each thread of the process waits for. */
static void threads_tell(pid_t process)
{
	char path[512], name[64], stack[4096];
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", process);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", process, entry->d_name);
		if (attr_text(path, name, sizeof(name)) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stack", process, entry->d_name);
		if (attr_text(path, stack, sizeof(stack)) <= 0)
			snprintf(stack, sizeof(stack), "(no stack)\n");
		printf("  process %d, thread %s, %s%s\n", process, entry->d_name, name, stack);
	}
	if (folder)
		closedir(folder);
}

/* If the mix does not end in time, report which thread prevents it. */
static void *standstill_tell(void *seconds)
{
	double end = seconds_now() + (double)(*(long *)seconds + STANDSTILL_S);

	while (!ended && seconds_now() < end)
		sleep_ms(200);
	if (ended)
		return NULL;
	printf("  deadlock: %u of %u actors pause\n", resting, running);
	for (size_t i = 0; i < MIX_COUNT(actors); i++)
		printf("  %-8s %lu\n", actors[i].name, (unsigned long)actors[i].done);
	threads_tell(getpid());
	threads_tell(mix_daemon.pid);
	fflush(stdout);
	return NULL;
}

/* ---------------------------------------------------------------- memory */

struct memory {
	long service_kb;
	long heap_kb; /* anonymous part of it; reported, not asserted */
	long workers_kb;
	unsigned int workers;
	unsigned int descriptors;
	unsigned int threads;
};

static long status_number(pid_t process, const char *name)
{
	char path[64], text[8192];
	const char *found;

	snprintf(path, sizeof(path), "/proc/%d/status", process);
	if (attr_text(path, text, sizeof(text)) <= 0)
		return 0;
	found = strstr(text, name);
	return found ? atol(found + strlen(name)) : 0;
}

static unsigned int descriptors_count(pid_t process)
{
	char path[64];
	unsigned int count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", process);
	folder = opendir(path);
	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

/* By parent: the program's own workers have the same name. */
static void workers_measure(struct memory *memory)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	while ((entry = readdir(folder))) {
		pid_t process = (pid_t)atoi(entry->d_name);

		if (process <= 0 || status_number(process, "\nPPid:\t") != mix_daemon.pid)
			continue;
		memory->workers++;
		memory->workers_kb += status_number(process, "\nVmRSS:\t");
	}
	closedir(folder);
}

/* Those of an earlier policy end after the last thread that uses it. */
static void workers_settle(struct memory *memory)
{
	double end = seconds_now() + PATIENCE_S;

	do {
		sleep_ms(500);
		memory->workers = 0;
		memory->workers_kb = 0;
		workers_measure(memory);
	} while (memory->workers > BACKENDS && seconds_now() < end);
}

static bool is_alive(void)
{
	return waitpid(mix_daemon.pid, NULL, WNOHANG) == 0;
}

/* Ask about each device, so that the workers have all of them open. */
static void all_answer(void)
{
	double end = seconds_now() + PATIENCE_S;

	for (size_t i = 0; i < MIX_DEVICES; i++) {
		const struct mix_device *device = &mix_devices[i];
		ssize_t result;

		while ((result = subject_write(device->name, mix_strings[device->group])) &&
		       seconds_now() < end && is_alive())
			sleep_ms(20);
		shim_expect(result == 0, "at rest, %s gives %s", device->name, shim_name(result));
	}
}

/* All actors pause, their changes are reverted, and the workers are restarted. */
static struct memory measure(const char *when)
{
	struct memory memory = {0};

	rest = true;
	while (resting < running && is_alive())
		sleep_ms(20);
	if (is_alive()) {
		mix_change_back();
		all_answer();
		mix_peak();
		sleep_ms(REST_MS);
		workers_settle(&memory);
		memory.heap_kb = status_number(mix_daemon.pid, "\nRssAnon:\t");
		memory.service_kb = status_number(mix_daemon.pid, "\nVmRSS:\t");
		memory.threads = (unsigned int)status_number(mix_daemon.pid, "\nThreads:\t");
		memory.descriptors = descriptors_count(mix_daemon.pid);
	}
	printf("  %s: service %ld kB (heap %ld), %u workers %ld kB, %u threads, %u descriptors\n",
	       when, memory.service_kb, memory.heap_kb, memory.workers, memory.workers_kb,
	       memory.threads, memory.descriptors);
	rest = false;
	while (resting && !stop)
		sleep_ms(20);
	return memory;
}

static void expect_no_more(const struct memory *early, const struct memory *late)
{
	shim_expect(late->service_kb <= early->service_kb + early->service_kb / 10,
		    "the service grew from %ld to %ld kB", early->service_kb, late->service_kb);
	shim_expect(late->workers == early->workers, "%u workers became %u", early->workers,
		    late->workers);
	shim_expect(late->workers_kb <= early->workers_kb + early->workers_kb / 10,
		    "workers grew from %ld to %ld kB", early->workers_kb, late->workers_kb);
	/* A reload may still wait for the thread of a queue. */
	shim_expect(late->descriptors <= early->descriptors + 4, "%u descriptors became %u",
		    early->descriptors, late->descriptors);
}

/* ---------------------------------------------------------------- the mix */

static void devices_make(void)
{
	for (size_t i = 0; i < MIX_DEVICES; i++) {
		struct mix_device *device = &mix_devices[i];

		if (i < SUBJECTS)
			device->name = subjects[i].name;
		if (!device->id)
			device->id = device->name;
		if (i >= SUBJECTS)
			EXPECT_RESULT(
				0, shim_mdev_create(device->group == MIX_PLAIN
							    ? PLAIN_CREATE
							    : "/sys/devices/virtual/mtty/mtty/"
							      "mdev_supported_types/mtty-2/create",
						    device->id));
		device->present = true;
	}
}

static void strings_read(void)
{
	EXPECT_RESULT(0, subject_string(subjects[MTTY_2A].name, mix_strings[MIX_TWO_PORTS],
					MIX_STRING_MAX));
	EXPECT_RESULT(0, subject_string(subjects[MTTY_1A].name, mix_strings[MIX_ONE_PORT],
					MIX_STRING_MAX));
	snprintf(mix_strings[MIX_PLAIN], MIX_STRING_MAX, "plain:mdev:plain:1;plain");
}

static void lock_make(void)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&mix_lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

/* Until this time, or the exit of the service. */
static void mix_until(double end)
{
	double told = seconds_now();

	while (seconds_now() < end && is_alive()) {
		sleep_ms(100);
		if (seconds_now() < told + 60)
			continue;
		told = seconds_now();
		printf("  %.0f s are left: service %ld kB (heap %ld)\n", end - told,
		       status_number(mix_daemon.pid, "\nVmRSS:\t"),
		       status_number(mix_daemon.pid, "\nRssAnon:\t"));
	}
}

static void service_lives_through_a_mix(void)
{
	long seconds = shim_number("MIX_SECONDS", 300), first = seconds < 300 ? seconds / 5 : 60;
	uint64_t seed = (uint64_t)shim_number("MIX_SEED", (long)time(NULL));
	double start = seconds_now();
	struct memory early, late;
	pthread_t teller;

	printf("  MIX_SEED=%llu MIX_SECONDS=%ld MIX_WITHOUT=%s\n", (unsigned long long)seed,
	       seconds, getenv("MIX_WITHOUT") ?: "");
	lock_make();
	EXPECT_RESULT(0, daemon_start(&mix_daemon, false));
	shim_expect(subjects_wait(), "some devices are not attached");
	devices_make();
	strings_read();
	actors_start(seed);
	pthread_create(&teller, NULL, standstill_tell, &seconds);
	mix_until(start + (double)first);
	early = measure("early");
	mix_until(start + (double)seconds);
	late = measure("late");
	shim_expect(is_alive(), "the service ended, %.0f s after the start", seconds_now() - start);
	actors_end();
	expect_no_more(&early, &late);
	shim_expect(is_left_out("own") || mix_compared > 0,
		    "nothing was held against the program's own workers");
	printf("  %lu yes compared with the program's own workers, parked %u times, %lu calls of "
	       "crowds without a reply\n",
	       (unsigned long)mix_compared, mix_parked / 2, (unsigned long)mix_unanswered);
	if (is_alive())
		EXPECT_RESULT(0, daemon_stop(&mix_daemon));
	ended = true;
	pthread_join(teller, NULL);
}

int main(int argc, char **argv)
{
	static const struct shim_test tests[] = {
		{"service_lives_through_a_mix", service_lives_through_a_mix}};

	subjects_find();
	return shim_run(tests, MIX_COUNT(tests), argc > 1 ? argv[1] : NULL) != 0;
}
