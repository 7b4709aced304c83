/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service that the tests of steps run in a thread, and its fake host. */
#ifndef TESTS_SERVICE_STEPS_SERVICE_H
#define TESTS_SERVICE_STEPS_SERVICE_H

#include "tests/service/steps.h"

static void *service_run(void *arg)
{
	static const char *none;
	const struct server_options options = {
		.world = {.config = config, .plugin_dir = backends, .inventories = &none},
		.socket = service.socket,
		.state = state_folder,
		.group = "migcompat",
		.patience_us = 1000000,
	};
	static struct error err;

	(void)arg;
	return server_run(&options, &err) ? err.text : NULL;
}

static UMockdevTestbed *testbed;

static int start(void **state)
{
	sigset_t mask;

	(void)state;
	/* The service's loop reads them from a signalfd. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	testbed = umockdev_testbed_new();
	assert_true(umockdev_testbed_add_from_file(
		testbed, TEST_SOURCE "/tests/hosts/discovery-serial.umockdev", NULL));
	daemon_folder(&service);
	snprintf(config, sizeof(config), "%s", folder_path(&service.folder, "policy"));
	snprintf(state_folder, sizeof(state_folder), "%s", folder_path(&service.folder, "state"));
	snprintf(backends, sizeof(backends), "%s", folder_path(&service.folder, "backends"));
	assert_int_equal(mkdir(backends, 0755), 0);
	assert_int_equal(chmod(backends, 0755), 0);
	file_is("steady");
	log_open(true, LOG_ERR);
	shim_start();
	assert_int_equal(pthread_create(&thread, NULL, service_run, NULL), 0);
	assert_int_equal(shim_write(OTHER, STRING), 0);
	return 0;
}

static int end(void **state)
{
	void *text = NULL;

	(void)state;
	kill(getpid(), SIGTERM);
	assert_int_equal(pthread_join(thread, &text), 0);
	assert_null(text);
	shim_end();
	folder_remove(&service.folder);
	g_object_unref(testbed);
	return 0;
}

/*
 * Undo changes of earlier tests. Then no target is open, no answer cached, no scan
 * running.
 */
static void begin(void)
{
	struct error err = {0};
	unsigned found = walk.found;

	walk.armed = STEP_NONE;
	walk.attachment = 0;
	walk.rest = false;
	holds_remove(walk.holds, TARGET, &err);
	unlink(folder_path(&service.folder, "policy/migcompat.conf"));
	file_is("steady");
	reload(true);
	for (int i = 0; i < WAIT_MS && walk.scanned != walk.newest; i++)
		pause_ms(1);
	assert_ptr_equal(walk.scanned, walk.newest);
	/* Now the queues of this policy exist, and no target is open. */
	for (int i = 0; i < WAIT_MS && walk.found == found; i++)
		assert_int_equal(shim_write(OTHER, STRING), 0);
	walk.attachment = shim_attachment(TARGET);
}

#endif
