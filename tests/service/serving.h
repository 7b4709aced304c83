/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service in a thread of the test, with a simulated kernel (shim.h). */
#ifndef TESTS_SERVICE_SERVING_H
#define TESTS_SERVICE_SERVING_H

#include "core/service/log.h"
#include "core/service/server.h"
#include "tests/service/shim.h"
#include "tests/service/worker_program.h"

static struct daemon service;
static pthread_t thread;
static char config[192], state_folder[192];
static char plugin_dir[192] = TEST_BACKENDS;

static inline void *service_run(void *arg)
{
	static const char *none;
	const struct server_options options = {
		.world = {.config = config, .plugin_dir = plugin_dir, .inventories = &none},
		.socket = service.socket,
		.state = state_folder,
		.group = "migcompat",
		.patience_us = 1000000,
	};
	static struct error err;

	(void)arg;
	err = (struct error){.text = ""};
	return server_run(&options, &err) ? err.text : NULL;
}

/*
 * Prepare folder, signals and kernel. Must be called before any thread exists, which
 * would get the signals.
 */
static inline void service_prepare(void)
{
	sigset_t mask;

	/* The service's loop reads them from a signalfd. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	daemon_folder(&service);
	snprintf(config, sizeof(config), "%s", folder_path(&service.folder, "policy"));
	snprintf(state_folder, sizeof(state_folder), "%s", folder_path(&service.folder, "state"));
	log_open(true, LOG_INFO);
	shim_start();
}

static inline void service_start(void)
{
	assert_int_equal(pthread_create(&thread, NULL, service_run, NULL), 0);
}

/* The error of the service; NULL: none. */
static inline const char *service_end(void)
{
	void *text = NULL;

	kill(getpid(), SIGTERM);
	assert_int_equal(pthread_join(thread, &text), 0);
	return text;
}

#endif
