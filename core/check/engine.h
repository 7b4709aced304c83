/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Everything that a question needs: the policy, the backends, and the devices of this host or of
 * inventory files. Made and filled by one thread; afterwards any threads may ask.
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
	const char *backend_dir; /* NULL: the policy's, else the installed one */
	const char *config;	 /* NULL: the installed one */
	const char *worker;	 /* the worker program; NULL: the installed one */
	const char *facts_dir;	 /* NULL: facts.d of the configuration folder */
	bool in_process;	 /* call backends here; for trusted ones, tests and benchmarks */
	bool keep_stderr;	 /* of workers */
	bool restart;		 /* start workers that ended again, see worker_options */
	int64_t now_s;		 /* the clock, seconds since 1970; 0: the system's */
	unsigned memory_kib;	 /* that all workers share; 0: they do not */
	const char
		*mechanism; /* the mode in place of the policy's, "require"; NULL: the policy's */
	bool streams; /* also those of the folder "streams" in there, which read kernel drivers'
			 streams alone */
};

struct engine {
	struct engine_options options; /* strings are the caller's and must live as long */
	struct policy *policy;
	enum policy_mechanism mode;	   /* of judging mechanisms: the policy's, or the asker's */
	struct provider **providers;	   /* also those that failed to load */
	const struct backend_info **infos; /* of the providers, in the same order */
	size_t nproviders;
	bool settled; /* all backends have said what they are */
	struct inventory inventory;
	struct arena arena;
	policy_trace_fn *
		trace; /* for "policy explain": how each rule fared in every question; NULL: none */
	void *trace_arg;
	struct stated *stated; /* for all additions of this host; NULL: read for each */
	/* Is a device held by an operator, and why? Asked by whoever asks a question, side by side;
	 * NULL: nothing is held. */
	bool (*hold)(void *arg, const struct device *device, char *reason, size_t size);
	void *hold_arg;
	/* Why nobody knows what is held: a sentence, and then no question is answered with yes;
	 * NULL: it is known. */
	const char *holds_unread;
};

/*
 * Read the policy and start the backends, side by side; engine_backends waits for what they say and
 * holds the policy's sections against it. A backend that fails is listed with its reason and hurts
 * none. Whatever needs the backends calls engine_backends itself, so that inventories can be read
 * while they start.
 */
/* The policy alone. The worker program parses its files, also if backends run in this process. */
int engine_policy(const struct engine_options *options, struct policy **ret, struct error *err);
int engine_start(struct engine *engine, const struct engine_options *options, struct error *err);
int engine_backends(struct engine *engine, struct error *err);
/* Nothing will be asked any more: let workers end while what they said is printed. */
void engine_finish(struct engine *engine);
void engine_stop(struct engine *engine);

/*
 * For "policy check": hold the policy, the backends' sections of it and the stated facts beside it
 * against all that they must be. Goes on after an error. Returns the first one; nothing stays.
 */
struct engine_check {
	struct error_list errors;
	void (*right)(void *arg, const char *file); /* a file of the policy in which nothing is
						       wrong; arg: of errors */
};
int engine_check_policy(const struct engine_options *options, const struct engine_check *check,
			struct error *err);

/* Fill the inventory. path: as in inventory_read. only: as in discovery_options. */
int engine_add_file(struct engine *engine, const char *path, struct error *err);
int engine_add_live(struct engine *engine, const char *only, struct error *err);
/* For a service: what is stated is read now, with the policy, and not with each addition of this
 * host. */
int engine_keep_stated(struct engine *engine, struct error *err);
/*
 * Obey what operators hold on this host, as it stands in a folder; holds must live as long. None of
 * a folder or file that is not there. Who may not read it (-EACCES) is told so in each answer
 * instead, see holds_unread.
 */
int engine_take_holds(struct engine *engine, struct holds *holds, const char *dir,
		      struct error *err);
/* After the last addition. */
int engine_ready(struct engine *engine, struct error *err);

/* The backend that serves a device. -ENOTCONN: none does; -ENOTUNIQ: two claim it. */
int engine_provider(const struct engine *engine, const struct device *device, struct provider **ret,
		    struct error *err);
int engine_open(const struct engine *engine, const struct device *device, struct opened **ret,
		struct error *err);

/* The installed folders, or those beside the program in a build tree or a staged installation. In
 * the arena; NULL: out of memory. */
const char *engine_default_backend_dir(struct arena *arena);
const char *engine_worker_program(struct arena *arena);

#endif
