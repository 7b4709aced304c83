/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device state of the serial card: the operations that a vendor writes so that the core
 * can save and load a device. Memory is staged in a second buffer until config_write
 * takes both at once. So a refused load leaves the card unchanged.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "migcompat/device-state.h"
#include "serial.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define SLICE 64u /* byte times between two calls while the card runs */

struct session {
	struct card card;
	uint32_t state;
	uint8_t *staged; /* CARD_MEMORY bytes; NULL: no load is under way */
	const char *message;
};

/* Every operation begins here: a running card works while others wait. */
static struct session *session_at_work(void *arg)
{
	struct session *session = arg;

	session->message = NULL;
	if (!(session->state & MIGCOMPAT_DEVICE_STOPPED))
		card_run(&session->card, SLICE);
	return session;
}

static int state_open(void *handle, void **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));
	int r;

	if (!session)
		return -ENOMEM;
	r = card_make(&session->card, serial_ports(handle), serial_seed(handle));
	if (r) {
		free(session);
		return r;
	}
	migcompat_dirty_mark_bytes(session->card.marks, 0, CARD_MEMORY);
	*ret_session = session;
	return 0;
}

static void state_close(void *arg)
{
	struct session *session = arg;

	card_free(&session->card);
	free(session->staged);
	free(session);
}

static int state_info(void *arg, struct migcompat_device_state_info *ret)
{
	struct session *session = arg;

	ret->memory_size = CARD_MEMORY;
	ret->config_max = CARD_CONFIG(session->card.ports);
	ret->capabilities = MIGCOMPAT_CAP_LOGGING | MIGCOMPAT_CAP_SYSTEM_MEMORY;
	return 0;
}

static const char *state_message(void *arg)
{
	struct session *session = arg;

	return session->message;
}

/* The card keeps its marks in every state, so LOGGING needs nothing. */
static int state_set(void *arg, uint32_t state)
{
	session_at_work(arg)->state = state;
	return 0;
}

/* ---------------------------------------------------------------- config */

static int state_config_read(void *arg, void *buffer, size_t size)
{
	struct session *session = session_at_work(arg);

	if (size < CARD_CONFIG(session->card.ports))
		return -ENOBUFS;
	card_config_put(&session->card, buffer);
	return (int)CARD_CONFIG(session->card.ports);
}

static int state_config_write(void *arg, const void *config, size_t len)
{
	struct session *session = session_at_work(arg);

	session->message = card_config_get(config, len, &session->card);
	if (session->message)
		return -EINVAL;
	if (session->staged) {
		free(session->card.memory);
		session->card.memory = session->staged;
		session->staged = NULL;
		migcompat_dirty_mark_bytes(session->card.marks, 0, CARD_MEMORY);
	}
	return 0;
}

/* ---------------------------------------------------------------- memory */

static int state_memory_read(void *arg, uint64_t position, void *buffer, size_t len)
{
	memcpy(buffer, session_at_work(arg)->card.memory + position, len);
	return 0;
}

static int state_memory_write(void *arg, uint64_t position, const void *bytes, size_t len)
{
	struct session *session = session_at_work(arg);

	if (!session->staged)
		session->staged = malloc(CARD_MEMORY); /* all of it is written before the config */
	if (!session->staged)
		return -ENOMEM;
	memcpy(session->staged + position, bytes, len);
	return 0;
}

static void state_memory_discard(void *arg)
{
	struct session *session = arg;

	free(session->staged);
	session->staged = NULL;
}

static int state_dirty_count(void *arg, uint64_t *ret_pages)
{
	*ret_pages = migcompat_dirty_count(session_at_work(arg)->card.marks, CARD_PAGES);
	return 0;
}

static int state_dirty_take(void *arg, uint64_t first, uint64_t count, uint64_t *ret_pages,
			    size_t max)
{
	return (int)migcompat_dirty_take(session_at_work(arg)->card.marks, first, count, ret_pages,
					 max);
}

/* The card writes to one ring in guest memory for each port, and knows its pages. */
static int state_system_dirty(void *arg, uint64_t start, uint64_t count, uint8_t *bitmap)
{
	struct session *session = session_at_work(arg);

	for (unsigned i = 0; i < session->card.ports; i++) {
		struct card_port *port = &session->card.port[i];

		for (uint64_t page = 0; page < CARD_GUEST_PAGES; page++) {
			uint64_t at = port->dma_guest + page * PAGE,
				 bit = at >= start ? (at - start) / PAGE : count;

			if (bit >= count || !(port->guest_dirty >> page & 1))
				continue;
			bitmap[bit / 8] = (uint8_t)(bitmap[bit / 8] | 1u << (bit % 8));
			port->guest_dirty &= ~((uint64_t)1 << page);
		}
	}
	return 0;
}

const struct migcompat_device_state serial_state = {
	.struct_size = sizeof(serial_state),
	.open = state_open,
	.close = state_close,
	.info = state_info,
	.message = state_message,
	.set_state = state_set,
	.config_read = state_config_read,
	.config_write = state_config_write,
	.memory_read = state_memory_read,
	.memory_write = state_memory_write,
	.memory_discard = state_memory_discard,
	.dirty_count = state_dirty_count,
	.dirty_take = state_dirty_take,
	.system_dirty = state_system_dirty,
};
