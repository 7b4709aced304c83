/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call of a client, from its text to its replies. A long answer is made in steps, so
 * that a client that reads slowly blocks no other client. No answer is in memory as a
 * whole: a list is sent while it is made, and choices are kept as text. With 10,000
 * devices, 16 lists at once take 10 MB.
 */
#ifndef CORE_SERVICE_VARLINK_CALL_H
#define CORE_SERVICE_VARLINK_CALL_H

#include "core/service/varlink/buffer.h"
#include "core/service/varlink/peer.h"
#include "core/service/varlink/varlink.h"
#include "core/service/world.h"

#define CALL_REPLY_MAX (16u << 20) /* bytes of one reply */
#define CALL_STEP_DEVICES 32u      /* a step ends after so many devices */

struct call;
struct watch;
struct watcher;

struct method_parameter {
	const char *name;
	json_type type;
	bool required;
};

enum method_flags {
	METHOD_ROOT = 1,   /* only root may call it */
	METHOD_PROMPT = 2, /* it never blocks, so its steps may run on the event loop */
};

#define METHOD_PARAMETERS_MAX 8

struct method {
	const char *name;
	unsigned flags;
	/* Ends with an entry without a name. */
	struct method_parameter parameters[METHOD_PARAMETERS_MAX + 1];
	/*
	 * Puts a part of the answer, or all of it, into the buffer. 0: another step is
	 * needed; 1: the answer is complete; negative errno: there can be no answer.
	 */
	int (*step)(struct call *call);
};

struct interface {
	const char *name;
	const char *description; /* text of the .varlink file */
};

/* The methods and interfaces that the service has. */
struct method_table {
	const struct method *methods;
	size_t nmethods;
	const struct interface *interfaces;
	size_t ninterfaces;
};

/* Shared by all calls. */
struct call_context {
	struct world *world; /* for new calls; event loop's thread only */
	struct holds *holds;
	struct watch *watch; /* event loop's thread only */
	const struct method_table *methods;
	struct budget budget; /* for replies that exceed a buffer's own size; any thread */
};

/* Used by one thread at a time: the event loop's, or the one that runs a step. */
struct call {
	struct call_context *context;
	struct world *world;
	const struct method *method; /* NULL: the method is unknown */
	struct varlink_call text;
	struct peer peer;
	struct buffer *out; /* the client's, which does not touch it during a step */
	/* For answers in several steps: */
	struct view view;
	size_t next;    /* index of the next device or choice */
	json_t *kept;   /* not yet replied */
	bool listed;    /* a part of the reply is in the buffer already */
	size_t charged; /* bytes taken from the budget for what is kept */
	/* For calls that wait for events: */
	bool idle; /* set by a step: the next step runs after wake was called */
	void (*wake)(void *arg);
	void *wake_arg;
	struct watcher *watcher;
};

/*
 * Event loop's thread. Checks authority, method and parameters first, so that no memory
 * is kept for an invalid call: then the error reply is in the buffer and *ret is NULL.
 * -EINVAL, -EFBIG, -E2BIG: the text is no call, err says why; -ENOMEM.
 */
int call_new(struct call_context *context, const struct peer *peer, const char *text, size_t len,
	     struct buffer *out, struct call **ret, struct error *err);
/* True if a step may block. The step must run in a thread then. */
bool call_waits(const struct call *call);
/* Run one step of the method, with its return value. */
int call_step(struct call *call);
struct call *call_free(struct call *call); /* returns NULL; takes NULL */

/*
 * For methods. Each puts a reply into the buffer and returns 1, or a negative errno if
 * that failed. Takes the object over; NULL stands for "out of memory".
 */
int call_reply(struct call *call, json_t *parameters, bool continues);
int call_error(struct call *call, const char *name, json_t *parameters);
/*
 * Append bytes of a reply that is made in parts, its final zero included. 0, or as above.
 */
int call_part(struct call *call, const char *bytes, size_t len);
/* Reply with io.migcompat's error of that name. */
int call_refuse(struct call *call, const char *name, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int call_invalid(struct call *call, const char *parameter);
/* Take bytes from the budget until the call ends. False: the budget is used up. */
bool call_charge(struct call *call, size_t bytes);
/* Text of a parameter; NULL: not given. */
const char *call_text(const struct call *call, const char *name);

#endif
