/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Discovery with facts against mdevctl and udevadm on the same /sys, alternating. Prints
 * medians in milliseconds on one line. The script "discovery" runs it on made-up hosts.
 * An argument is one more command to time.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/discovery/discovery.h"
#include "core/facts/macros.h"

#define ROUNDS 7

extern char **environ;

/* About the same as backends want. */
static const struct discovery_want wants[] = {
	{"mdev_type/description", 0},
	{"parent/vendor", 0},
	{"parent/device", 0},
	{"parent/features", 0},
	{"aggregated_instances", 0},
	{"matrix", 0},
	{"guest_matrix", 0},
	{"control_domains", 0},
	{"ap_config", 0},
	{"stated/*", 0},
	{"bus/ap/devices/card*/hwtype", MIGCOMPAT_WANT_HOST},
	{"bus/ap/devices/card*/ap_functions", MIGCOMPAT_WANT_HOST},
	{"bus/ap/devices/*/driver", MIGCOMPAT_WANT_HOST},
	{"bus/ap/apmask", MIGCOMPAT_WANT_HOST},
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static size_t discover(size_t *ret_facts)
{
	const struct discovery_options options = {.wants = wants, .nwants = COUNT(wants)};
	struct inventory inventory;
	struct error err = {0};
	size_t devices;

	inventory_init(&inventory);
	if (discovery_run(&inventory, &options, &err) < 0) {
		fprintf(stderr, "discovery: %s\n", err.text);
		exit(1);
	}
	devices = inventory.ndevices;
	*ret_facts = 0;
	for (size_t i = 0; i < devices; i++)
		*ret_facts += inventory.devices[i].facts.count;
	inventory_free(&inventory);
	return devices;
}

static void run(char **command)
{
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0 ||
	    waitpid(pid, &status, 0) < 0 || status != 0) {
		fprintf(stderr, "%s: failed\n", command[0]);
		exit(1);
	}
	posix_spawn_file_actions_destroy(&actions);
}

static int time_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	char *commands[][4] = {
		{argv[0], (char[]){"--once"}, NULL},
		{NULL},
		{(char[]){"mdevctl"}, (char[]){"list"}, NULL},
		{(char[]){"udevadm"}, (char[]){"info"}, (char[]){"--export-db"}, NULL},
	};
	/*
	 * The first command of a round finds the caches as the others left them. It is
	 * the whole process, as in real use.
	 */
	static const char *const names[] = {"process", "inside", "mdevctl", "udevadm", "given"};
	const size_t count = 4 + (argc > 1);
	double times[5][ROUNDS];
	size_t devices = 0, facts = 0;

	if (argc == 2 && strcmp(argv[1], "--once") == 0)
		return discover(&facts) == 0;
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < count; i++) {
			double start = now();

			if (i == 1)
				devices = discover(&facts);
			else
				run(i < 4 ? commands[i] : argv + 1);
			times[i][round] = now() - start;
		}
	}
	printf("devices %zu facts %zu", devices, facts);
	for (size_t i = 0; i < count; i++) {
		qsort(times[i], ROUNDS, sizeof(times[i][0]), time_compare);
		printf(" %s %.1f", names[i], times[i][ROUNDS / 2]);
	}
	printf("\n");
	return 0;
}
