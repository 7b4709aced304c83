/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public functions: thin wrappers of what the command line uses. */
#include "migcompat/migcompat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/check/ask.h"
#include "core/check/check.h"
#include "core/check/doubts.h"
#include "core/check/json.h"

enum { OPTION_COUNT = MIGCOMPAT_OPTION_MECHANISM + 1 };

struct migcompat {
	struct engine engine;
	char *options[OPTION_COUNT];
	struct error message;
	struct holds holds; /* of this host, after it was added */
	pid_t process;      /* that made it; no other may use it */
	bool started;
	bool ready; /* the inventory is complete */
};

struct migcompat_target {
	struct target target;
	const struct migcompat *ctx;
};

struct migcompat_choices {
	struct answer answer;
	json_t *findings; /* doubts about the whole answer */
};

static const struct migcompat_device *public_device(const struct device *device)
{
	return (const struct migcompat_device *)(const void *)device;
}

static const struct device *own_device(const struct migcompat_device *device)
{
	return (const struct device *)(const void *)device;
}

/*
 * Check that a context is usable. A child process shares the workers' sockets with its
 * parent, so it could read the parent's answers. given: no argument is NULL.
 */
static int usable(struct migcompat *ctx, bool given)
{
	if (!ctx)
		return -EINVAL;
	if (ctx->process != getpid()) {
		error_set(&ctx->message, -ECHILD,
			  "process %d made this context; a child process makes its own",
			  (int)ctx->process);
		return -ECHILD;
	}
	if (given)
		return 0;
	error_set(&ctx->message, -EINVAL, "an argument is NULL");
	return -EINVAL;
}

const char *migcompat_release(void)
{
	return MIGCOMPAT_RELEASE;
}

int migcompat_new(struct migcompat **ret)
{
	struct migcompat *ctx = ret ? calloc(1, sizeof(*ctx)) : NULL;

	if (!ctx)
		return ret ? -ENOMEM : -EINVAL;
	ctx->process = getpid();
	*ret = ctx;
	return 0;
}

struct migcompat *migcompat_free(struct migcompat *ctx)
{
	/*
	 * In a child process locks may be held for ever, and the workers belong to the
	 * parent.
	 */
	if (!ctx || ctx->process != getpid())
		return NULL;
	if (ctx->started)
		engine_stop(&ctx->engine);
	holds_free(&ctx->holds);
	for (size_t i = 0; i < OPTION_COUNT; i++)
		free(ctx->options[i]);
	free(ctx);
	return NULL;
}

const char *migcompat_message(const struct migcompat *ctx)
{
	return ctx ? ctx->message.text : "no context was given";
}

int migcompat_set_option(struct migcompat *ctx, enum migcompat_option option, const char *value)
{
	enum policy_mechanism mode;
	char *copy;
	int r = usable(ctx, value != NULL);

	if (r)
		return r;
	if (ctx->started)
		return error_set(&ctx->message, -EBUSY, "policy and backends are loaded already");
	if ((unsigned)option >= OPTION_COUNT)
		return error_set(&ctx->message, -EINVAL, "no such option");
	if (option == MIGCOMPAT_OPTION_IN_PROCESS && strcmp(value, "true") != 0 &&
	    strcmp(value, "false") != 0)
		return error_set(&ctx->message, -EINVAL, "\"%s\" is neither true nor false", value);
	if (option == MIGCOMPAT_OPTION_MECHANISM &&
	    policy_mechanism_word(value, &mode, &ctx->message))
		return -EINVAL;
	copy = strdup(value);
	if (!copy)
		return error_set(&ctx->message, -ENOMEM, "out of memory");
	free(ctx->options[option]);
	ctx->options[option] = copy;
	return 0;
}

static int start(struct migcompat *ctx)
{
	const char *in_process = ctx->options[MIGCOMPAT_OPTION_IN_PROCESS];
	struct engine_options options = {
		.backend_dir = ctx->options[MIGCOMPAT_OPTION_BACKEND_DIR],
		.config = ctx->options[MIGCOMPAT_OPTION_CONFIG],
		.facts_dir = ctx->options[MIGCOMPAT_OPTION_FACTS_DIR],
		.mechanism = ctx->options[MIGCOMPAT_OPTION_MECHANISM],
		.in_process = in_process && strcmp(in_process, "true") == 0,
	};
	int r = ctx->started ? 0 : engine_start(&ctx->engine, &options, &ctx->message);

	ctx->started = r == 0;
	return r;
}

