/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens devices, and asks whole questions: a device or a string against a device. */
#include "core/check/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int check_find(const struct engine *engine, const struct device *device, struct opening *ret,
	       struct error *err)
{
	*ret = (struct opening){.device = device};
	ret->code = engine_provider(engine, device, &ret->provider, err);
	return ret->code;
}

int check_open(const struct engine *engine, struct opening *opening, struct error *err)
{
	const struct device *device = opening->device;
	struct mechanism_claim claim;
	int r = opening->code;

	if (!r)
		r = provider_open(opening->provider, device, &opening->opened, err);
	claim = r ? mechanism_claim_closed(opening->provider, r, err->text)
		  : mechanism_claim_open(opening->opened);
	mechanism_weigh(device, &claim, &opening->mechanism);
	/* No backend knows the device, but the kernel's no is an answer. */
	if (r == -ENOTCONN && opening->mechanism.state == MIGCOMPAT_NO &&
	    mechanism_judge(engine->mode, &opening->mechanism, err))
		r = -ENODEV;
	return r;
}

int target_open_found(const struct engine *engine, struct opening *opening, struct target *ret,
		      struct error *err)
{
	struct target target = {.engine = engine};
	int r = check_open(engine, opening, err);

	target.opened = opening->opened;
	target.mechanism = ret->mechanism = opening->mechanism;
	if (r)
		return r;
	target.namespace_len = strlen(target.opened->provider->info.name);
	snprintf(target.type, sizeof(target.type), "%s:%s", target.opened->provider->info.name,
		 target.opened->type);
	fingerprint_device(engine, target.opened, target.fingerprint);
	if (!target.opened->not_source) {
		r = check_version(target.opened, target.version, sizeof(target.version), err);
		if (r < 0) {
			opened_close(target.opened);
			return r;
		}
		target.version_len = (size_t)r;
	}
	*ret = target;
	return 0;
}

int target_open(const struct engine *engine, const struct device *device, struct target *ret,
		struct error *err)
{
	struct opening opening;
	struct error own = {0};

	err = err ? err : &own;
	check_find(engine, device, &opening, err);
	return target_open_found(engine, &opening, ret, err);
}

void target_close(struct target *target)
{
	opened_close(target->opened);
	*target = (struct target){0};
}

int check_version(const struct opened *opened, char *buffer, size_t size, struct error *err)
{
	const char *namespace = opened->provider->info.name;
	int len;

	if (opened->not_source)
		return error_set(err, -ENODEV, "%s", opened->not_source);
	len = version_string_write(
		&(struct version_string){
			.namespace = namespace,
			.namespace_len = strlen(namespace),
			.kind = opened->device->kind,
			.type = opened->type,
			.type_len = strlen(opened->type),
			.payload = opened->payload,
			.payload_len = opened->payload_len,
		},
		buffer, size);
	if (len < 0)
		return error_set(err, -EPROTO,
				 "backend %s: its version string is longer than %u bytes",
				 namespace, MIGCOMPAT_STRING_MAX);
	return len;
}

int check_source(const struct engine *engine, const struct device *device, char *buffer,
		 size_t size, struct error *err)
{
	struct opening opening;
	struct error own = {0};
	int r;

	err = err ? err : &own;
	check_find(engine, device, &opening, err);
	r = check_open(engine, &opening, err);
	if (r)
		return r;
	r = mechanism_judge(engine->mode, &opening.mechanism, err);
	if (!r)
		r = check_version(opening.opened, buffer, size, err);
	opened_close(opening.opened);
	return r;
}

/* Make an error of opening a device the verdict. */
static int open_failed(struct migcompat_verdict *verdict, const char *role,
		       const struct device *device, int r, const struct error *err)
{
	if (r == -ENODEV)
		return verdict_not_migratable(verdict, "%s %s: %s", role, device->id, err->text);
	return verdict_fail(verdict, r, "%s %s: %s", role, device->id, err->text);
}

static void side_weigh(struct verdict_side *side, const struct mechanism *mechanism)
{
	side->mechanism = *mechanism;
	side->weighed = true;
}

int check_text(const struct engine *engine, const char *text, size_t len,
	       const struct device *device, struct migcompat_verdict *verdict)
{
	return check_state(engine, text, len, NULL, device, verdict);
}

int check_state(const struct engine *engine, const char *text, size_t len,
		const struct stream_head *stream, const struct device *device,
		struct migcompat_verdict *verdict)
{
	struct target target = {0};
	struct error err = {0};
	int r = verdict_reset(verdict);

	if (r)
		return r;
	verdict_side_device(&verdict->target, device);
	r = target_open(engine, device, &target, &err);
	if (r) {
		side_weigh(&verdict->target, &target.mechanism);
		open_failed(verdict, "target", device, r, &err);
		check_judge(engine, "target", &verdict->target, verdict);
		verdict_keep(verdict);
		return 0;
	}
	check_question(&(struct question){
		.target = &target, .text = text, .len = len, .stream = stream, .verdict = verdict});
	if (text)
		fingerprint_text(text, len, verdict->source.fingerprint);
	verdict_keep(verdict);
	target_close(&target);
	return 0;
}

int check_stream(const struct engine *engine, const struct stream_head *stream,
		 const struct device *device, struct migcompat_verdict *verdict)
{
	return check_state(engine, NULL, 0, stream, device, verdict);
}

/* The source of a check of two devices. */
struct source_half {
	struct opening opening;
	char string[MIGCOMPAT_STRING_MAX + 1];
	int len;          /* of the string; negative: the verdict says why there is none */
	struct error err; /* the mechanism's text may point here */
};

static void source_open(const struct engine *engine, const struct device *device,
			struct source_half *half, struct migcompat_verdict *verdict)
{
	struct opening *opening = &half->opening;
	int r;

	half->err.text[0] = '\0';
	check_find(engine, device, opening, &half->err);
	r = check_open(engine, opening, &half->err);
	side_weigh(&verdict->source, &opening->mechanism);
	half->len = r;
	if (!r) {
		snprintf(verdict->source.type, sizeof(verdict->source.type), "%s:%s",
			 opening->provider->info.name, opening->opened->type);
		fingerprint_device(engine, opening->opened, verdict->source.fingerprint);
		half->len = check_version(opening->opened, half->string, sizeof(half->string),
					  &half->err);
	}
	if (half->len < 0)
		open_failed(verdict, "source", device, half->len, &half->err);
}

int check_devices(const struct engine *engine, const struct device *source,
		  const struct device *device, struct migcompat_verdict *verdict)
{
	struct source_half half;
	struct target target = {0};
	struct error err = {0};
	int r = verdict_reset(verdict);

	if (r)
		return r;
	verdict_side_device(&verdict->source, source);
	verdict_side_device(&verdict->target, device);
	source_open(engine, source, &half, verdict);
	r = target_open(engine, device, &target, &err);
	if (!r && half.len >= 0) {
		check_question(&(struct question){.target = &target,
						  .text = half.string,
						  .len = (size_t)half.len,
						  .verdict = verdict});
	} else {
		side_weigh(&verdict->target, &target.mechanism);
		check_judge(engine, "source", &verdict->source, verdict);
		if (r) {
			open_failed(verdict, "target", device, r, &err);
		} else {
			check_target(&target, verdict);
			check_not_target(&target, verdict);
		}
		check_judge(engine, "target", &verdict->target, verdict);
	}
	verdict_keep(verdict);
	opened_close(half.opening.opened);
	target_close(&target);
	return 0;
}
