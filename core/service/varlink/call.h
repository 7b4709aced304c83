/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One call of a client: from its text to its replies. A long answer comes in steps, so that a
 * client that reads slowly keeps nobody waiting and little memory.
 */
#ifndef CORE_SERVICE_VARLINK_CALL_H
#define CORE_SERVICE_VARLINK_CALL_H

#include "core/service/varlink/buffer.h"
#include "core/service/varlink/peer.h"
#include "core/service/varlink/varlink.h"
#include "core/service/world.h"

#define CALL_REPLY_MAX (16u << 20) /* bytes of one reply */
#define CALL_STEP_DEVICES 32u	   /* after which a step ends */

struct call;
struct watch;
struct watcher;

struct method_parameter {
	const char *name;
	json_type type;
	bool required;
};

enum method_flags {
	METHOD_ROOT = 1,   /* for root alone */
	METHOD_PROMPT = 2, /* waits for nothing, so that its steps may run on the event loop */
};

#define METHOD_PARAMETERS_MAX 8

struct method {
	const char *name;
	unsigned flags;
	struct method_parameter
		parameters[METHOD_PARAMETERS_MAX + 1]; /* up to the first without a name */
	/* Replies to some or all of it. 0: go on with the next step; 1: that was all; negative: it
	 * cannot be answered at all. */
	int (*step)(struct call *call);
};

/* What calls share. */
struct call_context {
	struct world *world; /* the one for new calls: the event loop's alone */
	struct holds *holds;
	struct watch *watch;  /* of the loop, too */
	struct budget budget; /* for what replies take beyond each buffer's own; any thread's */
};

/* Of one thread at a time: the loop's, or that which runs a step. */
struct call {
	struct call_context *context;
	struct world *world;
	const struct method *method; /* NULL: there is no such method */
	struct varlink_call text;
	struct peer peer;
	struct buffer *out; /* the client's, which it leaves alone during a step */
	/* Of answers in steps: */
	struct view view;
	size_t next;	/* device or choice */
	json_t *kept;	/* what is yet to be replied */
	bool listed;	/* a part of it is in the reply that goes out */
	size_t charged; /* bytes of the budget, for what is kept */
	/* Of those that wait for something to happen: */
	bool idle; /* the next step comes once wake was called. Set by a step */
	void (*wake)(void *arg);
	void *wake_arg;
	struct watcher *watcher;
};

/*
 * On the loop. Authority, method and parameters are checked here, so that nothing of a wrong call
 * is kept: then the refusal is in the buffer, and *ret is NULL. -EINVAL, -EFBIG, -E2BIG: no call at
 * all, err says why; -ENOMEM.
 */
int call_new(struct call_context *context, const struct peer *peer, const char *text, size_t len,
	     struct buffer *out, struct call **ret, struct error *err);
/* May a step take its time? Then it belongs into a thread. */
bool call_waits(const struct call *call);
/* As a method's step. */
int call_step(struct call *call);
struct call *call_free(struct call *call); /* returns NULL; takes NULL */

/*
 * For methods. Each puts a reply into the buffer and returns 1, or a negative errno where even that
 * failed. The object is taken over; NULL: out of memory.
 */
int call_reply(struct call *call, json_t *parameters, bool continues);
int call_error(struct call *call, const char *name, json_t *parameters);
/* Bytes of a reply that is made in parts, the zero at its end among them. 0, or as above. */
int call_part(struct call *call, const char *bytes, size_t len);
/* io.migcompat's error of that name. */
int call_refuse(struct call *call, const char *name, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int call_invalid(struct call *call, const char *parameter);
/* Take so much of the budget until the call ends. False: it is used up. */
bool call_charge(struct call *call, size_t bytes);
/* A parameter's text; NULL: not given. */
const char *call_text(const struct call *call, const char *name);

/* methods.c */
const struct method *method_find(const char *name);
const char *interface_description(const char *name); /* NULL: no such interface */

/* Open the view of one device or (NULL) all, in the wished mode. 0, or as call_refuse. */
int call_view(struct call *call, const char *only);
/* The device that a parameter names, in the call's view, which is opened if it is not; else as
 * call_refuse. */
int call_device(struct call *call, const char *parameter, const struct device **ret);
/* What inventory_find said, as call_refuse. */
int call_not_found(struct call *call, int r, const struct error *err);

/* The steps. */
int method_get_info(struct call *call);
int method_get_interface_description(struct call *call);
int method_list(struct call *call);
int method_describe(struct call *call);
int method_version(struct call *call);
int method_check(struct call *call);
int method_ask(struct call *call);
int method_params(struct call *call);
int method_hold(struct call *call);
int method_release(struct call *call);
int method_watch(struct call *call);
int method_backends(struct call *call);
int method_policy(struct call *call);

#endif
