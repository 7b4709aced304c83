/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend in this process: the calls themselves, the locks of its declared thread model, and the checks of what it
 * answers. The worker program runs on this too.
 */
#include "core/backend/provider_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/backend/loader.h"

static struct local *local_of(struct provider *provider)
{
	return (struct local *)(void *)provider;
}

static struct local_opened *mine(struct opened *opened)
{
	return (struct local_opened *)(void *)opened;
}

static pthread_mutex_t *call_lock(struct local_opened *opened)
{
	struct local *local = local_of(opened->opened.provider);

	switch (local->ops->thread_model) {
	case MIGCOMPAT_THREAD_SERIAL:
		return &local->serial;
	case MIGCOMPAT_THREAD_DEVICE:
		return &opened->device;
	default:
		return NULL;
	}
}

pthread_mutex_t *local_call_begin(struct local_opened *opened)
{
	pthread_mutex_t *lock = call_lock(opened);

	if (lock)
		pthread_mutex_lock(lock);
	return lock;
}

void local_call_end(pthread_mutex_t *lock)
{
	if (lock)
		pthread_mutex_unlock(lock);
}

static int broken(const struct local *local, struct error *err, const char *what)
{
	return error_set(err, -EPROTO, "backend %s: %s", local->provider.info.name, what);
}

static int payload_get(struct local *local, struct local_opened *mine, struct error *err)
{
	int len = local->ops->payload(mine->handle, mine->payload, MIGCOMPAT_PAYLOAD_MAX);

	if (len < 0)
		return error_set(err, len, "backend %s: it could not make the version string: %s", local->provider.info.name, strerror(-len));
	if (len == 0 || len > (int)MIGCOMPAT_PAYLOAD_MAX)
		return broken(local, err, "its version string is empty or too long");
	if (!provider_payload_valid(mine->payload, (size_t)len))
		return broken(local, err, "its version string has bytes that are not allowed");
	mine->opened.payload = mine->opened.newest = mine->payload;
	mine->opened.payload_len = mine->opened.newest_len = (size_t)len;
	return 0;
}

static int describe(struct local *local, struct local_opened *mine, struct error *err)
{
	struct migcompat_description description = {.struct_size = sizeof(description)};
	struct opened *opened = &mine->opened;
	int r = local->ops->describe(mine->handle, &description);

	if (r)
		return error_set(err, r < 0 ? r : -EPROTO, "backend %s: it could not describe the device", local->provider.info.name);
	if (!provider_type_valid(description.type))
		return broken(local, err, "its migration type is missing or malformed");
	opened->type = description.type;
	opened->model = description.model;
	opened->label = description.label;
	opened->mechanism = description.mechanism <= MIGCOMPAT_NO ? description.mechanism : MIGCOMPAT_UNKNOWN;
	opened->mechanism_text = description.mechanism_text;
	opened->not_source = description.not_source;
	opened->not_target = description.not_target;
	return opened->not_source ? 0 : payload_get(local, mine, err);
}

static void handle_close(struct local *local, struct local_opened *self)
{
	if (self->handle)
		local->ops->close(self->handle);
	self->handle = NULL;
}

static void local_close(struct opened *opened)
{
	struct local_opened *self = mine(opened);
	struct local *local = local_of(opened->provider);
	bool serial = local->ops->thread_model == MIGCOMPAT_THREAD_SERIAL;

	if (serial)
		pthread_mutex_lock(&local->serial);
	handle_close(local, self);
	if (serial)
		pthread_mutex_unlock(&local->serial);
	pthread_mutex_destroy(&self->device);
	free(self->newest);
	free(self);
}

static int handle_open(struct local *local, struct local_opened *self, struct error *err)
{
	int r = local->ops->open(&services_table, &self->facts, &self->handle);

	if (r)
		self->handle = NULL;
	else if (!self->handle)
		r = broken(local, err, "it opened a device without a handle");
	return r ? r : describe(local, self, err);
}

