/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The vfio_ap backend: the devices that it serves, the facts and settings that it wants,
 * and how it opens a device.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ap.h"

/* The guest sees an AP matrix. A larger target must have the same type, so the type has
 * no size. */
#define TYPE "passthrough"

static const char *const keys[] = {"vfio_ap", NULL};

#define HOST MIGCOMPAT_WANT_HOST
#define AVAILABILITY MIGCOMPAT_WANT_AVAILABILITY
#define SENSITIVE MIGCOMPAT_WANT_SENSITIVE

/* No fact is announced: vfio_ap sends no uevent when a matrix changes, and the AP bus
 * sends none for its masks. */
static const struct migcompat_want wants[] = {
	{"ap_config", 0},
	{"matrix", 0},
	{"control_domains", 0},
	{"guest_matrix", 0},
	{"mdev_type", 0},
	{"mdev_type/available_instances", AVAILABILITY},
	{"parent/features", 0},
	{"vfio/debugfs", 0},
	{"vfio/migration/features", 0},
	{"vfio/migration/state", AVAILABILITY}, /* only its existence counts */
	{"firmware/uv/prot_virt_guest", HOST},
	{"bus/ap/features", HOST},
	{"bus/ap/apmask", HOST | AVAILABILITY},
	{"bus/ap/aqmask", HOST | AVAILABILITY},
	{"bus/ap/ap_control_domain_mask", HOST},
	{"bus/ap/ap_usage_domain_mask", HOST},
	{"bus/ap/devices/*/hwtype", HOST},
	{"bus/ap/devices/card*/raw_hwtype", HOST},
	{"bus/ap/devices/*/ap_functions", HOST},
	{"bus/ap/devices/*/driver", HOST | AVAILABILITY},
	{"bus/ap/devices/*/status", HOST | AVAILABILITY},
	{"bus/ap/devices/card*/config", HOST | AVAILABILITY},
	{"bus/ap/devices/card*/chkstop", HOST | AVAILABILITY},
	{"bus/ap/devices/*/mkvps", HOST | SENSITIVE},
	{"stated/mkvps/*", HOST | SENSITIVE},
};

