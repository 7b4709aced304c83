/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Targets, and whole questions: a device or a string from elsewhere against a device. */
#include "core/check/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int check_open(const struct engine *engine, const struct device *device, struct opened **ret,
	       struct mechanism *ret_mechanism, struct error *err)
{
	struct provider *provider = NULL;
	struct mechanism_claim claim;
	struct opened *opened = NULL;
	struct error own = {0};
	int r;

	if (!err)
		err = &own;
	r = engine_provider(engine, device, &provider, err);
	if (!r)
		r = provider_open(provider, device, &opened, err);
	claim = r ? mechanism_claim_closed(provider, r, err->text) : mechanism_claim_open(opened);
	mechanism_weigh(device, &claim, ret_mechanism);
	/* A backend that knew the device could make no more of it. */
	if (r == -ENOTCONN && ret_mechanism->state == MIGCOMPAT_NO &&
	    mechanism_judge(engine->mode, ret_mechanism, err))
		r = -ENODEV;
	if (!r)
		*ret = opened;
	return r;
}

int target_open(const struct engine *engine, const struct device *device, struct target *ret,
		struct error *err)
{
	struct target target = {.engine = engine};
	int r = check_open(engine, device, &target.opened, &target.mechanism, err);

	ret->mechanism = target.mechanism;
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

void target_close(struct target *target)
{
	opened_close(target->opened);
	*target = (struct target){0};
}

int check_version(const struct opened *opened, char *buffer, size_t size, struct error *err)
{
	int len;

	if (opened->not_source)
		return error_set(err, -ENODEV, "%s", opened->not_source);
	len = version_string_write(opened->provider->info.name, opened->device->kind, opened->type,
				   opened->payload, opened->payload_len, buffer, size);
	if (len < 0)
		return error_set(err, -EPROTO,
				 "backend %s: its version string is longer than %u bytes",
				 opened->provider->info.name, MIGCOMPAT_STRING_MAX);
	return len;
}

int check_source(const struct engine *engine, const struct device *device, char *buffer,
		 size_t size, struct error *err)
{
	struct mechanism mechanism;
	struct opened *opened;
	int r = check_open(engine, device, &opened, &mechanism, err);

	if (r)
		return r;
	r = mechanism_judge(engine->mode, &mechanism, err);
	if (!r)
		r = check_version(opened, buffer, size, err);
	opened_close(opened);
	return r;
}

/* What opening a device failed with, as a verdict. */
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

/*
 * The source's half: its sides, its mechanism, and the string into the buffer; the length, or -1 if
 * the verdict is told. err lives as long as the mechanism.
 */
static int ask_source(const struct engine *engine, const struct device *device, char *string,
		      size_t size, struct opened **ret_opened, struct migcompat_verdict *verdict,
		      struct error *err)
{
	struct mechanism mechanism;
	struct opened *opened = NULL;
	int r = check_open(engine, device, &opened, &mechanism, err);

	side_weigh(&verdict->source, &mechanism);
	if (r) {
		open_failed(verdict, "source", device, r, err);
		return -1;
	}
	*ret_opened = opened;
	snprintf(verdict->source.type, sizeof(verdict->source.type), "%s:%s",
		 opened->provider->info.name, opened->type);
	fingerprint_device(engine, opened, verdict->source.fingerprint);
	r = check_version(opened, string, size, err);
	if (r < 0) {
		open_failed(verdict, "source", device, r, err);
		return -1;
	}
	return r;
}

int check_devices(const struct engine *engine, const struct device *source,
		  const struct device *device, struct migcompat_verdict *verdict)
{
	char string[MIGCOMPAT_STRING_MAX + 1];
	struct error err = {0}, source_err = {0};
	struct opened *opened = NULL;
	struct target target = {0};
	int r = verdict_reset(verdict), len;

	if (r)
		return r;
	verdict_side_device(&verdict->source, source);
	verdict_side_device(&verdict->target, device);
	len = ask_source(engine, source, string, sizeof(string), &opened, verdict, &source_err);
	r = target_open(engine, device, &target, &err);
	if (!r && len >= 0) {
		check_question(&(struct question){
			.target = &target, .text = string, .len = (size_t)len, .verdict = verdict});
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
	opened_close(opened);
	target_close(&target);
	return 0;
}