static bool writes_older(const struct provider *provider)
{
	const struct backend_info *info = &provider->info;
	const struct migcompat_setting *setting = info_setting(info, SETTING_EMIT_FORMAT);
	const char *const *values = provider->settings.values;

	return setting && values && strcmp(values[setting - info->settings], setting->init) != 0;
}

/*
 * The payload in the newest format, from a handle of its own, since a backend may read the setting
 * when it opens the device. Before the other handle, so that this one leaves nothing behind.
 */
static int newest_get(struct local *local, struct local_opened *self, struct error *err)
{
	int r;

	if (!writes_older(&local->provider))
		return 0;
	self->facts.newest = true;
	r = handle_open(local, self, err);
	if (!r && self->opened.payload) {
		self->newest = strdup(self->opened.payload);
		if (!self->newest)
			r = error_set(err, -ENOMEM, "out of memory");
	}
	handle_close(local, self);
	self->facts.newest = false;
	self->opened.payload = NULL;
	return r;
}

/* Both handles; what the second one says counts, but for the payload's newest format. */
static int device_open(struct local *local, struct local_opened *self, struct error *err)
{
	int r = newest_get(local, self, err);

	if (!r)
		r = handle_open(local, self, err);
	if (!r && self->newest && self->opened.payload) {
		self->opened.newest = self->newest;
		self->opened.newest_len = strlen(self->newest);
	}
	return r;
}

static int local_open(struct provider *provider, const struct device *device, struct opened **ret, struct error *err)
{
	struct local *local = local_of(provider);
	struct local_opened *self = calloc(1, sizeof(*self));
	struct error text = {0};
	pthread_mutex_t *lock;
	int r;

	if (!self)
		return error_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&self->device, NULL);
	self->opened.provider = provider;
	self->opened.device = device;
	self->facts = (struct migcompat_facts){.device = device, .info = &provider->info, .err = &text};
	self->facts.settings = provider->settings.values ? &provider->settings : NULL;
	lock = local_call_begin(self);
	r = device_open(local, self, &text);
	local_call_end(lock);
	self->facts.err = NULL;
	if (self->facts.unwanted)
		r = error_set(&text, -EPROTO, "backend %s: it asked for the fact \"%s\", which it had not declared", provider->info.name,
			      self->facts.unwanted_key);
	if (r) {
		local_close(&self->opened);
		if (!*text.text)
			error_set(&text, r, "backend %s: %s", provider->info.name, strerror(abs(r)));
		return error_set(err, r < 0 ? r : -EPROTO, "%s", text.text);
	}
	*ret = &self->opened;
	return 0;
}

static int local_compare(const struct compare_job *job)
{
	struct local_opened *self = mine(job->opened);
	struct local *local = local_of(job->opened->provider);
	pthread_mutex_t *lock = local_call_begin(self);
	int r = local->ops->compare(self->handle, job->payload, job->len, job->result);

	local_call_end(lock);
	if (self->facts.unwanted)
		return broken(local, job->err, "it asked for a fact that it had not declared");
	if (r)
		return error_set(job->err, r < 0 ? r : -EPROTO, "backend %s: the comparison failed: %s", local->provider.info.name,
				 strerror(abs(r)));
	if (job->result->count == 0)
		return broken(local, job->err, "it compared nothing");
	return 0;
}

static void local_compare_end(struct provider *provider, struct compare_batch *batch, const struct compare_batch *after)
{
	(void)provider, (void)after;
	for (size_t i = 0; i < batch->count; i++)
		batch->jobs[i].r = local_compare(&batch->jobs[i]);
	batch->progress = COMPARE_OVER;
}

