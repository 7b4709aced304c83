/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend in this process: its calls, the locks of its thread model, and checks of its
 * answers. The worker program uses this, too.
 */
#include "core/backend/provider_local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/backend/loader.h"

static struct local_opened *local_opened_of(struct opened *opened)
{
	return (struct local_opened *)(void *)opened;
}

/* ---------------------------------------------------------------- opening */

static int payload_ask(struct local *local, struct local_opened *self, char *buffer, int *ret_len,
		       struct error *err)
{
	struct operation operation;
	char why[128];
	int len;

	local_enter(self, &operation, OPERATION_PAYLOAD);
	len = local->ops->payload(self->handle, buffer, MIGCOMPAT_PAYLOAD_MAX);
	operation_leave(&operation);
	if (*operation.mistake)
		return operation_broken(&operation, err, "it could not make the version string: %s",
					operation.mistake);
	if (len < 0 && len != -ENOBUFS)
		return operation_failed(&operation, len, err,
					"it could not make the version string: %s",
					operation_errno_text(&operation, len, why, sizeof(why)));
	if (len == -ENOBUFS)
		return operation_broken(&operation, err,
					"the version string is longer than %u bytes",
					MIGCOMPAT_PAYLOAD_MAX);
	if (provider_payload_trouble(buffer, (size_t)len, why, sizeof(why)))
		return operation_broken(&operation, err, "the version string %s", why);
	*ret_len = len;
	return 0;
}

/*
 * Ask twice. Equal facts must give equal strings, otherwise strings could not be
 * compared.
 */
static int payload_get(struct local *local, struct local_opened *self, struct error *err)
{
	struct operation operation;
	char again[MIGCOMPAT_PAYLOAD_MAX + 1];
	int len = 0, second = 0, r = payload_ask(local, self, self->payload, &len, err);
	int at = 0;

	if (!r)
		r = payload_ask(local, self, again, &second, err);
	if (r)
		return r;
	while (at < len && at < second && again[at] == self->payload[at])
		at++;
	if (at < len || at < second) {
		local_enter(self, &operation, OPERATION_PAYLOAD);
		operation_leave(&operation);
		return operation_broken(
			&operation, err,
			"the version string differs in the second call, from offset %d on", at);
	}
	self->opened.payload = self->opened.newest = self->payload;
	self->opened.payload_len = self->opened.newest_len = (size_t)len;
	return 0;
}

static int description_get(struct local *local, struct local_opened *self, struct error *err)
{
	struct migcompat_description description = {.struct_size = sizeof(description)};
	struct operation operation;
	struct opened *opened = &self->opened;
	char why[128];
	int r;

	local_enter(self, &operation, OPERATION_DESCRIBE);
	r = local->ops->describe(self->handle, &description);
	operation_leave(&operation);
	r = operation_error(&operation, r, err);
	if (r)
		return r;
	if (provider_type_trouble(description.type, why, sizeof(why)))
		return operation_broken(&operation, err, "the migration type %s", why);
	if (description.mechanism > MIGCOMPAT_NO)
		return operation_broken(&operation, err, "the mechanism is %u, expected 0 to %u",
					description.mechanism, MIGCOMPAT_NO);
	if (strcmp(description.type, PROVIDER_TYPE_UNSET) == 0 && !description.not_source)
		return operation_broken(&operation, err,
					"the migration type is \"" PROVIDER_TYPE_UNSET
					"\", yet the device can be a source");
	opened->type = description.type;
	opened->model = description.model;
	opened->label = description.label;
	opened->mechanism = description.mechanism;
	opened->mechanism_text = description.mechanism_text;
	opened->not_source = description.not_source;
	opened->not_target = description.not_target;
	return opened->not_source ? 0 : payload_get(local, self, err);
}

/* If the backend gave a sentence with host->fail, that is the error's sentence. */
static int handle_get(struct local *local, struct local_opened *self, struct error *err)
{
	struct error text = {0};
	struct operation operation;
	char why[128];
	int r;

	self->facts.err = &text;
	local_enter(self, &operation, OPERATION_OPEN);
	r = local->ops->open(&services_table, &self->facts, &self->handle);
	operation_leave(&operation);
	self->facts.err = NULL;
	if (r)
		self->handle = NULL;
	else if (!self->handle)
		return operation_broken(&operation, err, "it opened a device without a handle");
	if (*operation.mistake || !r)
		return operation_error(&operation, r, err);
	if (!*text.text)
		return operation_error(&operation, r, err);
	if ((r == -EPERM || r == -EACCES) && !operation.unreadable)
		return error_set(err, r, "%s: %s", text.text,
				 operation_errno_text(&operation, r, why, sizeof(why)));
	return error_set(err, operation_code(r), "%s", text.text);
}

static void handle_close(struct local *local, struct local_opened *self)
{
	struct operation operation;

	if (!self->handle)
		return;
	local_enter(self, &operation, OPERATION_CLOSE);
	local->ops->close(self->handle);
	operation_leave(&operation);
	self->handle = NULL;
}

static void local_close(struct opened *opened)
{
	struct local_opened *self = local_opened_of(opened);
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
	int r = handle_get(local, self, err);

	return r ? r : description_get(local, self, err);
}

static bool writes_older_format(const struct provider *provider)
{
	const struct backend_info *info = &provider->info;
	const struct migcompat_setting *setting = info_setting(info, SETTING_EMIT_FORMAT);
	const char *const *values = provider->settings.values;

	return setting && values && strcmp(values[setting - info->settings], setting->init) != 0;
}

/*
 * Get the payload in the newest format from a handle of its own, since a backend may read
 * the setting in open. This handle is closed before the other one is opened.
 */
