/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A state is the status of the provider's worker; its generation grows with each restart.
 */
#include "core/service/watch/backend_states.h"

#include <errno.h>
#include <stdlib.h>

#include "core/check/json.h"
#include "core/service/log.h"
#include "core/wire/confinement.h"

struct backend_state {
	enum provider_state state;
	uint32_t generation;
};

static struct backend_state state_of(struct provider *provider)
{
	struct provider_status status;

	provider_status(provider, &status);
	return (struct backend_state){.state = status.state, .generation = status.generation};
}

int backend_states_read(struct backend_states *states, const struct engine *engine)
{
	struct backend_state *list = calloc(engine->nproviders + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < engine->nproviders; i++)
		list[i] = state_of(engine->providers[i]);
	backend_states_free(states);
	*states = (struct backend_states){.list = list, .count = engine->nproviders};
	return 0;
}

json_t *backend_states_changed(struct backend_states *states, const struct engine *engine)
{
	json_t *changed = json_array();

	for (size_t i = 0; i < states->count && changed; i++) {
		const struct backend_state now = state_of(engine->providers[i]);

		if (now.state == states->list[i].state &&
		    now.generation == states->list[i].generation)
			continue;
		if (json_array_append_new(changed, json_provider(engine->providers[i]))) {
			json_decref(changed);
			return NULL;
		}
		states->list[i] = now;
	}
	return changed;
}

void backend_states_free(struct backend_states *states)
{
	free(states->list);
	*states = (struct backend_states){.list = NULL};
}

void backend_states_log_missing(const struct engine *engine, uint32_t *logged)
{
	char text[CONFINEMENT_TEXT_MAX];
	uint32_t missing = 0;

	for (size_t i = 0; i < engine->nproviders; i++) {
		struct provider_status status;

		provider_status(engine->providers[i], &status);
		missing |= status.missing;
	}
	missing &= ~*logged;
	if (missing)
		log_say(LOG_WARNING, "a backend's worker runs without parts of its confinement: %s",
			confinement_text(missing, text, sizeof(text)));
	*logged |= missing;
}
