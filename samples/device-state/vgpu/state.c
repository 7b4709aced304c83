/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device state of a virtual GPU. Graphics memory of a load is staged in a second set of
 * chunks until config_write takes both at once. That set has only the chunks that the
 * source ever wrote to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "migcompat/device-state.h"
#include "state.h"
#include "vgpu.h"

#define PAGE MIGCOMPAT_STATE_PAGE
#define SLICE 16u /* commands between two calls while it runs */

struct session {
	struct vgpu vgpu;
	struct vgpu_memory staged; /* chunks NULL: no load is under way */
	uint32_t state;
	const char *message;
};

static uint64_t pages(const struct session *session)
{
	return session->vgpu.memory.size / PAGE;
}

/* Every operation begins here: a running GPU works while others wait. */
static struct session *session_at_work(void *arg)
{
	struct session *session = arg;

	session->message = NULL;
	if (!(session->state & MIGCOMPAT_DEVICE_STOPPED))
		vgpu_run(&session->vgpu, SLICE);
	return session;
}

static int state_open(void *handle, void **ret_session)
{
	const struct gvt_device *gvt = gvt_device_of(handle);
	const struct vgpu_shape shape = {
		.generation = (uint32_t)gvt->generation,
		.low_mb = (uint32_t)(gvt->one.low_mb * gvt->instances),
		.high_mb = (uint32_t)(gvt->one.high_mb * gvt->instances),
		.fences = (uint32_t)gvt->one.fences,
		.pci_device = (uint32_t)gvt->pci_device,
	};
	const char *id = gvt->host->id(gvt->facts);
	struct session *session;
	int r;

	/* Ring and display are in low memory. */
	if (shape.low_mb < 2)
		return gvt->host->fail(
			gvt->facts, -ERANGE,
			"%u MB of low graphics memory are too few to emulate, expected 2",
			shape.low_mb);
	session = calloc(1, sizeof(*session));
	if (!session)
		return -ENOMEM;
	r = vgpu_make(&session->vgpu, &shape, gvt->host->hash(id, strlen(id)));
	if (r) {
		free(session);
		return r;
	}
	migcompat_dirty_mark_bytes(session->vgpu.marks, 0, session->vgpu.memory.size);
	*ret_session = session;
	return 0;
}

static void state_close(void *arg)
{
	struct session *session = arg;

	vgpu_free(&session->vgpu);
	vgpu_memory_free(&session->staged);
	free(session);
}

static int state_info(void *arg, struct migcompat_device_state_info *ret)
{
	const struct session *session = arg;

	ret->memory_size = session->vgpu.memory.size;
	ret->config_max = VGPU_CONFIG;
	ret->capabilities = MIGCOMPAT_CAP_LOGGING;
	return 0;
}

static const char *state_message(void *arg)
{
	const struct session *session = arg;

	return session->message;
}

static int state_set(void *arg, uint32_t state)
{
	session_at_work(arg)->state = state;
	return 0;
}

/* ---------------------------------------------------------------- config */

static int state_config_read(void *arg, void *buffer, size_t size)
{
	struct session *session = session_at_work(arg);

	if (size < VGPU_CONFIG)
		return -ENOBUFS;
	vgpu_config_put(&session->vgpu, buffer);
	return (int)VGPU_CONFIG;
}

static int state_config_write(void *arg, const void *config, size_t len)
{
	struct session *session = session_at_work(arg);

	session->message = vgpu_config_get(&session->vgpu, config, len);
	if (session->message)
		return -EINVAL;
	if (!session->staged.chunks)
		return 0;
	vgpu_memory_free(&session->vgpu.memory);
	session->vgpu.memory = session->staged;
	session->staged = (struct vgpu_memory){0};
	migcompat_dirty_mark_bytes(session->vgpu.marks, 0, session->vgpu.memory.size);
	return 0;
}

/* ---------------------------------------------------------------- memory */

static int state_memory_read(void *arg, uint64_t position, void *buffer, size_t len)
{
	vgpu_memory_read(&session_at_work(arg)->vgpu.memory, position, buffer, len);
	return 0;
}

static int state_memory_write(void *arg, uint64_t position, const void *bytes, size_t len)
{
	struct session *session = session_at_work(arg);
	const uint8_t *from = bytes;
	uint8_t page[PAGE];
	int r = session->staged.chunks
			? 0
			: vgpu_memory_make(&session->staged, session->vgpu.memory.size);

	/* Copy a page before the search for zeros: another process may change
	 * the buffer. */
	for (size_t at = 0; at < len && !r; at += PAGE) {
		memcpy(page, from + at, PAGE);
		r = vgpu_memory_write(&session->staged, position + at, page, PAGE);
	}
	return r;
}

static void state_memory_discard(void *arg)
{
	struct session *session = arg;

	vgpu_memory_free(&session->staged);
}

static int state_dirty_count(void *arg, uint64_t *ret_pages)
{
	struct session *session = session_at_work(arg);

	*ret_pages = migcompat_dirty_count(session->vgpu.marks, pages(session));
	return 0;
}

static int state_dirty_take(void *arg, uint64_t first, uint64_t count, uint64_t *ret_pages,
			    size_t max)
{
	return (int)migcompat_dirty_take(session_at_work(arg)->vgpu.marks, first, count, ret_pages,
					 max);
}

const struct migcompat_device_state gvt_state = {
	.struct_size = sizeof(gvt_state),
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
};
