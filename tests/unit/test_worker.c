/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend in a worker answers as it does in this process, and a worker leaves no trace in the program that it works
 * for: no descriptor, no child, no output, no need of a certain thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "core/backend/registry.h"
#include "core/facts/inventory_json.h"
#include "tests/support/worker.h"

static const char *const host_facts[] = {"kernel/release", "6.12.0-amd64", "bus/ap/devices/card05/hwtype", "14", NULL};
static const char *const two_ports[] = {"mdev_type", "mtty-2", NULL};
static const char *const one_port[] = {"mdev_type", "mtty-1", NULL};
static const char *const unreadable[] = {"mdev_type", "!EACCES", NULL};
static const char *const unknown[] = {"device", "0x0009", NULL};

/* ---------------------------------------------------------------- the same answers */

static void same_text(const char *a, const char *b)
{
	if (!a || !b)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void same_opened(const struct opened *local, const struct opened *worker)
{
	same_text(local->type, worker->type);
	same_text(local->model, worker->model);
	same_text(local->label, worker->label);
	same_text(local->mechanism_text, worker->mechanism_text);
	same_text(local->not_source, worker->not_source);
	same_text(local->not_target, worker->not_target);
	assert_int_equal(local->mechanism, worker->mechanism);
	assert_int_equal(local->payload_len, worker->payload_len);
	if (!local->payload)
		assert_null(worker->payload);
	else
		assert_memory_equal(local->payload, worker->payload, local->payload_len);
}

static void same_value(const struct migcompat_value *a, const struct migcompat_value *b)
{
	assert_int_equal(a->type, b->type);
	if (a->type == MIGCOMPAT_VALUE_TEXT) {
		assert_int_equal(a->len, b->len);
		assert_memory_equal(a->as.text, b->as.text, a->len);
	} else if (a->type != MIGCOMPAT_VALUE_NONE) {
		assert_true(a->as.number == b->as.number);
	}
}

static void same_result(const struct migcompat_result *a, const struct migcompat_result *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct finding *x = &a->findings[i], *y = &b->findings[i];

		same_text(x->field, y->field);
		same_text(x->noun, y->noun);
		same_text(x->text, y->text);
		same_value(&x->source, &y->source);
		same_value(&x->target, &y->target);
		assert_true(x->extra == y->extra);
		assert_int_equal(x->rule, y->rule);
		assert_int_equal(x->status, y->status);
		assert_int_equal(x->limit, y->limit);
	}
	assert_int_equal(a->truncated, b->truncated);
	assert_true(a->extra == b->extra);
	assert_int_equal(a->bad_count, b->bad_count);
	assert_int_equal(a->bad_limits, b->bad_limits);
	assert_int_equal(a->availability, b->availability);
	same_text(a->availability_text, b->availability_text);
}

static void same_sink(const struct migcompat_sink *a, const struct migcompat_sink *b)
{
	assert_int_equal(a->nparameters, b->nparameters);
	for (size_t i = 0; i < a->nparameters; i++) {
		same_text(a->parameters[i].name, b->parameters[i].name);
		same_text(a->parameters[i].value, b->parameters[i].value);
		same_text(a->parameters[i].allowed, b->parameters[i].allowed);
		same_text(a->parameters[i].init, b->parameters[i].init);
		same_text(a->parameters[i].off, b->parameters[i].off);
		same_text(a->parameters[i].attribute, b->parameters[i].attribute);
		same_text(a->parameters[i].description, b->parameters[i].description);
		assert_int_equal(a->parameters[i].type, b->parameters[i].type);
		assert_int_equal(a->parameters[i].runtime, b->parameters[i].runtime);
	}
	assert_int_equal(a->ncandidates, b->ncandidates);
	for (size_t i = 0; i < a->ncandidates; i++) {
		same_text(a->candidates[i].name, b->candidates[i].name);
		same_text(a->candidates[i].type, b->candidates[i].type);
		assert_true(a->candidates[i].extra == b->candidates[i].extra);
	}
	assert_int_equal(a->nwrites, b->nwrites);
	for (size_t i = 0; i < a->nwrites; i++) {
		same_text(a->writes[i].attribute, b->writes[i].attribute);
		same_text(a->writes[i].value, b->writes[i].value);
	}
}

static void same_lists(struct opened *local, struct opened *worker, const char *payload, size_t len)
{
	for (int which = 0; which < PROVIDER_LIST_COUNT; which++) {
		struct migcompat_sink a = {0}, b = {0};
		struct error x = {0}, y = {0};

		assert_int_equal(opened_list(local, (enum provider_list)which, payload, len, &a, &x),
				 opened_list(worker, (enum provider_list)which, payload, len, &b, &y));
		assert_string_equal(x.text, y.text);
		same_sink(&a, &b);
		sink_free(&a);
		sink_free(&b);
	}
}

