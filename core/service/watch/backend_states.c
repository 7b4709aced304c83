/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A backend's state is what its provider says of its worker. */
#include "core/service/watch/backend_states.h"

#include <errno.h>
#include <stdlib.h>

#include "core/wire/confinement.h"
#include "core/check/json.h"
#include "core/service/log.h"

struct backend_seen {
	enum provider_state state;
	uint32_t generation;
};

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
		if (json_array_append_new(changed, json_provider(engine->providers[i]))) {
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

void backends_say_missing(const struct engine *engine, uint32_t *said)
{
	char text[CONFINEMENT_TEXT_MAX];
	uint32_t missing = 0;

	for (size_t i = 0; i < engine->nproviders; i++) {
		struct provider_status status;

		provider_status(engine->providers[i], &status);
		missing |= status.missing;
	}
	missing &= ~*said;
	if (missing)
		log_say(LOG_WARNING, "a backend's worker is confined less than it should be: %s",
			confinement_text(missing, text, sizeof(text)));
	*said |= missing;
}
