/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each call of a backend in this process begins and ends with. */
#include "core/backend/provider_local.h"

static pthread_mutex_t *call_lock(struct local_opened *opened)
{
	struct local *local = local_of(opened->opened.provider);

	switch (local->ops->thread_model) {
	case MIGCOMPAT_THREAD_SERIAL:
		return &local->serial;
	case MIGCOMPAT_THREAD_DEVICE:
		return &opened->device;
	default:
		return NULL;
	}
}

pthread_mutex_t *local_call_begin(struct local_opened *opened)
{
	pthread_mutex_t *lock = call_lock(opened);

	if (lock)
		pthread_mutex_lock(lock);
	return lock;
}

void local_call_end(pthread_mutex_t *lock)
{
	if (lock)
		pthread_mutex_unlock(lock);
}

void local_enter(struct local_opened *opened, struct operation *operation, enum operation_kind kind)
{
	struct local *local = local_of(opened->opened.provider);

	operation_enter(operation, kind, local->provider.info.name, opened->opened.device->id);
	operation->tables = &local->tables;
	operation->own = opened->opened.payload;
	operation->own_len = opened->opened.payload_len;
}
