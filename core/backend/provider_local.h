/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to a backend in this process: locks (local_call.c), sessions on device state
 * (provider_state.c), and all other calls (provider_local.c).
 */
#ifndef CORE_BACKEND_PROVIDER_LOCAL_H
#define CORE_BACKEND_PROVIDER_LOCAL_H

#include <pthread.h>

#include "core/operation/operation.h"
#include "core/backend/provider.h"

struct loaded;

struct local {
	struct provider provider;
	struct loaded *loaded;
	const struct migcompat_backend *ops;
	struct checked_tables tables;
	pthread_mutex_t
		serial; /* held during each call of a backend with MIGCOMPAT_THREAD_SERIAL */
};

struct local_opened {
	struct opened opened;
	struct migcompat_facts facts; /* the backend has a pointer to this until close */
	void *handle;
	pthread_mutex_t
		/*
		 * Held during each call on the handle, except with
		 * MIGCOMPAT_THREAD_PARALLEL.
		 */
		device;
	char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
	char *newest; /* payload in the newest format if that is another one; otherwise NULL */
};

static inline struct local *local_of(struct provider *provider)
{
	return (struct local *)(void *)provider;
}

/*
 * Take the lock of the thread model for a call; NULL: it needs none. local_call_end takes
 * NULL.
 */
pthread_mutex_t *local_call_begin(struct local_opened *opened);
void local_call_end(pthread_mutex_t *lock);
/* After local_call_begin: begin an operation on this device. operation_leave ends it. */
void local_enter(struct local_opened *opened, struct operation *operation,
		 enum operation_kind kind);

int local_state(struct opened *opened, struct state_port **ret, struct error *err);
/*
 * local_state in two steps, if another process makes the memory. local_state_begin
 * returns a session whose port has only its info; it must be closed. local_state_mount
 * takes the descriptor of a memfd that regions_memory_new made, and closes it in any
 * case.
 */
int local_state_begin(struct opened *opened, struct state_port **ret, struct error *err);
int local_state_mount(struct state_port *port, int fd, struct error *err);

#endif
