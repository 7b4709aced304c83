/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both kinds of providers share. */
#include "core/backend/provider.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The longest TYPE: the prefix has the longest namespace and kind, too. */
#define TYPE_MAX (MIGCOMPAT_PREFIX_MAX - sizeof("mdev-type::") - 33)

/* May a version string have this byte? */
static bool byte_valid(char c)
{
	return c >= 0x21 && c <= 0x7e;
}

bool provider_type_trouble(const char *type, char *why, size_t size)
{
	size_t len = type ? strlen(type) : 0, i = 0;

	if (!type) {
		snprintf(why, size, "is NULL");
	} else if (!len) {
		snprintf(why, size, "is empty");
	} else if (len > TYPE_MAX) {
		snprintf(why, size, "has %zu bytes, expected at most %zu", len, TYPE_MAX);
	} else {
		while (i < len && byte_valid(type[i]) && type[i] != ':')
			i++;
		if (i == len)
			return false;
		snprintf(why, size,
			 "has the byte 0x%02x at offset %zu, expected 0x21 to 0x7e without ':'",
			 (unsigned char)type[i], i);
	}
	return true;
}

bool provider_payload_trouble(const char *payload, size_t len, char *why, size_t size)
{
	size_t i = 0;

	if (len < 1 || len > MIGCOMPAT_PAYLOAD_MAX) {
		snprintf(why, size, "has %zu bytes, expected 1 to %u", len, MIGCOMPAT_PAYLOAD_MAX);
		return true;
	}
	while (i < len && byte_valid(payload[i]))
		i++;
	if (i < len)
		snprintf(why, size, "has the byte 0x%02x at offset %zu, expected 0x21 to 0x7e",
			 (unsigned char)payload[i], i);
	return i < len;
}

void provider_refuse(struct provider *provider, const char *text)
{
	provider->info = (struct backend_info){.path = provider->info.path};
	provider->info.error = arena_copy(&provider->arena, text, strlen(text));
	if (!provider->info.error)
		provider->info.error = "out of memory";
}

int provider_settle(struct provider *provider,
		    const char *(*value)(void *arg, const char *namespace, const char *name),
		    void *arg)
{
	const struct backend_info *info = &provider->info;
	const char **values = arena_alloc(&provider->arena, info->nsettings * sizeof(*values), 8);

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < info->nsettings; i++) {
		const char *said = value ? value(arg, info->name, info->settings[i].name) : NULL;

		values[i] = said ? said : info->settings[i].init;
	}
	provider->settings.values = values;
	return 0;
}

int provider_open(struct provider *provider, const struct device *device, struct opened **ret,
		  struct error *err)
{
	if (provider->info.error)
		return error_set(err, -EIO, "%s", provider->info.error);
	if (!provider->info.nkeys)
		return error_set(err, -EOPNOTSUPP,
				 "backend %s: it serves no device, it only reads streams",
				 provider->info.name);
	return provider->ops->open(provider, device, ret, err);
}

int opened_compare(struct opened *opened, const char *payload, size_t len,
		   struct migcompat_result *result, struct error *err)
{
	struct compare_job job = {
		.opened = opened, .payload = payload, .len = len, .result = result, .err = err};

	opened_compare_many(&job, 1);
	return job.r;
}

void opened_compare_begin(struct compare_batch *batch, const struct compare_batch *before)
{
	struct provider *provider = batch->count ? batch->jobs[0].opened->provider : NULL;

	if (provider && provider->ops->compare_begin)
		provider->ops->compare_begin(provider, batch, before);
}

void opened_compare_end(struct compare_batch *batch, const struct compare_batch *after)
{
	struct provider *provider = batch->count ? batch->jobs[0].opened->provider : NULL;

	if (provider)
		provider->ops->compare_end(provider, batch, after);
}

void opened_compare_many(struct compare_job *jobs, size_t count)
{
	struct compare_batch batch = {.jobs = jobs, .count = count};

	opened_compare_begin(&batch, NULL);
	opened_compare_end(&batch, NULL);
}

int opened_list(struct opened *opened, enum provider_list which, const char *payload, size_t len,
		struct migcompat_sink *sink, struct error *err)
{
	static const char *const operations[PROVIDER_LIST_COUNT] = {
		[PROVIDER_CANDIDATES] = "candidates",
		[PROVIDER_PARAMETERS] = "parameters",
		[PROVIDER_PREPARE] = "prepare",
	};

	/* Without a call: this thread may have the worker, for a comparison that is pending. */
	if (which >= PROVIDER_LIST_COUNT ||
	    !info_has_operation(&opened->provider->info, operations[which]))
		return -EOPNOTSUPP;
	return opened->provider->ops->list(opened, which, payload, len, sink, err);
}

int provider_stream(struct provider *provider, struct opened *opened,
		    const struct stream_head *head, struct migcompat_result *result,
		    struct error *err)
{
	if (provider->info.error)
		return error_set(err, -EIO, "%s", provider->info.error);
	if (!info_reads_streams(&provider->info))
		return error_set(err, -EOPNOTSUPP, "backend %s: it reads no streams",
				 provider->info.name);
	return provider->ops->stream(provider, opened, head, result, err);
}

int opened_state(struct opened *opened, struct state_port **ret, struct error *err)
{
	if (!opened->provider->ops->state)
		return error_set(err, -EOPNOTSUPP, "backend %s: device state is not supported",
				 opened->provider->info.name);
	return opened->provider->ops->state(opened, ret, err);
}

struct opened *opened_close(struct opened *opened)
{
	if (opened)
		opened->provider->ops->close(opened);
	return NULL;
}

void provider_status(struct provider *provider, struct provider_status *ret)
{
	*ret = (struct provider_status){.state = provider->info.error ? PROVIDER_ENDED
								      : PROVIDER_HERE};
	if (provider->ops->status)
		provider->ops->status(provider, ret);
}

uint32_t provider_life(struct provider *provider)
{
	return provider->ops->life ? provider->ops->life(provider) : 0;
}

void provider_stop(struct provider *provider)
{
	if (provider->ops->stop)
		provider->ops->stop(provider);
}

struct provider *provider_free(struct provider *provider)
{
	if (provider)
		provider->ops->free(provider);
	return NULL;
}