static void same_comparison(struct opened *local, struct opened *worker, const char *payload, size_t len)
{
	struct migcompat_result a = {0}, b = {0};
	struct error x = {0}, y = {0};

	assert_int_equal(result_reset(&a) | result_reset(&b), 0);
	assert_int_equal(opened_compare(local, payload, len, &a, &x), opened_compare(worker, payload, len, &b, &y));
	assert_string_equal(x.text, y.text);
	same_result(&a, &b);
	result_free(&a);
	result_free(&b);
}

/* Both ways of one backend, and the devices that are open in both. */
struct pair {
	struct provider *local;
	struct provider *worker;
	struct opened *in_local[64];
	struct opened *in_worker[64];
	size_t count;
};

static void pair_open(struct pair *pair, const struct device *device)
{
	struct opened *a = NULL, *b = NULL;
	struct error x = {0}, y = {0};

	assert_int_equal(provider_open(pair->local, device, &a, &x), provider_open(pair->worker, device, &b, &y));
	assert_string_equal(x.text, y.text);
	if (!a)
		return;
	same_opened(a, b);
	assert_true(pair->count < 64);
	pair->in_local[pair->count] = a;
	pair->in_worker[pair->count++] = b;
}

/* Every device against every other, and against strings that nobody made. */
static void pair_compare(struct pair *pair)
{
	static const char *const foreign[] = {"", "1", "9;ports=2;=0000000000000000", "x;\x01\xff"};

	for (size_t target = 0; target < pair->count; target++) {
		struct opened *local = pair->in_local[target], *worker = pair->in_worker[target];

		for (size_t source = 0; source < pair->count; source++) {
			const char *payload = pair->in_local[source]->payload;
			size_t len = pair->in_local[source]->payload_len;

			if (!payload)
				continue;
			same_comparison(local, worker, payload, len);
			same_comparison(local, worker, payload, len - 1);
			same_lists(local, worker, payload, len);
		}
		for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
			same_comparison(local, worker, foreign[i], strlen(foreign[i]));
		same_lists(local, worker, NULL, 0);
	}
}

static void pair_start(struct pair *pair, const char *name)
{
	*pair = (struct pair){.local = test_backend(name, NULL), .worker = worker_good(name)};
}

static size_t pair_end(struct pair *pair)
{
	size_t count = pair->count;

	for (size_t i = 0; i < pair->count; i++) {
		opened_close(pair->in_local[i]);
		opened_close(pair->in_worker[i]);
	}
	provider_free(pair->local);
	provider_free(pair->worker);
	return count;
}

/* Devices of a recorded host that a backend serves; returns how many of them it opened. */
static size_t same_on_host(const char *name, const char *path)
{
	const struct backend_info *found, *infos[1];
	struct inventory inventory;
	struct pair pair;
	struct error err = {0};

	pair_start(&pair, name);
	infos[0] = &pair.local->info;
	inventory_init(&inventory);
	if (inventory_read_file(&inventory, path, &err) || inventory_finish(&inventory, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < inventory.ndevices && pair.count < 12; i++)
		if (registry_find_device(infos, 1, &inventory.devices[i], NULL, NULL, &found, &err) == 0 && found)
			pair_open(&pair, &inventory.devices[i]);
	pair_compare(&pair);
	size_t count = pair_end(&pair);

	inventory_free(&inventory);
	return count;
}

static size_t same_on_all_hosts(const char *name)
{
	glob_t hosts;
	size_t count = 0;

	assert_int_equal(glob(TEST_SOURCE "/tests/hosts/*.json", 0, NULL, &hosts), 0);
	for (size_t i = 0; i < hosts.gl_pathc; i++)
		count += same_on_host(name, hosts.gl_pathv[i]);
	globfree(&hosts);
	return count;
}

static const struct {
	const char *backend;
	enum migcompat_kind kind;
	const char *const *facts;
} table[] = {
	{"mtty", MIGCOMPAT_KIND_MDEV, two_ports},
	{"mtty", MIGCOMPAT_KIND_MDEV_TYPE, one_port},
	{"mtty", MIGCOMPAT_KIND_PHYSICAL, (const char *const[]){"device", "0x0004", "stated/state_version", "1.2.3", NULL}},
	{"mtty", MIGCOMPAT_KIND_PHYSICAL, unknown},
	{"mtty", MIGCOMPAT_KIND_MDEV, unreadable},
	{"mtty", MIGCOMPAT_KIND_MDEV, NULL},
	{"vfio_ap", MIGCOMPAT_KIND_MDEV,
	 (const char *const[]){"mdev_type", "vfio_ap-passthrough", "matrix", "05.0001\n05.0002", "control_domains", "0001", NULL}},
	{"vfio_ap", MIGCOMPAT_KIND_MDEV_TYPE, (const char *const[]){"mdev_type", "vfio_ap-passthrough", NULL}},
	{"vfio_ap", MIGCOMPAT_KIND_MDEV, NULL},
	{"i915", MIGCOMPAT_KIND_MDEV, (const char *const[]){"mdev_type", "i915-GVTg_V5_4", "parent/device", "0x5916", NULL}},
	{"i915", MIGCOMPAT_KIND_MDEV_TYPE, NULL},
};

static void same_in_table(const char *name)
{
	struct test_host host;
	struct pair pair;

	pair_start(&pair, name);
	test_host_make(&host, host_facts);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].backend, name) == 0)
			pair_open(&pair, test_device(&host, table[i].kind, "x", table[i].facts));
	pair_compare(&pair);
	pair_end(&pair);
	test_host_free(&host);
}