static int ready(struct migcompat *ctx, bool given)
{
	int r = usable(ctx, given);

	if (!r)
		r = start(ctx);

	if (!r && !ctx->ready)
		r = engine_ready(&ctx->engine, &ctx->message);
	if (!r)
		ctx->ready = true;
	return r;
}

static int addable(struct migcompat *ctx, bool given)
{
	int r = usable(ctx, given);

	if (r)
		return r;
	if (ctx->ready)
		return error_set(&ctx->message, -EBUSY, "devices were read already");
	return start(ctx);
}

int migcompat_add_inventory(struct migcompat *ctx, const char *path)
{
	int r = addable(ctx, path != NULL);

	return r ? r : engine_add_file(&ctx->engine, path, &ctx->message);
}

int migcompat_add_this_host(struct migcompat *ctx)
{
	int r = addable(ctx, true);

	if (!r && !ctx->engine.hold && !ctx->engine.holds_unread)
		r = engine_take_holds(&ctx->engine, &ctx->holds, HOLDS_DIR, &ctx->message);
	return r ? r : engine_add_live(&ctx->engine, NULL, &ctx->message);
}

long migcompat_device_count(struct migcompat *ctx)
{
	int r = ready(ctx, true);

	return r ? r : (long)ctx->engine.inventory.ndevices;
}

const struct migcompat_device *migcompat_device_at(struct migcompat *ctx, size_t index)
{
	if (ready(ctx, true) != 0 || index >= ctx->engine.inventory.ndevices)
		return NULL;
	return public_device(&ctx->engine.inventory.devices[index]);
}

int migcompat_find(struct migcompat *ctx, const char *name, const struct migcompat_device **ret)
{
	const struct device *device = NULL;
	int r = ready(ctx, name && ret);

	if (!r)
		r = inventory_find(&ctx->engine.inventory, name, &device, &ctx->message);
	if (!r)
		*ret = public_device(device);
	return r;
}

const char *migcompat_device_id(const struct migcompat_device *device)
{
	return device ? own_device(device)->id : NULL;
}

const char *migcompat_device_host(const struct migcompat_device *device)
{
	return device ? own_device(device)->host->name : NULL;
}

const char *migcompat_device_kind(const struct migcompat_device *device)
{
	return device ? kind_name(own_device(device)->kind) : NULL;
}

static int copy_out(struct migcompat *ctx, const char *text, char *buffer, size_t size)
{
	size_t len = strlen(text);

	if (len >= size)
		return error_set(&ctx->message, -ENOBUFS,
				 "the buffer has %zu bytes, %zu are needed", size, len + 1);
	memcpy(buffer, text, len + 1);
	return (int)len;
}

/*
 * Withhold the string of a held device: its reader would check on a host that does not
 * know the hold.
 */
static int unheld(struct migcompat *ctx, const struct device *device)
{
	const struct engine *engine = &ctx->engine;
	char reason[HOLD_REASON_BYTES + 1];

	if (engine->holds_unread)
		return error_set(&ctx->message, -EACCES, "%s: %s", device->id,
				 engine->holds_unread);
	if (engine->hold && engine->hold(engine->hold_arg, device, reason, sizeof(reason)))
		return error_set(&ctx->message, -EBUSY, "%s is held: %s", device->id, reason);
	return 0;
}

int migcompat_version(struct migcompat *ctx, const struct migcompat_device *device, char *buffer,
		      size_t size)
{
	char string[MIGCOMPAT_STRING_MAX + 1] = "";
	int r = usable(ctx, device && buffer);

	if (!r)
		r = unheld(ctx, own_device(device));
	if (!r)
		r = check_source(&ctx->engine, own_device(device), string, sizeof(string),
				 &ctx->message);
	return r < 0 ? r : copy_out(ctx, string, buffer, size);
}

int migcompat_type(struct migcompat *ctx, const struct migcompat_device *device, char *buffer,
		   size_t size)
{
	struct target target;
	int r = usable(ctx, device && buffer);

	if (!r)
		r = target_open(&ctx->engine, own_device(device), &target, &ctx->message);
	if (r)
		return r;
	r = copy_out(ctx, target.type, buffer, size);
	target_close(&target);
	return r;
}

/* A caller that ignores r must not find an earlier yes in the verdict. */
static int answered(struct migcompat *ctx, struct migcompat_verdict *verdict, int r)
{
	const char *text = r == -ENOMEM ? "out of memory"
			   : ctx        ? ctx->message.text
					: "no context was given";

	if (!r)
		return 0;
	if (ctx && r == -ENOMEM)
		error_set(&ctx->message, r, "%s", text);
	if (verdict && verdict_reset(verdict) == 0)
		verdict_fail(verdict, r, "%s", text);
	return r;
}

