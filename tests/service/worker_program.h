/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The worker of the build tree, for tests linked with --wrap=engine_worker_program. */
#ifndef TESTS_SERVICE_WORKER_PROGRAM_H
#define TESTS_SERVICE_WORKER_PROGRAM_H

#include "core/check/engine.h"

const char *__wrap_engine_worker_program(struct arena *arena);
const char *__wrap_engine_worker_program(struct arena *arena)
{
	(void)arena;
	return TEST_BUILD "/migcompat-worker";
}

#endif
