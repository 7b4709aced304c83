/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One backend, wherever its code runs: in this process (provider_local) or in a worker
 * (provider_worker). The rest of the library sees this interface alone and cannot tell them apart.
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

/* A device that a backend has opened: its facts parsed, its description and payload at hand.
 * Strings live until close. */
struct opened {
	struct provider *provider;
	const struct device *device;
	const char *type;	    /* never NULL */
	const char *model;	    /* or NULL */
	const char *label;	    /* or NULL */
	const char *mechanism_text; /* or NULL */
	const char *not_source;	    /* or NULL */
	const char *not_target;	    /* or NULL */
	uint32_t mechanism;	    /* enum migcompat_state */
	const char *payload;	    /* NULL where it can be no source */
	size_t payload_len;
	const char *newest; /* the same in the newest format, whatever emit_format says */
	size_t newest_len;
	uint32_t life; /* of its provider, in which it is open; see provider_life */
};

/*
 * One comparison of several. r and, unless it is 0, err are the outcome, as opened_compare has
 * them; the result is the caller's and was reset. err may be NULL.
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
 * Comparisons on devices of one provider that go to it together, each with an outcome of its own;
 * their results must be different ones. The first two are the caller's, who zeroes the rest.
 */
struct compare_batch {
	struct compare_job *jobs;
	size_t count;
	enum compare_progress {
		COMPARE_PUT,   /* nothing was done yet */
		COMPARE_BEGUN, /* the worker is the caller's until it has ended */
		COMPARE_OVER,  /* each job has its outcome */
	} progress;
	size_t asked;	 /* of the jobs, from the first on; some may have failed here already */
	size_t answered; /* likewise; never above asked */
	size_t window;	 /* bytes of requests between them */
	size_t due;	 /* answers */
	uint32_t first;	 /* the id of the first request; each job has one, in order */
};

enum provider_list {
	PROVIDER_CANDIDATES = 0,
	PROVIDER_PARAMETERS = 1,
	PROVIDER_PREPARE = 2,
	PROVIDER_LIST_COUNT,
};

enum provider_state {
	PROVIDER_HERE,	     /* in this process */
	PROVIDER_RUNNING,    /* in a worker */
	PROVIDER_RESTARTING, /* its worker ended; it is started again at the first use after a rest
			      */
	PROVIDER_PARKED, /* its worker ended so often, or changed so much, that it is not started
			    again */
	PROVIDER_ENDED,	 /* it could not be loaded, or its worker ended and had one life */
	PROVIDER_STATE_COUNT,
};

struct provider_status {
	enum provider_state state;
	uint32_t generation; /* how often its worker was started; 0: it never could be used */
	pid_t process;	     /* 0: none runs */
	uint32_t missing;    /* steps of its confinement, enum confinement; of the last one that was
				started */
	struct error death;  /* why the last one ended, as calls have it: "its worker was killed by
				signal 9 (Killed)"; "": none did */
};

/* What a kernel driver's migration stream begins with. */
struct stream_head {
	const void *bytes;
	size_t len;    /* at most MIGCOMPAT_STREAM_HEAD */
	uint64_t size; /* of the whole stream; 0: not known */
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
		     struct error *err); /* may be NULL: not offered */
	int (*stream)(struct provider *provider, struct opened *opened,
		      const struct stream_head *head, struct migcompat_result *result,
		      struct error *err);
	void (*close)(struct opened *opened);
	void (*status)(struct provider *provider,
		       struct provider_status *ret); /* may be NULL: in this process */
	uint32_t (*life)(struct provider *provider); /* likewise */
	void (*stop)(struct provider *provider);     /* may be NULL: a hint that free comes next */
	void (*free)(struct provider *provider);
};

struct provider {
	const struct provider_ops *ops;
	struct backend_info info;
	struct arena arena; /* of info and of the settings' values */
	struct settings settings;
};

/*
 * Load path in this process. Always makes a provider (unless out of memory): one that could not be
 * loaded has info.error and refuses to open.
 */
int provider_local_new(const char *path, struct provider **ret, struct error *err);
/* The same of what was opened before: file is what the dynamic linker opens; or refusal is why it
 * is not loaded. */
int provider_local_from(const char *path, const char *file, const char *refusal,
			struct provider **ret, struct error *err);
/* From now on nothing is known of it but its path, and why it cannot be used. */
void provider_refuse(struct provider *provider, const char *text);

/* Start a worker for path and return at once; provider_worker_ready waits for what it has to say.
 * Both as above. */