static int newest_get(struct local *local, struct local_opened *self, struct error *err)
{
	int r;

	if (!writes_older_format(&local->provider))
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

/* Open both handles. Only the newest payload is taken from the first one. */
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

static int local_open(struct provider *provider, const struct device *device, struct opened **ret,
		      struct error *err)
{
	struct local *local = local_of(provider);
	struct local_opened *self = calloc(1, sizeof(*self));
	pthread_mutex_t *lock;
	int r;

	if (!self)
		return error_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&self->device, NULL);
	self->opened.provider = provider;
	self->opened.device = device;
	self->facts = (struct migcompat_facts){.device = device, .info = &provider->info};
	self->facts.settings = provider->settings.values ? &provider->settings : NULL;
	lock = local_call_begin(self);
	r = device_open(local, self, err);
	local_call_end(lock);
	if (r)
		local_close(&self->opened);
	else
		*ret = &self->opened;
	return r;
}

/* ---------------------------------------------------------------- calls */

/*
 * Check that each field of the record has a finding. If the record could not be read,
 * only a finding about the format is needed. before: findings that the result had before
 * the call.
 */
static int check_judged(struct operation *operation, const struct migcompat_result *result,
			size_t before, struct error *err)
{
	if (result->count == before)
		return operation_broken(operation, err, "it compared nothing");
	if (result->bad_limits & 1u << MIGCOMPAT_LIMIT_FORMAT)
		return 0;
	for (size_t i = 0; i < operation->nfields; i++)
		if (!operation->judged[i] && !result_has(result, before, operation->fields[i]))
			return operation_broken(
				operation, err,
				"it has no finding about the field \"%s\", which has a value",
				operation->fields[i]);
	return 0;
}

static int local_compare(const struct compare_job *job)
{
	struct local_opened *self = local_opened_of(job->opened);
	struct local *local = local_of(job->opened->provider);
	pthread_mutex_t *lock = local_call_begin(self);
	size_t before = job->result->count;
	struct operation operation;
	int r;

	local_enter(self, &operation, OPERATION_COMPARE);
	operation.payload = job->payload;
	operation.payload_len = job->len;
	r = local->ops->compare(self->handle, job->payload, job->len, job->result);
	operation_leave(&operation);
	local_call_end(lock);
	r = operation_error(&operation, r, job->err);
	return r ? r : check_judged(&operation, job->result, before, job->err);
}

static void local_compare_end(struct provider *provider, struct compare_batch *batch,
			      const struct compare_batch *after)
{
	(void)provider, (void)after;
	for (size_t i = 0; i < batch->count; i++)
		batch->jobs[i].r = local_compare(&batch->jobs[i]);
	batch->progress = COMPARE_OVER;
}

static int local_list(struct opened *opened, enum provider_list which, const char *payload,
		      size_t len, struct migcompat_sink *sink, struct error *err)
{
	struct local_opened *self = local_opened_of(opened);
	struct local *local = local_of(opened->provider);
	const struct {
		enum operation_kind kind;
		int (*run)(void *, const char *, size_t, struct migcompat_sink *);
	} operations[] = {
		[PROVIDER_CANDIDATES] = {OPERATION_CANDIDATES, local->ops->candidates},
		[PROVIDER_PARAMETERS] = {OPERATION_PARAMETERS, local->ops->parameters},
		[PROVIDER_PREPARE] = {OPERATION_PREPARE, local->ops->prepare},
	};
	struct operation operation;
	pthread_mutex_t *lock;
	int r;

	if (!operations[which].run)
		return -EOPNOTSUPP;
	lock = local_call_begin(self);
	local_enter(self, &operation, operations[which].kind);
	operation.payload = payload;
	operation.payload_len = len;
	operation.listed = sink->nparameters;
	r = operations[which].run(self->handle, payload, len, sink);
	operation_leave(&operation);
	local_call_end(lock);
	/* The backend may have ignored the error. */
	if (sink->failed)
		r = sink->failed;
	return operation_error(&operation, r, err);
}

static int local_stream(struct provider *provider, struct opened *opened,
			const struct stream_head *head, struct migcompat_result *result,
			struct error *err)
{
	struct local_opened *self = opened ? local_opened_of(opened) : NULL;
	struct local *local = local_of(provider);
	struct operation operation;
	pthread_mutex_t *lock = NULL;
	size_t before = result->count;
	char why[128];
	int r;

	if (self)
		lock = local_call_begin(self);
	else if (local->ops->thread_model == MIGCOMPAT_THREAD_SERIAL)
		pthread_mutex_lock(lock = &local->serial);
	operation_enter(&operation, OPERATION_STREAM, provider->info.name,
			self ? opened->device->id : NULL);
	r = local->ops->stream(&services_table, self ? self->handle : NULL, head->bytes, head->len,
			       head->size, result);
	operation_leave(&operation);
	local_call_end(lock);
	if (*operation.mistake)
		return operation_error(&operation, r, err);
	if (r && r != -ENOMSG)
		return error_set(
			err, operation_code(r), "backend %s: the stream could not be read: %s",
			provider->info.name, operation_errno_text(&operation, r, why, sizeof(why)));
	if (r == -ENOMSG && result->count == before)
		return error_set(err, r, "backend %s: it is no stream that it knows",
				 provider->info.name);
	if (r == -ENOMSG)
		return operation_broken(&operation, err,
					"it added a finding about a stream that it does not know");
	if (result->count == before)
		return operation_broken(&operation, err,
					"it added no finding about a stream that it knows");
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
	int r = loader_load(local->provider.info.path, file, &local->provider.arena, &local->loaded,
			    &info, err);

	if (r)
		return r;
	local->provider.info = info;
	local->ops = loaded_ops(local->loaded);
	return 0;
}

int provider_local_from(const char *path, const char *file, const char *refusal,
			struct provider **ret, struct error *err)
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
