/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Providers whose vendor code runs in worker processes. All other calls are in provider.h. */
#ifndef CORE_WORKER_CLIENT_PROVIDER_WORKER_H
#define CORE_WORKER_CLIENT_PROVIDER_WORKER_H

#include "core/backend/provider.h"

/* How workers are started. The strings are copied. */
struct worker_options {
	const char *program; /* path of migcompat-worker */
	unsigned timeout_ms; /* for loading, and for each call */
	unsigned first_ms;   /* for the first loading, if that is longer */
	bool keep_stderr;    /* vendor code may write to standard error */
	/* For all workers together (core/wire/worker_memory.h); 0: 1 GiB each. */
	unsigned memory_kib;
	/*
	 * After its end, start the worker again at the first call after a rest
	 * (core/worker_client/restart.h). Until then calls fail with the reason of the
	 * end. Open devices stay open, so the struct device of each must live until
	 * close.
	 *
	 * false: the first end is the last.
	 */
	bool restart;
	uint64_t (*now)(void); /* nanoseconds, for the rests; NULL: the monotonic clock */
};

/*
 * Start a worker for the backend at path, and return at once. provider_worker_ready waits until the
 * backend is loaded. If the worker cannot be started, or the backend not be loaded, the provider
 * has info.error and refuses to open devices. An error is returned only if memory, processes or
 * descriptors are short.
 */
int provider_worker_new(const char *path, const struct worker_options *options,
			struct provider **ret, struct error *err);
int provider_worker_ready(struct provider *provider, struct error *err);
/*
 * Start up to 200 workers at once, which takes hardly longer than one. -E2BIG: there are more.
 * After an error no provider was made.
 */
int provider_workers_new(const char *const *paths, size_t count,
			 const struct worker_options *options, struct provider **ret,
			 struct error *err);

#endif
