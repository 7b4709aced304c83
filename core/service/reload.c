/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One job makes a new world and drops the old one: both block on processes. */
#include "core/service/reload.h"

#include <inttypes.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#include "core/service/clock.h"
#include "core/service/log.h"

static void reload_submit(struct reload *reload);

static void reload_failed(const char *text)
{
	log_say(LOG_ERR, "the old policy stays in force: %s", text);
	sd_notifyf(0, "READY=1\nSTATUS=The old policy stays in force: %s", text);
}

static void reload_run(struct pool_job *job)
{
	struct reload *reload = (struct reload *)(void *)job;

	reload->old = world_unref(reload->old);
	if (reload->load && world_new(reload->options, reload->holds, &reload->made, &reload->err))
		reload->made = NULL;
}

static void reload_done(struct pool_job *job)
{
	struct reload *reload = (struct reload *)(void *)job;

	reload->busy = false;
	if (reload->made) {
		reload->old = reload->swap(reload->arg, reload->made);
		reload->made = NULL;
		log_say(LOG_NOTICE, "policy and backends were reloaded");
		sd_notify(0, "READY=1\nSTATUS=");
	} else if (reload->load) {
		reload_failed(reload->err.text);
	}
	reload->load = false;
	if (reload->again)
		reload_start(reload);
	else if (reload->old)
		reload_submit(reload);
}

static void reload_submit(struct reload *reload)
{
	reload->job = (struct pool_job){.run = reload_run, .done = reload_done, .kind = POOL_OWN};
	reload->busy = pool_submit(reload->pool, &reload->job) == 0;
}

void reload_start(struct reload *reload)
{
	reload->again = reload->busy;
	if (reload->busy)
		return;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us());
	reload->load = true;
	reload_submit(reload);
	if (reload->busy)
		return;
	reload->load = false;
	reload_failed("the job queue is full");
}

void reload_free(struct reload *reload)
{
	world_unref(reload->made);
	world_unref(reload->old);
}