static int local_list(struct opened *opened, enum provider_list which, const char *payload, size_t len, struct migcompat_sink *sink, struct error *err)
{
	struct local_opened *self = mine(opened);
	struct local *local = local_of(opened->provider);
	int (*const operations[])(void *, const char *, size_t, struct migcompat_sink *) = {
		[PROVIDER_CANDIDATES] = local->ops->candidates,
		[PROVIDER_PARAMETERS] = local->ops->parameters,
		[PROVIDER_PREPARE] = local->ops->prepare,
	};
	pthread_mutex_t *lock;
	int r;

	if (which >= PROVIDER_LIST_COUNT || !operations[which])
		return -EOPNOTSUPP;
	lock = local_call_begin(self);
	r = operations[which](self->handle, payload, len, sink);
	local_call_end(lock);
	/* The backend need not have looked at it. */
	if (sink->failed)
		r = sink->failed;
	if (r)
		return error_set(err, r < 0 ? r : -EPROTO, "backend %s: %s", local->provider.info.name, strerror(abs(r)));
	return 0;
}

static int local_stream(struct provider *provider, struct opened *opened, const struct stream_head *head, struct migcompat_result *result,
			struct error *err)
{
	struct local_opened *self = opened ? mine(opened) : NULL;
	struct local *local = local_of(provider);
	pthread_mutex_t *lock = NULL;
	size_t before = result->count;
	int r;

	if (self)
		lock = local_call_begin(self);
	else if (local->ops->thread_model == MIGCOMPAT_THREAD_SERIAL)
		pthread_mutex_lock(lock = &local->serial);
	r = local->ops->stream(&services_table, self ? self->handle : NULL, head->bytes, head->len, head->size, result);
	local_call_end(lock);
	if (self && self->facts.unwanted)
		return broken(local, err, "it asked for a fact that it had not declared");
	if (r == -ENOMSG && result->count == before)
		return error_set(err, r, "backend %s: it is no stream that it knows", provider->info.name);
	if (r == -ENOMSG)
		return broken(local, err, "it found fault with a stream that it does not know");
	if (r)
		return error_set(err, r < 0 ? r : -EPROTO, "backend %s: the stream could not be read: %s", provider->info.name, strerror(abs(r)));
	if (result->count == before)
		return broken(local, err, "it found nothing in a stream that it knows");
	return 0;
}

static void local_free(struct provider *provider)
{
	struct local *local = local_of(provider);

	loader_unload(local->loaded);
	arena_free(&provider->arena);
	pthread_mutex_destroy(&local->serial);
	free(local);
}

static const struct provider_ops local_ops = {
	.open = local_open,
	.compare_end = local_compare_end,
	.list = local_list,
	.state = local_state,
	.stream = local_stream,
	.close = local_close,
	.free = local_free,
};

static int local_load(struct local *local, const char *file, struct error *err)
{
	struct backend_info info;
	int r = loader_load(local->provider.info.path, file, &local->provider.arena, &local->loaded, &info, err);

	if (r)
		return r;
	local->provider.info = info;
	local->ops = loaded_ops(local->loaded);
	return 0;
}

int provider_local_from(const char *path, const char *file, const char *refusal, struct provider **ret, struct error *err)
{
	struct local *local = calloc(1, sizeof(*local));
	struct error text = {0};

	if (!local)
		return error_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&local->serial, NULL);
	local->provider.ops = &local_ops;
	local->provider.info.path = arena_copy(&local->provider.arena, path, strlen(path));
	if (!local->provider.info.path) {
		local_free(&local->provider);
		return error_set(err, -ENOMEM, "out of memory");
	}
	if (refusal)
		provider_refuse(&local->provider, refusal);
	else if (local_load(local, file, &text))
		provider_refuse(&local->provider, text.text);
	*ret = &local->provider;
	return 0;
}

int provider_local_new(const char *path, struct provider **ret, struct error *err)
{
	struct trusted trusted = {.file = -1, .folder = -1};
	struct error refusal = {0};
	char file[TRUSTED_PATH_MAX];
	int r = trusted_open(path, &trusted, &refusal);

	if (!r)
		loader_path(&trusted, file);
	r = provider_local_from(path, file, r ? refusal.text : NULL, ret, err);
	trusted_close(&trusted);
	return r;
}