static void serial_cards_get_the_same_answers(void **state)
{
	(void)state;
	same_in_table("mtty");
	same_on_all_hosts("mtty");
}

static void crypto_cards_get_the_same_answers(void **state)
{
	(void)state;
	same_in_table("vfio_ap");
	same_on_all_hosts("vfio_ap");
}

static void graphics_cards_get_the_same_answers(void **state)
{
	(void)state;
	same_in_table("i915");
	assert_true(same_on_all_hosts("i915") > 0);
}

static void what_a_backend_declares_arrives_whole(void **state)
{
	struct provider *local = test_backend("mtty", NULL), *worker = worker_good("mtty");
	const struct backend_info *a = &local->info, *b = &worker->info;

	(void)state;
	same_text(a->path, b->path);
	same_text(a->name, b->name);
	same_text(a->version, b->version);
	same_text(a->description, b->description);
	same_text(a->operations, b->operations);
	assert_int_equal(a->api_version, b->api_version);
	assert_int_equal(a->thread_model, b->thread_model);
	assert_int_equal(a->struct_size, b->struct_size);
	assert_int_equal(a->nkeys, b->nkeys);
	for (size_t i = 0; i < a->nkeys; i++)
		same_text(a->keys[i], b->keys[i]);
	assert_int_equal(a->nwants, b->nwants);
	for (size_t i = 0; i < a->nwants; i++) {
		same_text(a->wants[i].glob, b->wants[i].glob);
		assert_int_equal(a->wants[i].flags, b->wants[i].flags);
	}
	assert_int_equal(a->nsettings, b->nsettings);
	for (size_t i = 0; i < a->nsettings; i++) {
		same_text(a->settings[i].name, b->settings[i].name);
		same_text(a->settings[i].allowed, b->settings[i].allowed);
		same_text(a->settings[i].init, b->settings[i].init);
		same_text(a->settings[i].description, b->settings[i].description);
		assert_int_equal(a->settings[i].type, b->settings[i].type);
	}
	provider_free(local);
	provider_free(worker);
}

static void a_fact_that_was_not_collected_stays_so(void **state)
{
	static const char *const globs[] = {"vendor"};
	struct test_host host;
	struct device device;
	struct pair pair;

	(void)state;
	pair_start(&pair, "mtty");
	test_host_make(&host, NULL);
	device = *test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL);
	device.wanted = (struct wanted){.globs = globs, .count = 1};
	pair_open(&pair, &device);
	device.wanted = (struct wanted){0};
	host.host->wanted = (struct wanted){.globs = globs, .count = 1};
	pair_open(&pair, &device);
	pair_end(&pair);
	test_host_free(&host);
}

static const char *refused(void *arg, const char *namespace, const char *name)
{
	(void)namespace;
	return arg && strcmp(name, "emit_format") == 0 ? arg : NULL;
}

static void settings_reach_the_backend(void **state)
{
	struct provider *worker = worker_good("mtty");
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};

	(void)state;
	test_host_make(&host, host_facts);
	/* A format that the backend does not write: it can make no string. */
	assert_int_equal(provider_settle(worker, refused, (void *)(uintptr_t) "7"), 0);
	assert_true(provider_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports), &opened, &err) < 0);
	assert_contains(err.text, "version string");
	assert_int_equal(provider_settle(worker, refused, (void *)(uintptr_t) "1"), 0);
	opened_close(test_open(worker, &host.devices[0]));
	provider_free(worker);
	test_host_free(&host);
}

