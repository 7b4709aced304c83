/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the built program beside a service of the test, whose socket is $SOCKET. */
#ifndef TESTS_CLI_RUN_SERVICE_H
#define TESTS_CLI_RUN_SERVICE_H

#include "tests/service/daemon.h"
#include "tests/support/run.h"

static struct daemon service;

/* options are further ones of the service, NULL at the end; or NULL. */
static inline int service_setup(void **state, const char *const *options)
{
	run_setup(state);
	service = (struct daemon){.pid = 0};
	daemon_folder(&service);
	daemon_start(&service, options);
	setenv("SOCKET", service.socket, 1);
	return 0;
}

static inline int service_teardown(void **state)
{
	daemon_end(&service);
	folder_remove(&service.folder);
	return run_teardown(state);
}

#endif
