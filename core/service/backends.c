/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A backend's state is what its provider says of its worker. */
#include "core/service/backends.h"

#include <errno.h>
#include <stdlib.h>

#include "core/check/json.h"

struct backend_seen {
	enum provider_state state;
	uint32_t generation;
};

static const char *state_text(enum provider_state state)
{
	switch (state) {
	case PROVIDER_RESTARTING:
		return "restarting";
	case PROVIDER_PARKED:
		return "parked";
	case PROVIDER_ENDED:
		return "failed";
	default:
		return "running";
	}
}

static json_t *backend_document(struct provider *provider)
{
	struct provider_status status;
	json_t *object = json_backend(&provider->info);
	int failed = !object;

	provider_status(provider, &status);
	failed = failed || json_object_set_new(object, "state", json_string(state_text(status.state)));
	failed = failed || json_object_set_new(object, "restarts", json_integer(status.generation ? (json_int_t)status.generation - 1 : 0));
	failed = failed || json_object_set_new(object, "ended", json_clean(*status.death.text ? status.death.text : NULL));
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

json_t *backends_document(const struct engine *engine)
{
	json_t *list = json_array();

	for (size_t i = 0; i < engine->nproviders && list; i++) {
		if (json_array_append_new(list, backend_document(engine->providers[i]))) {
			json_decref(list);
			list = NULL;
		}
	}
	return list ? json_pack("{s:s,s:o}", "format", "migcompat-backends/1", "backends", list) : NULL;
}

static struct backend_seen see(struct provider *provider)
{
	struct provider_status status;

	provider_status(provider, &status);
	return (struct backend_seen){.state = status.state, .generation = status.generation};
}

int backends_seen_begin(struct backends_seen *seen, const struct engine *engine)
{
	struct backend_seen *list = calloc(engine->nproviders + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < engine->nproviders; i++)
		list[i] = see(engine->providers[i]);
	backends_seen_free(seen);
	*seen = (struct backends_seen){.list = list, .count = engine->nproviders};
	return 0;
}

json_t *backends_seen_again(struct backends_seen *seen, const struct engine *engine)
{
	json_t *changed = json_array();

	for (size_t i = 0; i < seen->count && changed; i++) {
		const struct backend_seen now = see(engine->providers[i]);

		if (now.state == seen->list[i].state && now.generation == seen->list[i].generation)
			continue;
		if (json_array_append_new(changed, backend_document(engine->providers[i]))) {
			json_decref(changed);
			return NULL;
		}
		seen->list[i] = now;
	}
	return changed;
}

void backends_seen_free(struct backends_seen *seen)
{
	free(seen->list);
	*seen = (struct backends_seen){.list = NULL};
}
