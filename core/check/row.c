/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the row of one device, which it opens and closes. An error becomes part of the row. */
#include "core/check/row.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/check/class.h"

/*
 * Copies texts into a row's arena. NULL means that there is no such text, so if a copy fails there
 * is no row.
 */
struct keeper {
	struct arena *arena;
	bool failed;
};

static const char *keep(struct keeper *keeper, const char *text)
{
	const char *copy = text ? arena_copy(keeper->arena, text, strlen(text)) : NULL;

	keeper->failed |= text && !copy;
	return copy;
}

static void row_open(struct row *row, struct opened *opened, const struct engine *engine,
		     struct keeper *keeper)
{
	char text[MIGCOMPAT_STRING_MAX + 1];
	char reason[ERROR_TEXT_MAX * 2];
	struct error err;

	snprintf(text, sizeof(text), "%s:%s", opened->provider->info.name, opened->type);
	row->type = keep(keeper, text);
	row->model = keep(keeper, opened->model);
	row->label = keep(keeper, opened->label);
	row->source = opened->not_source ? MIGCOMPAT_NO : MIGCOMPAT_YES;
	row->target = opened->not_target ? MIGCOMPAT_NO : MIGCOMPAT_YES;
	if (opened->not_source && opened->not_target &&
	    strcmp(opened->not_source, opened->not_target) != 0) {
		snprintf(reason, sizeof(reason), "%s; %s", opened->not_source, opened->not_target);
		row->reason = keep(keeper, reason);
	} else {
		row->reason =
			keep(keeper, opened->not_source ? opened->not_source : opened->not_target);
	}
	if (!opened->not_source) {
		int len = check_version(opened, text, sizeof(text), &err);

		row->version = len < 0 ? NULL : keep(keeper, text);
		if (len < 0) {
			row->source = MIGCOMPAT_UNKNOWN;
			row->error = len;
			row->reason = keep(keeper, err.text);
		}
	}
	row->class = keep(keeper, class_name(opened, text));
	fingerprint_device(engine, opened, text);
	row->fingerprint = keep(keeper, text);
}

/* Let the mode judge the mechanism. The roles stay those that the backend gives. */
static void row_judge(struct row *row, enum policy_mechanism mode, struct keeper *keeper)
{
	struct error err = {0};

	if (row->error || (row->source == MIGCOMPAT_NO && row->target == MIGCOMPAT_NO) ||
	    !row->mechanism.text || !mechanism_judge(mode, &row->mechanism, &err))
		return;
	row->refused = true;
	row->reason = keep(keeper, err.text);
}

int row_make(const struct engine *engine, const struct device *device, struct arena *arena,
	     struct row *ret)
{
	struct row row = {.device = device, .available = check_instances(device)};
	struct opening opening;
	struct error err = {0};
	struct keeper keeper = {.arena = arena};
	char hold[ERROR_TEXT_MAX];
	int r;

	row.driver = device->driver
			     ? device->driver
			     : factset_text(&device->facts, device->kind == MIGCOMPAT_KIND_MDEV_TYPE
								    ? "parent/driver"
								    : "driver");
	if (row.available == MIGCOMPAT_NO)
		row.available_text = NO_INSTANCE;
	if (engine->hold && engine->hold(engine->hold_arg, device, hold, sizeof(hold)))
		row.hold = keep(&keeper, hold);
	check_find(engine, device, &opening, &err);
	if (opening.provider)
		row.backend = keep(&keeper, opening.provider->info.name);
	r = check_open(engine, &opening, &err);
	row.mechanism = opening.mechanism;
	/* The text of an open device goes when it is closed. */
	row.mechanism.text = keep(&keeper, row.mechanism.text);
	if (!r) {
		row_open(&row, opening.opened, engine, &keeper);
		opened_close(opening.opened);
	} else {
		row.reason = keep(&keeper, err.text);
		row.source = row.target = r == -ENODEV ? MIGCOMPAT_NO : MIGCOMPAT_UNKNOWN;
		row.error = r == -ENODEV ? 0 : r;
	}
	row_judge(&row, engine->mode, &keeper);
	/* Withhold the string: its reader would check on a host that does not know the hold. */
	if (row.hold || engine->holds_unread)
		row.version = NULL;
	if (keeper.failed)
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
	if (row->refused)
		return "no";
	if (row->source == row->target)
		return state_name(row->source);
	return row->source == MIGCOMPAT_YES ? "source" : "target";
}