static const struct migcompat_setting settings[] = {
	{"master_keys", MIGCOMPAT_SETTING_STRING, "ignore,warn,require", "warn",
	 "what to do if the current master keys of an adapter differ or are not known"},
	{"emit_format", MIGCOMPAT_SETTING_INT, "1-1", "1",
	 "payload format that is written, for targets that are not yet upgraded"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---------------------------------------------------------------- opening */

static void settings_open(struct ap *ap)
{
	const char *master_keys = ap->host->setting(ap->facts, "master_keys");
	const char *emit_format = ap->host->setting(ap->facts, "emit_format");

	/* If a value is unexpected, the strictest meaning holds. */
	ap->master_keys = MASTER_KEYS_REQUIRE;
	if (master_keys && strcmp(master_keys, "ignore") == 0)
		ap->master_keys = MASTER_KEYS_IGNORE;
	else if (!master_keys || strcmp(master_keys, "warn") == 0)
		ap->master_keys = MASTER_KEYS_WARN;
	ap->emit_format = emit_format ? (uint32_t)strtoul(emit_format, NULL, 10) : 1;
}

static int type_open(struct ap *ap)
{
	const char *text;

	if (ap->host->fact(ap->facts, 0, "mdev_type", &text, NULL) == 0 &&
	    strcmp(text, "vfio_ap-" TYPE) != 0)
		return ap->host->fail(ap->facts, -ENODEV,
				      "mdev type \"%.64s\" is not known, expected vfio_ap-" TYPE,
				      text);
	if (ap->is_type &&
	    ap->host->fact(ap->facts, 0, "mdev_type/available_instances", &text, NULL) == 0)
		ap->no_instances = strcmp(text, "0") == 0;
	return 0;
}

static void label_make(struct ap *ap)
{
	const struct ap_matrix *sent = &ap->sent, *matrix = &ap->matrix;
	char more[96] = "";

	if (ap->is_type) {
		snprintf(ap->label, sizeof(ap->label), "AP matrix, not created yet");
		return;
	}
	if (ap->sent_is_configured)
		snprintf(more, sizeof(more), ", as configured (guest_matrix is not known)");
	else if (!mask_equal(&sent->adapters, &matrix->adapters) ||
		 !mask_equal(&sent->domains, &matrix->domains))
		snprintf(more, sizeof(more), ", of %u x %u configured",
			 mask_count(&matrix->adapters), mask_count(&matrix->domains));
	snprintf(ap->label, sizeof(ap->label),
		 "AP matrix of %u adapters x %u domains, %u control domains%s",
		 mask_count(&sent->adapters), mask_count(&sent->domains),
		 mask_count(&sent->control), more);
}

static void ap_close(void *handle)
{
	struct ap *ap = handle;

	cards_close(ap);
	free(ap->guest);
	free(ap);
}

static int ap_open(const struct migcompat_host *host, const struct migcompat_facts *facts,
		   void **ret_handle)
{
	int kind = host->kind(facts);
	struct ap *ap;
	int r;

	if (kind != MIGCOMPAT_KIND_MDEV && kind != MIGCOMPAT_KIND_MDEV_TYPE)
		return host->fail(facts, -ENODEV, "AP queues reach a guest as an mdev only");
	ap = calloc(1, sizeof(*ap));
	if (!ap)
		return host->fail(facts, -ENOMEM, "out of memory");
	ap->host = host;
	ap->facts = facts;
	ap->is_type = kind == MIGCOMPAT_KIND_MDEV_TYPE;
	settings_open(ap);
	mechanism_open(ap);
	r = type_open(ap);
	if (r == 0 && !ap->is_type)
		r = matrix_open(ap);
	if (r == 0)
		r = facts_open(ap);
	if (r == 0 && !ap->is_type)
		r = sent_open(ap);
	if (r == 0) {
		cards_open(ap);
		r = payload_open(ap);
	}
	if (r) {
		ap_close(ap);
		return r;
	}
	label_make(ap);
	*ret_handle = ap;
	return 0;
}

/* ---------------------------------------------------------------- what it is */

static int ap_describe(void *handle, struct migcompat_description *ret)
{
	const struct ap *ap = handle;

	ret->type = TYPE;
	ret->model = "org.kernel/vfio_ap/" TYPE;
	ret->label = ap->label;
	ret->mechanism = ap->mechanism;
	ret->mechanism_text = ap->mechanism_text;
	ret->not_source = ap->not_source[0] ? ap->not_source : NULL;
	return 0;
}

static int ap_payload(void *handle, char *buffer, size_t size)
{
	const struct ap *ap = handle;

	if (ap->payload_len == 0)
		return -ENODEV; /* not_source is set */
	if (ap->payload_len > size)
		return -ENOBUFS;
	memcpy(buffer, ap->payload, ap->payload_len);
	return (int)ap->payload_len;
}

MIGCOMPAT_REGISTER(.thread_model = MIGCOMPAT_THREAD_DEVICE, /* the handle keeps the hashes of the
							       last source's domains */
		   .name = "vfio_ap", .version = "1.0.0",
		   .description =
			   "AP matrices of IBM Z: queues, control domains, cards and master keys",
		   .keys = keys, .wants = wants, .want_size = sizeof(wants[0]),
		   .nwants = COUNT(wants), .settings = settings,
		   .setting_size = sizeof(settings[0]), .nsettings = COUNT(settings),
		   .open = ap_open, .close = ap_close, .describe = ap_describe,
		   .payload = ap_payload, .compare = ap_compare, .candidates = ap_candidates,
		   .parameters = ap_parameters, .prepare = ap_prepare, .stream = ap_stream);