static void another_host_at_the_same_address_is_another_host(void **state)
{
	static const char *const older[] = {"kernel/release", "6.1.0-18-amd64", NULL};
	struct provider *worker = worker_good("mtty");
	struct test_host host;
	struct opened *opened;

	(void)state;
	test_host_make(&host, host_facts);
	opened = test_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports));
	assert_int_equal(opened->mechanism, MIGCOMPAT_YES);
	opened_close(opened);
	host.host->facts = test_facts(&host.inventory.arena, older);
	opened = test_open(worker, &host.devices[0]);
	assert_int_equal(opened->mechanism, MIGCOMPAT_NO);
	opened_close(opened);
	provider_free(worker);
	test_host_free(&host);
}

static void many_devices_open_and_close_in_any_order(void **state)
{
	struct opened *opened[100];
	struct provider *worker = worker_good("mtty");
	struct migcompat_result result = {0};
	struct test_host host;

	(void)state;
	test_host_make(&host, host_facts);
	test_device(&host, MIGCOMPAT_KIND_MDEV, "two", two_ports);
	test_device(&host, MIGCOMPAT_KIND_MDEV, "one", one_port);
	for (int i = 0; i < 100; i++)
		opened[i] = test_open(worker, &host.devices[i & 1]);
	for (int i = 0; i < 100; i += 3)
		opened[i] = opened_close(opened[i]);
	for (int i = 0; i < 100; i += 3)
		opened[i] = test_open(worker, &host.devices[i & 1]);
	for (int i = 0; i < 100; i++) {
		test_compare(opened[0], opened[i], &result);
		assert_int_equal(result.bad_count != 0, i & 1);
		assert_string_equal(opened[i]->type, i & 1 ? "serial-1port" : "serial-2port");
	}
	for (int i = 0; i < 100; i++)
		opened_close(opened[i]);
	result_free(&result);
	provider_free(worker);
	test_host_free(&host);
}

/* ---------------------------------------------------------------- life and death */

static void a_program_that_is_not_there_is_named(void **state)
{
	struct worker_options options = {.program = "/nowhere/migcompat-worker", .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct error err = {0};

	(void)state;
	assert_int_equal(provider_worker_new("/x.so", &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	assert_string_equal(provider->info.error, "the worker program /nowhere/migcompat-worker could not be started: No such file or directory");
	assert_string_equal(provider->info.path, "/x.so");
	provider_free(provider);
}

static void a_program_that_is_no_worker_is_no_answer(void **state)
{
	struct worker_options options = {.program = "/bin/true", .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct error err = {0};

	(void)state;
	assert_int_equal(provider_worker_new("/x.so", &options, &provider, &err), 0);
	assert_int_equal(provider_worker_ready(provider, &err), 0);
	assert_string_equal(provider->info.error, "its worker ended (exit status 0) while loading");
	provider_free(provider);
}

static void a_worker_that_nobody_waited_for_can_be_freed(void **state)
{
	struct worker_options options = {.program = WORKER_PROGRAM, .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};
	char path[4096];

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(provider_worker_new(worker_path("mtty", path, sizeof(path)), &options, &provider, &err), 0);
	assert_int_equal(provider_open(provider, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports), &opened, &err), -EIO);
	assert_null(opened);
	provider_free(provider);
	test_host_free(&host);
	assert_int_equal(worker_process(), 0);
}

static void a_worker_killed_between_calls_is_told_by_its_signal(void **state)
{
	struct provider *worker = worker_good("mtty");
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};

	(void)state;
	test_host_make(&host, NULL);
	kill(worker_process(), SIGKILL);
	assert_int_equal(provider_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports), &opened, &err), -EIO);
	assert_string_equal(err.text, "backend mtty: its worker was killed by signal 9 (Killed)");
	provider_free(worker);
	test_host_free(&host);
}

static void a_program_that_ignores_its_children_still_learns_of_a_death(void **state)
{
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);
	struct provider *worker = worker_good("crash_open");
	struct test_host host;
	struct opened *opened = NULL;
	struct error err = {0};

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(provider_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", NULL), &opened, &err), -EIO);
	assert_string_equal(err.text, "backend crash_open: its worker ended");
	provider_free(worker);
	test_host_free(&host);
	signal(SIGCHLD, before);
}

