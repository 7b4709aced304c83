/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One row per device that a backend serves. If the backend gives no type, the row has the
 * error that reading migration_type returns.
 */
#include "core/service/kernel/attachment_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/check.h"
#include "core/facts/text.h"
#include "core/service/kernel/broker.h"
#include "core/service/log.h"

#define SCAN_PARAMETERS_BYTES (512u << 10) /* of one device; twice what a broker message holds */

static const char *text_join(struct arena *arena, const char *first, char between,
			     const char *second)
{
	char whole[MIGCOMPAT_PREFIX_MAX * 2];
	int len = text_format(whole, sizeof(whole), "%s%c%s", first, between, second);

	return len < 0 ? NULL : arena_copy(arena, whole, (size_t)len);
}

/* The name of a type's class device includes its parent's; '/' is not allowed in it. */
static char *subject_of(struct arena *arena, const struct device *device)
{
	const char *from = device->kind == MIGCOMPAT_KIND_MDEV_TYPE ? device->id : device->path;
	char *subject = from ? arena_copy(arena, from, strlen(from)) : NULL;
	char *slash =
		subject && device->kind == MIGCOMPAT_KIND_MDEV_TYPE ? strchr(subject, '/') : NULL;

	if (slash)
		*slash = '!';
	return subject;
}

static struct scan_row *row_add(struct attachment_scan *scan)
{
	size_t room = scan->room ? scan->room * 2 : 16;
	struct scan_row *rows;

	if (scan->count == scan->room) {
		rows = realloc(scan->rows, room * sizeof(*rows));
		if (!rows)
			return NULL;
		scan->rows = rows;
		scan->room = room;
	}
	scan->rows[scan->count] = (struct scan_row){.id = NULL};
	return &scan->rows[scan->count++];
}

static bool is_temporary(int r)
{
	return r == -EIO || r == -ETIMEDOUT || r == -ENOMEM;
}

/*
 * before, after: the provider's status around a call that returned r. A call of another
 * caller may have ended the worker in between.
 */
static enum scan_outcome outcome_of(int r, const struct provider_status *before,
				    const struct provider_status *after)
{
	if (!is_temporary(r) || after->state == PROVIDER_PARKED || after->state == PROVIDER_ENDED)
		return SCAN_ANSWERED;
	if (after->state == PROVIDER_RESTARTING)
		return before->state == after->state && before->generation == after->generation
			       ? SCAN_BUSY
			       : SCAN_ENDED;
	/* If this call itself had timed out, the worker would have been killed. */
	return r == -ETIMEDOUT ? SCAN_BUSY : SCAN_FAILED;
}

/* Ask for type and parameters. */
static int row_ask(struct attachment_scan *scan, struct scan_row *row, struct provider *provider,
		   const struct device *device)
{
	struct opened *opened = NULL;
	struct error err = {0};
	int r = provider_open(provider, device, &opened, &err);

	row->type_error = r;
	if (r)
		return r;
	row->type = text_join(&scan->arena, provider->info.name, ':', opened->type);
	r = opened_list(opened, PROVIDER_PARAMETERS, NULL, 0, &row->parameters, &err);
	/*
	 * A scan keeps the parameters of all devices, and no more than this is
	 * publishable.
	 */
	if (!r && (row->parameters.nparameters > MIGCOMPAT_BROKER_PARAMETERS_MAX ||
		   row->parameters.arena.total > SCAN_PARAMETERS_BYTES)) {
		log_say(LOG_WARNING, "%s: too many or too long parameters to publish", row->id);
		r = -E2BIG;
	}
	if (r)
		sink_free(&row->parameters);
	opened_close(opened);
	return r;
}

static bool *resting_of(const struct attachment_scan *scan, const struct engine *engine,
			const struct provider *provider)
{
	size_t i = 0;

	while (engine->providers[i] != provider)
		i++;
	return &scan->resting[i];
}

static int row_describe(struct attachment_scan *scan, struct scan_row *row,
			const struct engine *engine, struct provider *provider,
			const struct device *device)
{
	bool *resting = resting_of(scan, engine, provider);
	struct provider_status before, after;
	int r;

	if (*resting || (scan->waits && scan->waits(scan->arg, row->id, row->backend))) {
		row->outcome = SCAN_SKIPPED;
		row->type_error = -EIO;
		return 0;
	}
	provider_status(provider, &before);
	r = row_ask(scan, row, provider, device);
	provider_status(provider, &after);
	row->outcome = outcome_of(r, &before, &after);
	if (row->outcome == SCAN_ANSWERED && device_lacks_type(device)) {
		row->outcome = SCAN_FAILED;
		row->type_error = row->type_error ? -EIO : 0;
	}
	*resting = row->outcome == SCAN_BUSY || row->outcome == SCAN_ENDED;
	return row->type || row->type_error ? 0 : -ENOMEM;
}

static int scan_device(struct attachment_scan *scan, const struct engine *engine,
		       const struct device *device)
{
	struct provider *provider = NULL;
	struct scan_row *row;

	/*
	 * A device that no backend serves, or two claim, has no attribute, which callers
	 * take as "not compatible" too.
	 */
	if (engine_provider(engine, device, &provider, NULL) ||
	    (!device->path && device->kind != MIGCOMPAT_KIND_MDEV_TYPE))
		return 0;
	row = row_add(scan);
	if (!row)
		return -ENOMEM;
	row->is_type = device->kind == MIGCOMPAT_KIND_MDEV_TYPE;
	row->id = arena_copy(&scan->arena, device->id, strlen(device->id));
	row->subject = subject_of(&scan->arena, device);
	row->backend = arena_copy(&scan->arena, provider->info.name, strlen(provider->info.name));
	if (!row->id || !row->subject || !row->backend)
		return -ENOMEM;
	return row_describe(scan, row, engine, provider, device);
}

static int scan_view(struct attachment_scan *scan, struct world *world, const char *only,
		     struct error *err)
{
	struct view view;
	int r = view_open(world, only, &view, err);

	if (r)
		return r;
	for (size_t i = 0; i < view.engine.inventory.ndevices && !r; i++)
		r = scan_device(scan, &view.engine, &view.engine.inventory.devices[i]);
	view_close(&view);
	return r ? error_set(err, r, "out of memory") : 0;
}

int attachment_scan_run(struct attachment_scan *scan, struct world *world, char *const *ids,
			size_t nids, struct error *err)
{
	int r = 0;

	scan->resting = calloc(world->engine.nproviders + 1, sizeof(*scan->resting));
	if (!scan->resting)
		return error_set(err, -ENOMEM, "out of memory");
	if (!ids)
		return scan_view(scan, world, NULL, err);
	for (size_t i = 0; i < nids && !r; i++)
		r = scan_view(scan, world, ids[i], err);
	return r;
}

void attachment_scan_free(struct attachment_scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		sink_free(&scan->rows[i].parameters);
	free(scan->rows);
	free(scan->resting);
	arena_free(&scan->arena);
	*scan = (struct attachment_scan){.rows = NULL};
}