struct worker_options {
	const char *program; /* path of migcompat-worker */
	unsigned timeout_ms; /* of loading, and of each call */
	unsigned first_ms;   /* of loading for the first time, where that is longer */
	bool keep_stderr;    /* let the vendor's code write to standard error */
	unsigned memory_kib; /* that all of them share (core/wire/worker_memory.h); 0: 1 GiB each */
	/*
	 * Start a worker that ended again, at the first use after a rest
	 * (core/worker_client/restart.h); until then calls fail with why it ended. What is open
	 * stays so: its device must live as long. false: the first end is the last.
	 */
	bool restart;
	uint64_t (*now)(void); /* nanoseconds, for the rests; NULL: the monotonic clock */
};
int provider_worker_new(const char *path, const struct worker_options *options,
			struct provider **ret, struct error *err);
/* The same for at most 200 at once, which takes hardly longer than one. -ENOMEM, -E2BIG: none is
 * made. */
int provider_workers_new(const char *const *paths, size_t count,
			 const struct worker_options *options, struct provider **ret,
			 struct error *err);
int provider_worker_ready(struct provider *provider, struct error *err);

/* The TYPE of a device that has none before it is set up; it is no source. */
#define PROVIDER_TYPE_UNSET "unset"
/*
 * Why a text cannot be the TYPE or the payload of a version string: true, and why is a predicate
 * such as "has 4000 bytes, expected 1 to 3965". False: it can be. why may be NULL if size is 0.
 */
bool provider_type_trouble(const char *type, char *why, size_t size); /* type may be NULL */
bool provider_payload_trouble(const char *payload, size_t len, char *why, size_t size);

/* Settle the settings: value(arg, name) is the administrator's text or NULL. Call once, before the
 * first open. */
int provider_settle(struct provider *provider,
		    const char *(*value)(void *arg, const char *namespace, const char *name),
		    void *arg);

/*
 * The calls. Errors of open: -ENODEV not migratable in any role; -EIO the backend broke its
 * contract or crashed; -ETIMEDOUT; any other: could not be told. err is a sentence. Which may run
 * side by side is the backend's thread model, enforced here; a worker takes one call at a time. A
 * call that others keep waiting for longer than the time-out ends with -ETIMEDOUT, and nothing else
 * comes of it.
 */
int provider_open(struct provider *provider, const struct device *device, struct opened **ret,
		  struct error *err);
int opened_compare(struct opened *opened, const char *payload, size_t len,
		   struct migcompat_result *result, struct error *err);
/*
 * Any number of comparisons in two steps, between which the caller may do something else. A worker
 * gets them in one go, so that many cost hardly more waiting than one; where it dies, what it had
 * not answered yet has its death as the outcome. The time-out holds from one answer to the next.
 * Takes no memory from the second time on.
 *
 * One batch may begin before another one of the same provider and thread has ended (before), and
 * that one ends next (after), so that the worker need not wait either. Where that cannot be, as
 * with others waiting for the worker, the second one begins when it is to end. In between neither
 * other calls to the provider by this thread, nor a third batch.
 */
void opened_compare_begin(struct compare_batch *batch, const struct compare_batch *before);
void opened_compare_end(struct compare_batch *batch, const struct compare_batch *after);
/* Both steps at once. */
void opened_compare_many(struct compare_job *jobs, size_t count);
/* -EOPNOTSUPP: the backend has no such operation. */
int opened_list(struct opened *opened, enum provider_list which, const char *payload, size_t len,
		struct migcompat_sink *sink, struct error *err);
/*
 * Have a stream's beginning read, and held against a device unless opened is NULL; adds findings.
 * -EOPNOTSUPP: the backend reads no streams; -ENOMSG: it is none of its drivers', and nothing was
 * added.
 */
int provider_stream(struct provider *provider, struct opened *opened,
		    const struct stream_head *head, struct migcompat_result *result,
		    struct error *err);
/*
 * A session on the device's state, as regions. To be closed before the device. Its calls take part
 * in the thread model like the device's. -EOPNOTSUPP: the backend has no device-state table of a
 * version that is known here; -EPROTO: it has one that makes no sense; else what the backend says.
 */
int opened_state(struct opened *opened, struct state_port **ret, struct error *err);
struct opened *opened_close(struct opened *opened); /* returns NULL; takes NULL */
struct provider *
provider_free(struct provider *provider); /* likewise; all its devices must be closed */
/* How it is now. Waits for nobody, whatever the backend does. */
void provider_status(struct provider *provider, struct provider_status *ret);
/*
 * The generation of the worker that would answer now. 0: none would, since the last one ended;
 * unlike provider_status, this notices an end that no call has met yet. Also 0 for a backend in
 * this process. What a device's backend said counts for as long as this equals opened.life: no
 * generation ever comes again. Waits for nobody; from any thread.
 */
uint32_t provider_life(struct provider *provider);
const char *provider_state_name(enum provider_state state); /* "running", "restarting", … */
/* Say to all of them that they will be freed, so that they end side by side. */
void provider_stop(struct provider *provider);

#endif
