/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of a backend in this process: its calls (provider_local.c) and its sessions on device
 * state (provider_state.c). */
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
		serial; /* held around every call of a backend that is MIGCOMPAT_THREAD_SERIAL */
};

struct local_opened {
	struct opened opened;
	struct migcompat_facts facts; /* what the backend holds; stays where it is until close */
	void *handle;
	pthread_mutex_t
		device; /* held around every call on a handle unless MIGCOMPAT_THREAD_PARALLEL */
	char payload[MIGCOMPAT_PAYLOAD_MAX + 1];
	char *newest; /* the payload in the newest format if the other one is older, or NULL */
};

/* Around every call of the backend's: the lock of its thread model, or NULL. */
pthread_mutex_t *local_call_begin(struct local_opened *opened);
void local_call_end(pthread_mutex_t *lock);
/* Within that: this operation on this device begins; operation_leave ends it. */
void local_enter(struct local_opened *opened, struct operation *operation,
		 enum operation_kind kind);

int local_state(struct opened *opened, struct state_port **ret, struct error *err);
/*
 * The same in two steps, for whoever gets the memory from elsewhere: a session whose port knows its
 * info and nothing else, to be closed whatever follows; and the descriptor of a memfd that
 * regions_memory_new made, which is closed in any case.
 */
int local_state_begin(struct opened *opened, struct state_port **ret, struct error *err);
int local_state_mount(struct state_port *port, int fd, struct error *err);

#endif
