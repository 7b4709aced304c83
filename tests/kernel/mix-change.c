// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Actors that change holds, policy, devices and workers. Each change that may turn a
 * verdict is announced. Each kind has one thread, which owns the state of that kind.
 */
#include "mix.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "varlink-client.h"

#define POLICY "/etc/migcompat/conf.d/mix.conf"
#define RELOAD_MS 240000
#define PARKED_MS 2000
#define PIDS 512
#define PARK_TRIES 600

static pthread_mutex_t reloads = PTHREAD_MUTEX_INITIALIZER; /* one at a time, none while parking */

pthread_rwlock_t mix_lock; /* initialized in mix.c: writers go first */
atomic_uint mix_changes, mix_parked;
atomic_bool mix_deny;

void mix_change_begin(void)
{
	pthread_rwlock_wrlock(&mix_lock);
	mix_changes++;
}

void mix_change_end(void)
{
	mix_changes++;
	pthread_rwlock_unlock(&mix_lock);
}

/* ---------------------------------------------------------------- holds */

static void hold_set(struct mix_device *device, bool held)
{
	char parameters[256], reply[4096];
	ssize_t result;

	snprintf(parameters, sizeof(parameters),
		 held ? "\"device\":\"%s\",\"reason\":\"mixed\"" : "\"device\":\"%s\"", device->id);
	result = varlink_call(held ? "Hold" : "Release", parameters, reply, sizeof(reply));
	shim_expect(result > 0 && !strstr(reply, "\"error\""), "%s of %s gives %s: %s",
		    held ? "Hold" : "Release", device->id, shim_name(result), reply);
	device->held = held;
}

void mix_hold(struct mix_actor *actor)
{
	struct mix_device *device = mix_choose_device(actor);

	mix_change_begin();
	/* Mostly nothing is held. Only an existing device can be held. */
	if (device->held)
		hold_set(device, false);
	else if (device->present && mix_choose(actor, 3) == 0)
		hold_set(device, true);
	mix_change_end();
}

/* ---------------------------------------------------------------- policy and reloads */

static void policy_set(const char *text)
{
	int fd = open(POLICY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	shim_expect(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text),
		    "the policy cannot be written: %s", strerror(errno));
	close(fd);
}

static void reload(void)
{
	if (!mix_daemon.pid)
		return;
	kill(mix_daemon.pid, SIGHUP);
	shim_expect(daemon_wait_ready(&mix_daemon, RELOAD_MS), "a reload does not finish");
}

static void deny_set(bool deny)
{
	policy_set(deny ? "rules = ( { name = \"mix\"; match = { target = { kind = \"physical\"; "
			  "}; }; action = \"deny\"; reason = \"mixed\"; } );\n"
			: "");
	reload();
	mix_deny = deny;
}

/* One change in four alters the policy, and one in eight makes it malformed. */
void mix_reload(struct mix_actor *actor)
{
	unsigned long what = mix_choose(actor, 8);

	pthread_mutex_lock(&reloads);
	if (what < 3)
		mix_change_begin();
	if (what < 2)
		deny_set(!mix_deny);
	else if (what == 2)
		policy_set("rulez = 1;\n");
	if (what >= 2)
		reload();
	if (what == 2)
		deny_set(mix_deny);
	if (what < 3)
		mix_change_end();
	pthread_mutex_unlock(&reloads);
}

/* ---------------------------------------------------------------- devices */

static ssize_t visit_set(struct mix_device *device, bool present)
{
	char path[256];

	if (device->visit == MIX_CARD)
		return attr_put(present ? "/sys/bus/pci/drivers/vfio-pci/bind"
					: "/sys/bus/pci/drivers/vfio-pci/unbind",
				device->id);
	if (present)
		return shim_mdev_create(device->visit == MIX_PLAIN_MDEV
						? "/sys/devices/virtual/plain/plain/"
						  "mdev_supported_types/plain-small/create"
						: "/sys/devices/virtual/mtty/mtty/"
						  "mdev_supported_types/mtty-2/create",
					device->id);
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", device->id);
	return attr_put(path, "1");
}

static void visit_turn(struct mix_device *device)
{
	ssize_t result = visit_set(device, !device->present);

	shim_expect(result == 0, "%s cannot %s: %s", device->id, device->present ? "go" : "come",
		    shim_name(result));
	device->present = !device->present;
}

void mix_visit(struct mix_actor *actor)
{
	struct mix_device *device = mix_choose_device(actor);

	if (device->visit == MIX_STAYS)
		return;
	mix_change_begin();
	visit_turn(device);
	mix_change_end();
}

/* ---------------------------------------------------------------- workers */

static bool maps_has(pid_t process, const char *library)
{
	char path[64], line[1024];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", process);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, library) != NULL;
	if (file)
		fclose(file);
	return found;
}

/* Children of the service that mapped this library; "": all workers. */
static size_t workers_find(const char *library, pid_t *processes)
{
	char path[64], text[PIDS * 12];
	size_t count = 0;
	DIR *tasks;
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", mix_daemon.pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%.16s/children", mix_daemon.pid,
			 entry->d_name);
		if (entry->d_name[0] == '.' || attr_text(path, text, sizeof(text)) <= 0)
			continue;
		for (char *at = text, *end; count < PIDS; at = end) {
			pid_t process = (pid_t)strtol(at, &end, 10);

			if (end == at)
				break;
			if (!*library || maps_has(process, library))
				processes[count++] = process;
		}
	}
	if (tasks)
		closedir(tasks);
	return count;
}

static bool is_parked(const char *backend)
{
	static char reply[65536];
	char name[64];
	const char *found;

	snprintf(name, sizeof(name), "\"name\":\"%s\"", backend);
	if (varlink_call("Backends", "", reply, sizeof(reply)) <= 0)
		return false;
	found = strstr(reply, name);
	return found && varlink_has(found, "state", "parked");
}

/*
 * Kill the worker until its backend is parked, while others ask for it. Nothing else
 * changes, so cached answers would be valid otherwise. A reload restarts the worker.
 */
static void park(void)
{
	pid_t processes[PIDS];
	int tries = 0;

	pthread_mutex_lock(&reloads);
	pthread_rwlock_rdlock(&mix_lock);
	sleep_ms(PARKED_MS);
	for (; tries < PARK_TRIES && !is_parked("mtty"); tries++) {
		for (size_t i = workers_find("/mtty.so", processes); i; i--)
			kill(processes[i - 1], SIGKILL);
		sleep_ms(50);
	}
	if (tries < PARK_TRIES) {
		mix_parked++;
		sleep_ms(PARKED_MS);
		mix_parked++;
	}
	pthread_rwlock_unlock(&mix_lock);
	reload();
	pthread_mutex_unlock(&reloads);
}

/*
 * Only workers of backends: if the parser of a reload is killed, the old policy stays in
 * force.
 */
void mix_kill(struct mix_actor *actor)
{
	pid_t processes[PIDS];
	size_t count = workers_find("/backends/", processes);

	if (mix_choose(actor, 12) == 0)
		park();
	else if (count)
		kill(processes[mix_choose(actor, count)], SIGKILL);
}

/* ---------------------------------------------------------------- back */

void mix_change_back(void)
{
	for (size_t i = 0; i < MIX_DEVICES; i++) {
		if (!mix_devices[i].present)
			visit_turn(&mix_devices[i]);
		if (mix_devices[i].held)
			hold_set(&mix_devices[i], false);
	}
	deny_set(false);
}
