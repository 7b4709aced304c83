/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From phase to phase. Whoever fell too far behind begins anew. */
#include "core/service/watch/watch_cursor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int word_taken(json_t *word, json_t **ret)
{
	if (!word)
		return -ENOMEM;
	*ret = word;
	return 1;
}

void place_clear(struct place *place)
{
	free(place->last_host);
	free(place->last_device);
	place->last_host = place->last_device = NULL;
}

static int last_set(struct place *place, const struct seen *seen)
{
	place_clear(place);
	place->last_host = strdup(seen->host);
	place->last_device = strdup(seen->device);
	if (place->last_host && place->last_device)
		return 0;
	place_clear(place);
	return -ENOMEM;
}

/* By name, as the list may be another than it was. */
static size_t index_next(const struct place *place, const struct seen_list *list)
{
	const struct seen last = {.host = place->last_host, .device = place->last_device};
	size_t i = place->last_host ? seen_index(list, place->last_host, place->last_device) : 0;

	while (i < list->count &&
	       ((place->last_host && seen_compare(&list->list[i], &last) <= 0) ||
		(!place->types && list->list[i].kind == MIGCOMPAT_KIND_MDEV_TYPE)))
		i++;
	return i;
}

static int next_there(struct place *place, const struct told *told, json_t **ret)
{
	size_t i = index_next(place, &told->devices);

	if (i == told->devices.count) {
		place_clear(place);
		place->phase = PHASE_CHANGES;
		return word_taken(told_event("ready"), ret);
	}
	if (last_set(place, &told->devices.list[i]))
		return -ENOMEM;
	return word_taken(told_device(told, "present", &told->devices.list[i], NULL), ret);
}

static int next_change(struct place *place, const struct told *told, json_t **ret)
{
	while (place->next < told->next) {
		const struct told_change *change = told_change(told, place->next);

		if (!change) {
			place->phase = PHASE_WAIT;
			return word_taken(told_event("rescan"), ret);
		}
		place->next++;
		if (!change->of_type || place->types)
			return word_taken(json_incref(change->word), ret);
	}
	return 0;
}

int place_next(struct place *place, const struct told *told, json_t **ret)
{
	if (place->phase == PHASE_POLICY) {
		place->phase = PHASE_WAIT;
		return word_taken(told_event("policy"), ret);
	}
	if (place->phase == PHASE_WAIT) {
		if (!told->whole)
			return 0;
		/* Changes from here on: some of them may stand in what is told to be there already.
		 */
		place->next = told->next;
		place->phase = PHASE_THERE;
		place_clear(place);
	}
	return place->phase == PHASE_THERE ? next_there(place, told, ret)
					   : next_change(place, told, ret);
}