static void nothing_is_left_behind(void **state)
{
	size_t before = worker_descriptors();

	(void)state;
	provider_free(worker_make("mtty", WORKER_TIMEOUT_MS));
	provider_free(worker_make("exit_constructor", WORKER_TIMEOUT_MS));
	assert_int_equal(worker_descriptors(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void *start_worker(void *arg)
{
	(void)arg;
	return worker_good("mtty");
}

static void a_worker_outlives_the_thread_that_started_it(void **state)
{
	struct test_host host;
	pthread_t thread;
	void *worker;

	(void)state;
	test_host_make(&host, NULL);
	assert_int_equal(pthread_create(&thread, NULL, start_worker, NULL), 0);
	assert_int_equal(pthread_join(thread, &worker), 0);
	opened_close(test_open(worker, test_device(&host, MIGCOMPAT_KIND_MDEV, "x", two_ports)));
	provider_free(worker);
	test_host_free(&host);
}

/* A child of ours starts a worker that hangs, and ends; the worker, ours then, must end too. */
static void worker_ends_with_parent(const char *name, unsigned after_ms)
{
	struct worker_options options = {.program = WORKER_PROGRAM, .timeout_ms = WORKER_TIMEOUT_MS};
	struct provider *provider;
	struct error err = {0};
	char path[4096];
	pid_t pid = fork();

	if (pid == 0) {
		if (provider_worker_new(worker_path(name, path, sizeof(path)), &options, &provider, &err))
			_exit(1);
		nanosleep(&(struct timespec){.tv_nsec = after_ms * 1000000}, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 1000; i++) {
		if (waitpid(-1, NULL, WNOHANG) != 0)
			return;
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	fail_msg("the worker of %s still runs", name);
}

static void a_worker_ends_with_its_parent_even_in_a_hang(void **state)
{
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	worker_ends_with_parent("hang_constructor", 0);
	worker_ends_with_parent("hang_constructor", 300);
	worker_ends_with_parent("mtty", 300);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

/* ---------------------------------------------------------------- what a worker has */

static void read_proc(pid_t pid, const char *file, char *ret, size_t size)
{
	char path[64];
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	stream = fopen(path, "re");
	assert_non_null(stream);
	ret[fread(ret, 1, size - 1, stream)] = '\0';
	fclose(stream);
}

static void a_worker_inherits_no_descriptor_and_no_environment(void **state)
{
	int leak = open("/dev/null", O_RDONLY); /* a program may forget O_CLOEXEC */
	struct provider *worker;
	char text[4096], path[64], target[64];

	(void)state;
	setenv("LD_PRELOAD_FOR_TEST", "1", 1);
	worker = worker_good("mtty");
	read_proc(worker_process(), "environ", text, sizeof(text));
	assert_true(text[0] == '\0' || strstr(text, "SAN_OPTIONS="));
	assert_null(strstr(text, "PATH="));
	for (int fd = 0; fd < 64; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)worker_process(), fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[len > 0 ? len : 0] = '\0';
		if (fd < 3)
			assert_string_equal(target, "/dev/null");
		else if (fd == 3)
			assert_contains(target, "socket:");
		else
			assert_string_equal(target, "");
	}
	provider_free(worker);
	close(leak);
}

static void a_worker_is_bounded(void **state)
{
	struct provider *worker = worker_good("mtty");
	char text[8192];

	(void)state;
	read_proc(worker_process(), "limits", text, sizeof(text));
	assert_contains(text, "Max core file size        0                    0");
	assert_contains(text, "Max open files            32                   32");
#ifndef TEST_SANITIZED
	assert_contains(text, "Max processes             0                    0");
	assert_contains(text, "Max address space         1073741824           1073741824");
#endif
	read_proc(worker_process(), "status", text, sizeof(text));
	assert_contains(text, "NoNewPrivs:\t1");
	provider_free(worker);
}

#define test(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(serial_cards_get_the_same_answers),
		test(crypto_cards_get_the_same_answers),
		test(graphics_cards_get_the_same_answers),
		test(what_a_backend_declares_arrives_whole),
		test(a_fact_that_was_not_collected_stays_so),
		test(settings_reach_the_backend),
		test(another_host_at_the_same_address_is_another_host),
		test(many_devices_open_and_close_in_any_order),
		test(a_program_that_is_not_there_is_named),
		test(a_program_that_is_no_worker_is_no_answer),
		test(a_worker_that_nobody_waited_for_can_be_freed),
		test(a_worker_killed_between_calls_is_told_by_its_signal),
		test(a_program_that_ignores_its_children_still_learns_of_a_death),
		test(nothing_is_left_behind),
		test(a_worker_outlives_the_thread_that_started_it),
		test(a_worker_ends_with_its_parent_even_in_a_hang),
		test(a_worker_inherits_no_descriptor_and_no_environment),
		test(a_worker_is_bounded),
	};

	worker_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
