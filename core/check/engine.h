/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine: policy, backends, and the devices of this host or of inventories. One
 * thread makes and fills it. After that any threads may ask questions.
 */
#ifndef CORE_CHECK_ENGINE_H
#define CORE_CHECK_ENGINE_H

#include <stdbool.h>

#include "core/backend/provider.h"
#include "core/check/holds.h"
#include "core/facts/inventory_json.h"
#include "core/facts/model.h"
#include "core/policy/policy.h"
#include "core/worker_client/provider_worker.h"

struct engine_options {
	const char *backend_dir; /* NULL: the policy's, otherwise the installed one */
	const char *config;      /* NULL: the installed one */
	const char *worker;      /* the worker program; NULL: the installed one */
	const char *facts_dir;   /* NULL: facts.d of the configuration folder */
	bool in_process;         /* run backends in this process: tests, benchmarks, trusted code */
	bool keep_stderr;        /* let workers keep standard error */
	bool restart;            /* start workers again after their end, see worker_options */
	int64_t now_s;           /* the clock, in seconds since 1970; 0: the system's */
	unsigned memory_kib;     /* that all workers share; 0: no limit */
	const char
		*mechanism; /* the mode in place of the policy's, "require"; NULL: the policy's */
	bool streams; /* also those of the folder "streams" in there, which read kernel drivers'
			 streams alone */
};

struct engine {
	struct engine_options options; /* strings belong to the caller and must live as long */
	struct policy *policy;
	enum policy_mechanism mode;  /* of judging mechanisms: the policy's, or the caller's */
	struct provider **providers; /* failed ones too */
	const struct backend_info **infos; /* of the providers, in the same order */
	size_t nproviders;
	bool settled; /* engine_backends succeeded */
	struct inventory inventory;
	struct arena arena;
	policy_trace_fn *
		trace; /* for "policy explain": how each rule fared in every question; NULL: none */
	void *trace_arg;
	struct stated *stated; /* shared by all additions of this host; NULL: read for each */
	/*
	 * Is a device held by an operator, and why? May be called by several threads at
	 * once. NULL: no device is held.
	 */
	bool (*hold)(void *arg, const struct device *device, char *reason, size_t size);
	void *hold_arg;
	/*
	 * Why the holds could not be read: a sentence; then no answer is yes. NULL: they
	 * were read.
	 */
	const char *holds_unread;
};

/*
 * Read the policy and start the backends, side by side. engine_backends waits for their
 * declarations and checks the policy's sections against them. A backend that fails is
 * listed with its reason and does not stop the others. Functions that need the backends
 * call engine_backends, so that inventories can be read while backends start.
 */
/*
 * Read only the policy. The worker program parses it, also if backends run in this
 * process.
 */
int engine_policy(const struct engine_options *options, struct policy **ret, struct error *err);
int engine_start(struct engine *engine, const struct engine_options *options, struct error *err);
int engine_backends(struct engine *engine, struct error *err);
/* No more questions follow: let workers end while answers are printed. */
void engine_finish(struct engine *engine);
void engine_stop(struct engine *engine);

/*
 * For "policy check": check the policy, the sections of backends, and the stated facts.
 * Goes on after an error, and returns the first one. Nothing of it is kept. The service's
 * unit runs the command before a reload, so that systemctl reload fails visibly.
 */
struct engine_check {
	struct error_list errors;
	void (*right)(void *arg, const char *file); /* a file of the policy in which nothing is
						       wrong; arg: of errors */
};
int engine_check_policy(const struct engine_options *options, const struct engine_check *check,
			struct error *err);

/* Fill the inventory. path: as for inventory_read. only: as for discovery_options. */
int engine_add_file(struct engine *engine, const char *path, struct error *err);
int engine_add_live(struct engine *engine, const char *only, struct error *err);
/*
 * For a service: read the stated facts now, with the policy, not with each addition of
 * this host.
 */
int engine_keep_stated(struct engine *engine, struct error *err);
/*
 * Obey the holds of this host in a folder, which may be missing; holds must live as long
 * as the engine. If the caller may not read them (-EACCES), 0 is returned and each answer
 * says so (holds_unread).
 */
int engine_take_holds(struct engine *engine, struct holds *holds, const char *dir,
		      struct error *err);
/* Finish the inventory, after the last addition. */
int engine_ready(struct engine *engine, struct error *err);

/*
 * Find the backend that serves a device. -ENOTCONN: there is none; -ENOTUNIQ: two claim
 * it.
 */
int engine_provider(const struct engine *engine, const struct device *device, struct provider **ret,
		    struct error *err);
int engine_open(const struct engine *engine, const struct device *device, struct opened **ret,
		struct error *err);

/*
 * The installed folder and program, or those beside this program in a build tree or
 * staged installation. Put into the arena. NULL: out of memory.
 */
const char *engine_default_backend_dir(struct arena *arena);
const char *engine_worker_program(struct arena *arena);

#endif
