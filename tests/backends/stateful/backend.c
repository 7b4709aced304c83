/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Has four bytes of device state, and breaks its contract as the fact "plain" of the
 * device says: no operation, no session, an error with a sentence, invalid sizes, a
 * crash.
 */
#include <errno.h>
#include <stdlib.h>

#include "migcompat/device-state.h"
#include "tests/backends/crash.h"
#include "tests/backends/plain.h"

static uint8_t config[4] = {'g', 'o', 'o', 'd'};
static int session;

static int wants_to(const char *what)
{
	const char *value;

	return plain_host->fact(plain_facts, 0, "plain", &value, NULL) == 0 &&
	       strcmp(value, what) == 0;
}

static int state_open(void *handle, void **ret_session)
{
	(void)handle;
	if (wants_to("fail"))
		return plain_host->fail(plain_facts, -EUCLEAN, "the device needs cleaning");
	if (wants_to("answer 1"))
		return 1;
	*ret_session = wants_to("no session") ? NULL : &session;
	return 0;
}

static void state_close(void *arg)
{
	(void)arg;
}

static int state_info(void *arg, struct migcompat_device_state_info *ret)
{
	(void)arg;
	ret->memory_size = wants_to("odd memory") ? 1 : 0;
	ret->config_max = sizeof(config);
	return wants_to("no info") ? -ENOTTY : 0;
}

static int state_set(void *arg, uint32_t state)
{
	const char *value;

	(void)arg;
	(void)state;
	if (wants_to("crash"))
		crash();
	if (wants_to("nosy"))
		plain_host->fact(plain_facts, 0, "never/declared", &value, NULL);
	return 0;
}

static int state_config_read(void *arg, void *buffer, size_t size)
{
	(void)arg;
	if (size < sizeof(config))
		return -ENOBUFS;
	memcpy(buffer, config, sizeof(config));
	return wants_to("long config") ? (int)sizeof(config) + 1 : (int)sizeof(config);
}

static int state_config_write(void *arg, const void *bytes, size_t len)
{
	(void)arg;
	if (len != sizeof(config))
		return -EINVAL;
	memcpy(config, bytes, len);
	return 0;
}

static struct migcompat_device_state table = {
	.struct_size = sizeof(table),
	.close = state_close,
	.info = state_info,
	.set_state = state_set,
	.config_read = state_config_read,
	.config_write = state_config_write,
};

/* Called for each open, so each device may get another table. */
static const void *stateful_table(const char *name, uint32_t version)
{
	if (strcmp(name, MIGCOMPAT_DEVICE_STATE) != 0 || version != MIGCOMPAT_DEVICE_STATE_API ||
	    wants_to("no table"))
		return NULL;
	table.struct_size = wants_to("short table") ? 56 : sizeof(table);
	table.open = wants_to("no open") ? NULL : state_open;
	return &table;
}

#define PLAIN_NAME "stateful"
#define PLAIN_TABLE stateful_table
#include "tests/backends/register.h"
