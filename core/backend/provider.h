/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A provider: one backend, whose code runs in this process (provider_local) or in a
 * worker (core/worker_client). Callers use only this interface and cannot tell which.
 */
#ifndef CORE_BACKEND_PROVIDER_H
#define CORE_BACKEND_PROVIDER_H

#include <sys/types.h>

#include "core/backend/info.h"
#include "core/finding/result.h"
#include "core/backend/services.h"
#include "core/backend/sink.h"
#include "core/facts/model.h"
#include "core/regions/port.h"

struct provider;

/*
 * A device that a backend has opened. Its facts are parsed, and description and payload
 * are known. Strings live until close.
 */
struct opened {
	struct provider *provider;
	const struct device *device;
	const char *type;           /* never NULL */
	const char *model;          /* or NULL */
	const char *label;          /* or NULL */
	const char *mechanism_text; /* or NULL */
	const char *not_source;     /* or NULL */
	const char *not_target;     /* or NULL */
	uint32_t mechanism;         /* enum migcompat_state */
	const char *payload;        /* NULL: it cannot be a source */
	size_t payload_len;
	const char *newest; /* the payload in the newest format, whatever emit_format is */
	size_t newest_len;
	uint32_t life; /* generation of the worker that has it open, see provider_life */
};

/*
 * One comparison. r is the outcome; if it is not 0, err has the sentence. err may be
 * NULL. result is the caller's, after result_reset.
 */
struct compare_job {
	struct opened *opened;
	const char *payload;
	size_t len;
	struct migcompat_result *result;
	struct error *err;
	int r;
};

/*
 * Comparisons on devices of one provider, done together. Each has an outcome and a result
 * of its own. The caller sets jobs and count, and zeroes the rest.
 */
struct compare_batch {
	struct compare_job *jobs;
	size_t count;
	enum compare_progress {
		COMPARE_PUT,   /* nothing was sent */
		COMPARE_BEGUN, /* the caller has the worker until opened_compare_end */
		COMPARE_OVER,  /* each job has its outcome */
	} progress;
	size_t asked;    /* jobs that were sent, or failed before that */
	size_t answered; /* jobs with an outcome; at most asked */
	size_t window;   /* bytes of requests without an answer */
	size_t due;      /* answers that are due */
	uint32_t first;  /* id of the first request; ids follow the order of the jobs */
};

enum provider_list {
	PROVIDER_CANDIDATES = 0,
	PROVIDER_PARAMETERS = 1,
	PROVIDER_PREPARE = 2,
	PROVIDER_LIST_COUNT,
};

enum provider_state {
	PROVIDER_HERE,       /* in this process */
	PROVIDER_RUNNING,    /* in a worker */
	PROVIDER_RESTARTING, /* its worker ended; the first call after a rest starts it again */
	/* Its worker ended too often, or came back changed; it is not started again. */
	PROVIDER_PARKED,
	/* It could not be loaded, or its worker ended and is not to be started again. */
	PROVIDER_ENDED,
	PROVIDER_STATE_COUNT,
};

struct provider_status {
	enum provider_state state;
	uint32_t generation; /* number of starts of its worker; 0: it was never usable */
	pid_t process;       /* 0: none runs */
	uint32_t missing;    /* steps of the last worker's confinement, enum confinement */
	/*
	 * Why the last worker ended, "its worker was killed by signal 9 (Killed)"; "":
	 * none did.
	 */
	struct error death;
};

/* The beginning of a kernel driver's migration stream. */
struct stream_head {
	const void *bytes;
	size_t len;    /* at most MIGCOMPAT_STREAM_HEAD */
	uint64_t size; /* bytes of the whole stream; 0: not known */
};

struct provider_ops {
	int (*open)(struct provider *provider, const struct device *device, struct opened **ret,
		    struct error *err);
	void (*compare_begin)(struct provider *provider, struct compare_batch *batch,
			      const struct compare_batch *before); /* may be NULL */
	void (*compare_end)(struct provider *provider, struct compare_batch *batch,
			    const struct compare_batch *after);
	int (*list)(struct opened *opened, enum provider_list which, const char *payload,
		    size_t len, struct migcompat_sink *sink, struct error *err);
	int (*state)(struct opened *opened, struct state_port **ret,
		     struct error *err); /* may be NULL: not supported */
	int (*stream)(struct provider *provider, struct opened *opened,
		      const struct stream_head *head, struct migcompat_result *result,
		      struct error *err);
	void (*close)(struct opened *opened);
	void (*status)(struct provider *provider,
		       struct provider_status *ret); /* may be NULL: in this process */
	uint32_t (*life)(struct provider *provider); /* may be NULL: in this process */
	void (*stop)(struct provider *provider);     /* may be NULL: free follows soon */
	void (*free)(struct provider *provider);
};

