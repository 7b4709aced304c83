// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the unit with five backends, one of which is harmful: it takes all memory,
 * crashes, hangs or floods. The other four must answer all the time, by attribute and by
 * Varlink. That includes reloads, and times when the kernel kills workers for lack of
 * memory. The
 * service's process must stay the same. BACKENDS_DIR is the service's folder of backends,
 * /lab/backends has the harmful ones.
 */
#include "daemon-support.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "varlink-client.h"

#define UNIT "migcompatd.service"
#define CGROUP "/sys/fs/cgroup/system.slice/" UNIT "/"
#define UUID "5a1f1a52-1f0e-4c5f-9a63-0000000000"
#define STRING_MAX 4096
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HARM_MS 2000
#define REPLY_MAX (1u << 20)
#define PATIENCE_MS 120000
#define AT_REST (80l << 20) /* bytes; a unit without a greedy backend uses less */
#define MORE (24l << 20)    /* less than one greedy backend takes */

/*
 * Backends whose answers must all be right. The first is mtty, whose strings the kernel's
 * devices have.
 */
static struct neighbour {
	const char *module;
	const char *uuid;
	char right[STRING_MAX];
	char wrong[STRING_MAX];
	pthread_t thread;
	atomic_ulong answered;
} neighbours[] = {{.module = "mtty"},
		  {.module = "plain", .uuid = UUID "10"},
		  {.module = "moody", .uuid = UUID "11"},
		  {.module = "stateful", .uuid = UUID "12"}};

static const struct harmful {
	const char *module;
	const char *uuid;
} harmful[] = {
	{"greedy", UUID "20"},       {"crash_open", UUID "21"}, {"hang_open", UUID "22"},
	{"hang_compare", UUID "23"}, {"flood", UUID "24"},
};
static const struct harmful greedy[] = {
	{"greedy", UUID "30"}, {"greedy_2", UUID "31"}, {"greedy_3", UUID "32"}};

static atomic_bool stop, stop_harm;
static long process, restarts;

/* ---------------------------------------------------------------- the unit */

static void command(const char *line)
{
	char output[8192];
	int status = PROGRAM(output, "sh", "-c", (char *)line);

	shim_expect(status == 0, "%s ends with %d: %s", line, status, output);
}

static long unit_number(const char *property)
{
	char output[256];

	return PROGRAM(output, "systemctl", "show", "-P", (char *)property, UNIT) == 0
		       ? atol(output)
		       : -1;
}

/* A number in a file of the unit's cgroup, after WORD, unless that is "". */
static long cgroup_number(const char *file, const char *word)
{
	char path[256], text[1024];
	const char *found;

	snprintf(path, sizeof(path), CGROUP "%s", file);
	if (attr_text(path, text, sizeof(text)) < 0)
		return -1;
	found = strstr(text, word);
	return found ? atol(found + strlen(word)) : -1;
}

static void unit_expect_same(const char *when)
{
	long now = unit_number("MainPID"), times = unit_number("NRestarts");

	shim_expect(now == process && times == restarts,
		    "%s: process %ld is %ld now, %ld restarts are %ld", when, process, now,
		    restarts, times);
}

/* ---------------------------------------------------------------- neighbours */

static const char *target_of(const struct neighbour *neighbour)
{
	return neighbour->uuid ? neighbour->uuid : subjects[MTTY_2B].name;
}

static void expect_verdict(int fd, const struct neighbour *neighbour, const char *string,
			   const char *verdict)
{
	static __thread char reply[1 << 16];
	char parameters[STRING_MAX + 256];
	ssize_t result;

	snprintf(parameters, sizeof(parameters), "\"version\":\"%s\",\"target\":\"%s\"", string,
		 target_of(neighbour));
	reply[0] = '\0';
	result = varlink_send(fd, "Check", parameters, false);
	if (!result)
		result = varlink_receive(fd, reply, sizeof(reply));
	shim_expect(result > 0 && varlink_has(reply, "verdict", verdict),
		    "%s: Check gives %s, not %s: %.400s", neighbour->module, shim_name(result),
		    verdict, reply);
}

