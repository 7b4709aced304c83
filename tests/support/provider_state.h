/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests of backends' sessions on device state, in this process and in a worker. */
#ifndef TESTS_SUPPORT_PROVIDER_STATE_H
#define TESTS_SUPPORT_PROVIDER_STATE_H

#include "core/regions/load.h"
#include "core/regions/save.h"
#include "tests/support/device.h"
#include "tests/support/tape.h"

#define PROVIDER_STRING "any:mdev:state:1;x"

static inline int provider_judge(void *arg, const char *version, size_t len, struct error *err)
{
	(void)arg;
	(void)version;
	(void)len;
	(void)err;
	return 0;
}

static inline struct state_port *provider_port(struct opened *opened)
{
	struct state_port *port = NULL;
	struct error err = {0};

	if (opened_state(opened, &port, &err))
		fail_msg("%s", err.text);
	return port;
}

static inline int provider_save(struct state_port *port, struct tape *tape, struct error *err)
{
	const struct state_transport to = tape_transport(tape);
	const struct save_options options = {.version = PROVIDER_STRING,
					     .version_len = strlen(PROVIDER_STRING),
					     .rounds_max = 2};

	return state_save(port, &to, &options, NULL, err);
}

static inline int provider_load(struct state_port *port, struct tape *tape, struct error *err)
{
	const struct state_transport from = tape_transport(tape);
	const struct load_options options = {.judge = provider_judge};

	return state_load(port, &from, &options, err);
}

/* Save one device and load another. Both end stopped, and a second save gives the same bytes. */
static inline void provider_copy(struct state_port *source, struct state_port *target)
{
	struct tape live = {0}, still = {0}, copy = {0};
	struct error err = {0};

	if (provider_save(source, &live, &err) || provider_load(target, &live, &err) ||
	    provider_save(source, &still, &err) || provider_save(target, &copy, &err))
		fail_msg("%s", err.text);
	assert_int_equal(still.len, copy.len);
	assert_memory_equal(still.bytes, copy.bytes, copy.len);
	tape_free(&live);
	tape_free(&still);
	tape_free(&copy);
}

#endif
