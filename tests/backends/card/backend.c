/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Serves the device of tests/support/card.h with 256 MiB of memory and no zero page, to
 * measure the cost of a worker.
 */
#include "tests/backends/plain.h"
#include "tests/support/card.h"

#define PAGES 65536u

static struct migcompat_device_state table;

static int state_open(void *handle, void **ret_session)
{
	static struct card card;

	(void)handle;
	card_make(&card, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&card, 1);
	*ret_session = &card;
	return 0;
}

static void state_close(void *session)
{
	card_free(session);
}

static const void *card_tables(const char *name, uint32_t version)
{
	if (strcmp(name, MIGCOMPAT_DEVICE_STATE) != 0 || version != MIGCOMPAT_DEVICE_STATE_API)
		return NULL;
	table = card_table;
	table.open = state_open;
	table.close = state_close;
	return &table;
}

#define PLAIN_NAME "card"
#define PLAIN_TABLE card_tables
#include "tests/backends/register.h"