static void *neighbour_run(void *argument)
{
	struct neighbour *neighbour = argument;
	char varied[STRING_MAX + 32], own[STRING_MAX];
	int fd = varlink_open();

	shim_expect(fd >= 0, "%s: no connection: %s", neighbour->module, shim_name(fd));
	while (!stop) {
		const char *target = target_of(neighbour);
		ssize_t result;

		/* A string without a cached answer needs the worker. */
		if (neighbour->uuid)
			snprintf(varied, sizeof(varied), "%s%lu", neighbour->wrong,
				 (unsigned long)neighbour->answered);
		else
			string_vary(neighbour->right, neighbour->answered, varied, sizeof(varied));
		result = subject_write(target, varied);
		shim_expect(result == (neighbour->uuid ? -EINVAL : 0),
			    "%s: a string that is new gives %s", neighbour->module,
			    shim_name(result));
		result = subject_write(target, neighbour->right);
		shim_expect(result == 0, "%s: the right string gives %s", neighbour->module,
			    shim_name(result));
		result = subject_write(target, neighbour->wrong);
		shim_expect(result == -EINVAL, "%s: the wrong string gives %s", neighbour->module,
			    shim_name(result));
		result = subject_string(target, own, sizeof(own));
		shim_expect(result == 0 && !strcmp(own, neighbour->right), "%s: reading gives %s",
			    neighbour->module, shim_name(result));
		expect_verdict(fd, neighbour, neighbour->right, "compatible");
		expect_verdict(fd, neighbour, neighbour->wrong, "incompatible");
		neighbour->answered++;
	}
	close(fd);
	return NULL;
}

/* Wait until each backend has answered so often. */
static void neighbours_answer(unsigned long more)
{
	for (size_t i = 0; i < COUNT(neighbours); i++) {
		unsigned long wanted = neighbours[i].answered + more;
		int waited = 0;

		for (; neighbours[i].answered < wanted && waited < PATIENCE_MS; waited += 10)
			sleep_ms(10);
		shim_expect(waited < PATIENCE_MS, "%s does not answer", neighbours[i].module);
	}
}

/* ---------------------------------------------------------------- loading and unloading */

static void device_make(const char *module, const char *uuid)
{
	char create[256];
	int waited = 0;

	snprintf(create, sizeof(create),
		 "/sys/devices/virtual/%s/%s/mdev_supported_types/%s-small/create", module, module,
		 module);
	EXPECT_RESULT(0, shim_mdev_create(create, uuid));
	for (; waited < PATIENCE_MS && access(shim_class_file(uuid, VERSION), F_OK); waited += 20)
		sleep_ms(20);
	shim_expect(waited < PATIENCE_MS, "the device of %s is not attached", module);
}

static void device_remove(const char *uuid)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", uuid);
	EXPECT_RESULT(0, attr_put(path, "1"));
}

static void backend_install(const char *module)
{
	char line[512];

	snprintf(line, sizeof(line), "cp /lab/backends/%s.so %s/", module, getenv("BACKENDS_DIR"));
	command(line);
}

static void backend_remove(const char *module)
{
	char line[512];

	snprintf(line, sizeof(line), "rm %s/%s.so", getenv("BACKENDS_DIR"), module);
	command(line);
}

/* Wait until the service knows the backend. */
static void reload_with(const char *module)
{
	char text[128];

	command("systemctl reload " UNIT);
	snprintf(text, sizeof(text), "\n%s ", module);
	shim_expect(
		program_comes_to(0, text,
				 (char *const[]){"migcompat", "--daemon", "backend", "list", NULL}),
		"%s is not loaded", module);
}

/* ---------------------------------------------------------------- harm */

/* Ask the harmful backend through every interface. It must never give a yes. */
static void *harm_run(void *argument)
{
	const struct harmful *one = argument;
	static __thread char reply[REPLY_MAX];
	char string[256], parameters[512], own[STRING_MAX];

	snprintf(string, sizeof(string), "%s:mdev:plain:1;plain", one->module);
	snprintf(parameters, sizeof(parameters), "\"version\":\"%s\",\"target\":\"%s\"", string,
		 one->uuid);
	while (!stop_harm) {
		ssize_t result = subject_write(one->uuid, string);

		shim_expect(result < 0, "%s: writing is answered with yes", one->module);
		subject_string(one->uuid, own, sizeof(own));
		result = varlink_call("Check", parameters, reply, sizeof(reply));
		shim_expect(result > 0 && !varlink_has(reply, "verdict", "compatible"),
			    "%s: Check gives %s: %.400s", one->module, shim_name(result), reply);
		sleep_ms(5);
	}
	return NULL;
}

/* Questions about their devices continue during a reload. */
static void suffer(const struct harmful *ones, size_t count)
{
	pthread_t threads[COUNT(greedy)];

	stop_harm = false;
	for (size_t i = 0; i < count; i++)
		pthread_create(&threads[i], NULL, harm_run, (void *)&ones[i]);
	sleep_ms(HARM_MS);
	neighbours_answer(5);
	command("systemctl reload " UNIT);
	neighbours_answer(5);
	stop_harm = true;
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	neighbours_answer(5);
	unit_expect_same(ones->module);
}