struct provider {
	const struct provider_ops *ops;
	struct backend_info info;
	struct arena arena; /* of info and of the settings' values */
	struct settings settings;
};

/*
 * Load path in this process. If it cannot be loaded, the provider has info.error and
 * refuses to open devices. An error is returned only if memory is short.
 */
int provider_local_new(const char *path, struct provider **ret, struct error *err);
/*
 * The same for a file that was opened before: file is what the dynamic linker opens.
 * refusal, if not NULL, is why it is not loaded.
 */
int provider_local_from(const char *path, const char *file, const char *refusal,
			struct provider **ret, struct error *err);
/* Make the provider unusable: only its path and this reason remain. */
void provider_refuse(struct provider *provider, const char *text);

/* The TYPE of a device that has none before it is set up. It cannot be a source. */
#define PROVIDER_TYPE_UNSET "unset"
/*
 * Is this text unfit as TYPE or payload of a version string? If so, why gets a predicate
 * such as "has 4000 bytes, expected 1 to 3965". why may be NULL if size is 0.
 */
bool provider_type_trouble(const char *type, char *why, size_t size); /* type may be NULL */
bool provider_payload_trouble(const char *payload, size_t len, char *why, size_t size);

/*
 * Set the settings, once before the first open. value(arg, namespace, name) returns the
 * administrator's text or NULL. It may be NULL itself. 0 or -ENOMEM.
 */
int provider_settle(struct provider *provider,
		    const char *(*value)(void *arg, const char *namespace, const char *name),
		    void *arg);

/*
 * Calls. The thread model of the backend decides which run side by side; locks here
 * enforce it. A worker takes one call at a time. A call that waits for a worker longer
 * than the time-out ends with -ETIMEDOUT, without any effect.
 *
 * provider_open: -ENODEV: the device cannot migrate in any role; -EIO: the backend broke
 * its contract or crashed; -ETIMEDOUT; any other: not known. err is a sentence.
 */
int provider_open(struct provider *provider, const struct device *device, struct opened **ret,
		  struct error *err);
int opened_compare(struct opened *opened, const char *payload, size_t len,
		   struct migcompat_result *result, struct error *err);
/*
 * Comparisons in two steps; the caller may do other work in between. A worker gets all
 * requests in one write, so many cost little more than one. If it ends, each job without
 * an answer fails with the reason of that end. The time-out applies to each answer.
 * Nothing is allocated after the first batch.
 *
 * A second batch may begin before the first one of the same provider and thread has
 * ended: before is the first one. The first one must end next, and gets the second one as
 * after. Then the worker does not wait between the two. If that is impossible, for
 * example because other callers wait for the worker, the second batch begins in its own
 * opened_compare_end.
 *
 * Between the two steps this thread makes no other calls to the provider and begins no
 * third batch.
 */
void opened_compare_begin(struct compare_batch *batch, const struct compare_batch *before);
void opened_compare_end(struct compare_batch *batch, const struct compare_batch *after);
/* Both steps at once. */
void opened_compare_many(struct compare_job *jobs, size_t count);
/* -EOPNOTSUPP: the backend does not have the operation. */
int opened_list(struct opened *opened, enum provider_list which, const char *payload, size_t len,
		struct migcompat_sink *sink, struct error *err);
/*
 * Read the beginning of a stream and compare it with a device, unless opened is NULL.
 * Adds findings. -EOPNOTSUPP: the backend reads no streams; -ENOMSG: no driver of this
 * backend writes such streams, and no finding was added.
 */
int provider_stream(struct provider *provider, struct opened *opened,
		    const struct stream_head *head, struct migcompat_result *result,
		    struct error *err);
/*
 * Open a session on the state of a device, as regions. It must be closed before the
 * device. The thread model applies to its calls. -EOPNOTSUPP: the backend has no
 * device-state table of a known version; -EPROTO: its table is invalid; any other: the
 * backend's error.
 */
int opened_state(struct opened *opened, struct state_port **ret, struct error *err);
struct opened *opened_close(struct opened *opened); /* returns NULL; takes NULL */
struct provider *
/* Returns NULL; takes NULL; all its devices are closed. */
provider_free(struct provider *provider);
/* The present status. Never waits for the backend. */
void provider_status(struct provider *provider, struct provider_status *ret);
/*
 * The generation of the worker that would answer now. 0: none would, since the last one
 * ended, or the backend is in this process. Unlike provider_status, it sees an end before
 * any call does.
 *
 * Answers about a device hold as long as this equals its opened.life. Generations are
 * never reused. Never waits. Any thread.
 */
uint32_t provider_life(struct provider *provider);
/*
 * Call this for all providers before the first provider_free, so that workers end side by
 * side.
 */
void provider_stop(struct provider *provider);

#endif
