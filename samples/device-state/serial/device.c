/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that is a device: the serial card at work, served on a unix socket. It links to
 * libmigcompat-regions alone, as the program of a vendor would.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "migcompat/device-state.h"
#include "serial.h"

#define VERSION "mtty:physical:serial-%uport:1;sample"
#define IDLE_MS 5 /* the card works at least this often */

struct device {
	unsigned ports;
	uint64_t seed;
	const char *version; /* NULL: VERSION */
	const char *socket;
	const char *dump; /* a file for config and memory at the end, or NULL */
	bool stopped;     /* as its state at the start */
	void *session;
	struct migcompat_regions *regions;
};

static volatile sig_atomic_t ended;

unsigned serial_ports(const void *handle)
{
	return ((const struct device *)handle)->ports;
}

uint64_t serial_seed(const void *handle)
{
	return ((const struct device *)handle)->seed;
}

static void on_signal(int number)
{
	(void)number;
	ended = 1;
}

static int trouble(const char *what, const char *text)
{
	fprintf(stderr, "serial-device: %s: %s\n", what, text);
	return 1;
}

/* Any operation lets time pass for a card that runs. */
static void work(const struct device *device)
{
	uint64_t pages;

	(void)serial_state.dirty_count(device->session, &pages);
}

/* Config, then memory: two cards of the same state have the same file. */
static int dump(const struct device *device)
{
	FILE *file = fopen(device->dump, "wb");
	static uint8_t bytes[1 << 16];
	int len = serial_state.config_read(device->session, bytes, sizeof(bytes));

	if (!file || len < 0)
		return trouble(device->dump, "cannot be written");
	fwrite(bytes, 1, (size_t)len, file);
	for (uint64_t at = 0; at < CARD_MEMORY; at += sizeof(bytes)) {
		(void)serial_state.memory_read(device->session, at, bytes, sizeof(bytes));
		fwrite(bytes, 1, sizeof(bytes), file);
	}
	return fclose(file) ? trouble(device->dump, "cannot be written") : 0;
}

static int serve(struct device *device)
{
	char version[128];
	const struct migcompat_server_options options = {
		.struct_size = sizeof(options),
		.version = device->version ? device->version : version,
	};
	struct migcompat_regions_server *server = NULL;
	int r;

	snprintf(version, sizeof(version), VERSION, device->ports);
	r = migcompat_regions_server_new(device->regions, device->socket, &options, &server);
	if (r)
		return trouble(device->socket, migcompat_regions_message(device->regions));
	printf("serving %s at %s\n", options.version, device->socket);
	fflush(stdout);
	while (!ended && !r) {
		r = migcompat_regions_server_run(server, IDLE_MS);
		work(device);
	}
	migcompat_regions_server_free(server);
	return r ? trouble(device->socket, strerror(-r)) : 0;
}

static int run(struct device *device)
{
	int r = serial_state.open(device, &device->session);

	if (r)
		return trouble("card", strerror(-r));
	r = migcompat_regions_new(&serial_state, device->session, &device->regions);
	if (r)
		r = trouble("regions", strerror(-r));
	if (!r && device->stopped) {
		const size_t version = offsetof(struct migcompat_control, version);
		const size_t state = offsetof(struct migcompat_control, device_state);

		(void)migcompat_regions_write(device->regions, version, 4,
					      MIGCOMPAT_REGIONS_VERSION);
		(void)migcompat_regions_write(device->regions, state, 4, MIGCOMPAT_DEVICE_STOPPED);
	}
	if (!r)
		r = serve(device);
	if (!r && device->dump)
		r = dump(device);
	migcompat_regions_free(device->regions);
	serial_state.close(device->session);
	return r;
}

static int usage(void)
{
	fprintf(stderr, "usage: serial-device SOCKET [--running|--stopped] [--ports 1|2|4] "
			"[--seed N]\n                     [--version STRING] [--dump FILE]\n");
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"running", no_argument, NULL, 'r'},
		{"stopped", no_argument, NULL, 's'},
		{"ports", required_argument, NULL, 'p'},
		{"seed", required_argument, NULL, 'n'},
		{"version", required_argument, NULL, 'v'},
		{"dump", required_argument, NULL, 'd'},
		{0},
	};
	struct device device = {.ports = 2, .seed = 1};
	const struct sigaction action = {.sa_handler = on_signal};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r' || option == 's')
			device.stopped = option == 's';
		else if (option == 'p')
			device.ports = (unsigned)atoi(optarg);
		else if (option == 'n')
			device.seed = strtoull(optarg, NULL, 10);
		else if (option == 'v')
			device.version = optarg;
		else if (option == 'd')
			device.dump = optarg;
		else
			return usage();
	}
	if (optind + 1 != argc || (device.ports != 1 && device.ports != 2 && device.ports != 4))
		return usage();
	device.socket = argv[optind];
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	return run(&device);
}
