/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One device's row. Opens it and closes it again; whatever fails becomes part of the row. */
#include "core/check/row.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *keep(struct arena *arena, const char *text)
{
	return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

static void row_open(struct row *row, struct opened *opened, const struct engine *engine, struct arena *arena)
{
	char text[MIGCOMPAT_STRING_MAX + 1];
	char reason[ERROR_TEXT_MAX * 2];
	struct error err;
	const char *mechanism;

	snprintf(text, sizeof(text), "%s:%s", opened->provider->info.name, opened->type);
	row->type = keep(arena, text);
	row->model = keep(arena, opened->model);
	row->label = keep(arena, opened->label);
	row->mechanism = check_mechanism(opened, &mechanism);
	row->mechanism_text = keep(arena, mechanism);
	row->source = opened->not_source ? MIGCOMPAT_NO : MIGCOMPAT_YES;
	row->target = opened->not_target ? MIGCOMPAT_NO : MIGCOMPAT_YES;
	if (opened->not_source && opened->not_target && strcmp(opened->not_source, opened->not_target) != 0) {
		snprintf(reason, sizeof(reason), "%s; %s", opened->not_source, opened->not_target);
		row->reason = keep(arena, reason);
	} else {
		row->reason = keep(arena, opened->not_source ? opened->not_source : opened->not_target);
	}
	if (!opened->not_source) {
		int len = check_version(opened, text, sizeof(text), &err);

		row->version = len < 0 ? NULL : keep(arena, text);
		if (len < 0) {
			row->source = MIGCOMPAT_UNKNOWN;
			row->error = len;
			row->reason = keep(arena, err.text);
		}
	}
	fingerprint_device(engine, opened, text);
	row->fingerprint = keep(arena, text);
}

int row_make(const struct engine *engine, const struct device *device, struct arena *arena, struct row *ret)
{
	struct row row = {.device = device};
	const char *available = device->kind == MIGCOMPAT_KIND_MDEV_TYPE ? factset_text(&device->facts, "mdev_type/available_instances") : NULL;
	struct provider *provider = NULL;
	struct opened *opened = NULL;
	struct error err = {0};
	char hold[ERROR_TEXT_MAX];
	int r;

	row.driver = device->driver ? device->driver : factset_text(&device->facts, device->kind == MIGCOMPAT_KIND_MDEV_TYPE ? "parent/driver" : "driver");
	if (available)
		row.available = strcmp(available, "0") == 0 ? MIGCOMPAT_NO : MIGCOMPAT_YES;
	if (engine->hold && engine->hold(engine->hold_arg, device, hold, sizeof(hold)))
		row.hold = keep(arena, hold);
	r = engine_provider(engine, device, &provider, &err);
	if (!r) {
		row.backend = keep(arena, provider->info.name);
		r = provider_open(provider, device, &opened, &err);
	}
	if (!r) {
		row_open(&row, opened, engine, arena);
		opened_close(opened);
	} else {
		row.reason = keep(arena, err.text);
		row.source = row.target = r == -ENODEV ? MIGCOMPAT_NO : MIGCOMPAT_UNKNOWN;
		row.error = r == -ENODEV ? 0 : r;
	}
	/* Who reads it would ask elsewhere, where nobody knows of the hold, or of one that there may be. */
	if (row.hold || engine->holds_unread)
		row.version = NULL;
	if (!row.reason && (row.error || row.source == MIGCOMPAT_NO))
		return -ENOMEM;
	*ret = row;
	return 0;
}

const char *row_migratable(const struct row *row)
{
	if (row->error == -ENOTCONN)
		return "unknown";
	if (row->error)
		return "error";
	if (row->source == row->target)
		return state_name(row->source);
	return row->source == MIGCOMPAT_YES ? "source" : "target";
}