int migcompat_check_devices(struct migcompat *ctx, const struct migcompat_device *source,
			    const struct migcompat_device *target,
			    struct migcompat_verdict *verdict)
{
	int r = usable(ctx, source && target && verdict);

	if (!r)
		r = check_devices(&ctx->engine, own_device(source), own_device(target), verdict);
	return answered(ctx, verdict, r);
}

int migcompat_check_string(struct migcompat *ctx, const char *string, size_t len,
			   const struct migcompat_device *target, struct migcompat_verdict *verdict)
{
	int r = usable(ctx, string && target && verdict);

	if (!r)
		r = check_text(&ctx->engine, string, len, own_device(target), verdict);
	return answered(ctx, verdict, r);
}

int migcompat_target_open(struct migcompat *ctx, const struct migcompat_device *device,
			  struct migcompat_target **ret)
{
	struct migcompat_target *target;
	int r = usable(ctx, device && ret);

	if (r)
		return r;
	target = calloc(1, sizeof(*target));
	if (!target)
		return error_set(&ctx->message, -ENOMEM, "out of memory");
	target->ctx = ctx;
	r = target_open(&ctx->engine, own_device(device), &target->target, &ctx->message);
	if (r)
		free(target);
	else
		*ret = target;
	return r;
}

/* Several threads may ask targets of one context, so its message is not written here. */
int migcompat_target_check(struct migcompat_target *target, const char *string, size_t len,
			   struct migcompat_verdict *verdict)
{
	int r = 0;

	if (!target || !string || !verdict)
		r = -EINVAL;
	else if (target->ctx->process != getpid())
		r = -ECHILD;
	if (!r) {
		r = check_string(&target->target, NULL, string, len, verdict);
		verdict_keep(verdict);
		return r;
	}
	if (verdict && verdict_reset(verdict) == 0)
		verdict_fail(verdict, r, "%s",
			     r == -ECHILD ? "a child process makes its own context"
					  : "an argument is NULL");
	return r;
}

struct migcompat_target *migcompat_target_close(struct migcompat_target *target)
{
	if (!target || target->ctx->process != getpid())
		return NULL;
	target_close(&target->target);
	free(target);
	return NULL;
}

int migcompat_ask(struct migcompat *ctx, const struct migcompat_device *source, const char *string,
		  size_t len, const char *host, struct migcompat_choices **ret)
{
	const struct ask_question question = {
		.source = own_device(source), .text = string, .len = len, .host = host};
	struct migcompat_choices *choices;
	int r = ready(ctx, ret != NULL);

	if (r)
		return r;
	if (!source && !string)
		return error_set(&ctx->message, -EINVAL, "neither a source nor a string was given");
	choices = calloc(1, sizeof(*choices));
	if (!choices)
		return error_set(&ctx->message, -ENOMEM, "out of memory");
	r = ask_targets(&ctx->engine, &question, &choices->answer, &ctx->message);
	if (r) {
		free(choices);
		return r;
	}
	choices->findings =
		doubts_ask(&ctx->engine, source ? own_device(source)->host : NULL, host);
	if (!choices->findings) {
		migcompat_choices_free(choices);
		return error_set(&ctx->message, -ENOMEM, "out of memory");
	}
	*ret = choices;
	return 0;
}

size_t migcompat_choices_count(const struct migcompat_choices *choices)
{
	return choices ? choices->answer.nchoices : 0;
}

const struct migcompat_device *migcompat_choices_at(const struct migcompat_choices *choices,
						    size_t index)
{
	return choices && index < choices->answer.nchoices
		       ? public_device(choices->answer.choices[index].device)
		       : NULL;
}

int migcompat_choices_json(const struct migcompat_choices *choices, char **ret)
{
	json_t *document;
	char *text;

	if (!choices || !ret)
		return -EINVAL;
	document = json_answer(&choices->answer);
	json_set(&document, "findings", json_incref(choices->findings));
	text = json_text(document, JSON_COMPACT);
	json_decref(document);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

struct migcompat_choices *migcompat_choices_free(struct migcompat_choices *choices)
{
	if (choices) {
		answer_free(&choices->answer);
		json_decref(choices->findings);
	}
	free(choices);
	return NULL;
}