static void come(const struct harmful *ones, size_t count)
{
	for (size_t i = 0; i < count; i++)
		backend_install(ones[i].module);
	reload_with(ones[count - 1].module);
	for (size_t i = 0; i < count; i++)
		device_make(ones[i].module, ones[i].uuid);
}

static void go(const struct harmful *ones, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		device_remove(ones[i].uuid);
		backend_remove(ones[i].module);
	}
}

static void harmful_backend_affects_only_its_own_answers(void)
{
	for (size_t i = 0; i < COUNT(harmful); i++) {
		printf("  %s\n", harmful[i].module);
		come(&harmful[i], 1);
		suffer(&harmful[i], 1);
		go(&harmful[i], 1);
	}
}

static void many_greedy_backends_fit_into_the_unit(void)
{
	long before = cgroup_number("memory.events", "oom_kill ");

	come(greedy, COUNT(greedy));
	suffer(greedy, COUNT(greedy));
	EXPECT_RESULT(before, cgroup_number("memory.events", "oom_kill "));
	go(greedy, COUNT(greedy));
}

/* Workers from before a reload may hold memory until they have exited. */
static long unit_memory_at_rest(void)
{
	int waited = 0;

	command("systemctl reload " UNIT);
	for (; waited < PATIENCE_MS && cgroup_number("memory.current", "") > AT_REST; waited += 100)
		sleep_ms(100);
	shim_expect(waited < PATIENCE_MS, "without harm, the unit has %ld bytes",
		    cgroup_number("memory.current", ""));
	return cgroup_number("memory.current", "");
}

/* The unit's limit is little above its use, so the kernel kills greedy workers. */
static void kernel_kills_the_greedy_worker(void)
{
	long before = cgroup_number("memory.events", "oom_kill "), ended;
	char line[256];

	snprintf(line, sizeof(line), "systemctl set-property --runtime " UNIT " MemoryMax=%ld",
		 unit_memory_at_rest() + MORE);
	command(line);
	come(greedy, COUNT(greedy));
	suffer(greedy, COUNT(greedy));
	ended = cgroup_number("memory.events", "oom_kill ") - before;
	printf("  the kernel ended %ld\n", ended);
	shim_expect(ended > 0, "with %s the kernel ended nobody", line);
	command("systemctl set-property --runtime " UNIT " MemoryMax=1G");
	go(greedy, COUNT(greedy));
}

/* ---------------------------------------------------------------- setup and teardown */

static void neighbours_come(void)
{
	for (size_t i = 1; i < COUNT(neighbours); i++) {
		struct neighbour *neighbour = &neighbours[i];

		backend_install(neighbour->module);
		snprintf(neighbour->right, STRING_MAX, "%s:mdev:plain:1;plain", neighbour->module);
		snprintf(neighbour->wrong, STRING_MAX, "%s:mdev:plain:1;other", neighbour->module);
	}
	reload_with(neighbours[COUNT(neighbours) - 1].module);
	for (size_t i = 1; i < COUNT(neighbours); i++)
		device_make(neighbours[i].module, neighbours[i].uuid);
	shim_expect(subjects_wait(), "some devices are not attached");
	EXPECT_RESULT(0, subject_string(subjects[MTTY_2B].name, neighbours[0].right, STRING_MAX));
	EXPECT_RESULT(0, subject_string(subjects[MTTY_1A].name, neighbours[0].wrong, STRING_MAX));
}

static void neighbours_begin(void)
{
	shim_set_timeout(SHIM_FOREVER_MS);
	process = unit_number("MainPID");
	restarts = unit_number("NRestarts");
	neighbours_come();
	for (size_t i = 0; i < COUNT(neighbours); i++)
		pthread_create(&neighbours[i].thread, NULL, neighbour_run, &neighbours[i]);
}

static void neighbours_end(void)
{
	stop = true;
	for (size_t i = 0; i < COUNT(neighbours); i++) {
		pthread_join(neighbours[i].thread, NULL);
		printf("  %s: %lu times\n", neighbours[i].module,
		       (unsigned long)neighbours[i].answered);
		if (!neighbours[i].uuid)
			continue;
		device_remove(neighbours[i].uuid);
		backend_remove(neighbours[i].module);
	}
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(harmful_backend_affects_only_its_own_answers),
	TEST(many_greedy_backends_fit_into_the_unit),
	TEST(kernel_kills_the_greedy_worker),
};

int main(int argc, char **argv)
{
	int failed;

	subjects_find();
	neighbours_begin();
	failed = shim_run(tests, COUNT(tests), argc > 1 ? argv[1] : NULL);
	neighbours_end();
	return failed != 0;
}
