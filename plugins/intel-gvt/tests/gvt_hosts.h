/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The recorded GVT-g hosts, loaded with a policy. */
#ifndef PLUGINS_INTEL_GVT_TESTS_GVT_HOSTS_H
#define PLUGINS_INTEL_GVT_TESTS_GVT_HOSTS_H

#include <errno.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check/ask.h"
#include "core/check/check.h"
#include "core/check/plan.h"
#include "tests/support/test.h"

#define HOSTS TEST_SOURCE "/tests/hosts/"
#define GEN9_4 "gvt-gen9-1024//e6d3b8a4-1f75-4e09-87c2-9a0d5c4b0921"
#define GEN9_8 "gvt-gen9-1024//7f9b2e60-c8a1-4d3f-b594-2e1c6d8a0922"
#define TYPE(host, id) host "//0000:00:02.0/i915-GVTg_" id

static const struct {
	const char *name;
	unsigned generation;
	uint64_t aperture_mb;
	size_t ntypes;
} hosts[] = {
	{"gvt-gen8-256", 8, 256, 2},
	{"gvt-gen8-1024", 8, 1024, 4},
	{"gvt-gen9-256", 9, 256, 2},
	{"gvt-gen9-1024", 9, 1024, 4},
};
#define HOST_COUNT (sizeof(hosts) / sizeof(hosts[0]))

/* No recorded host aggregates, since the proposal was never merged. This one follows the
 * proposal. */
static const char aggregating[] =
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"aggregating\"},\"devices\":["
	"{\"id\":\"a0000000-0000-4000-8000-000000000001\",\"kind\":\"mdev\",\"facts\":{\"mdev_"
	"type\":\"i915-GVTg_V5_8\","
	"\"aggregated_instances\":\"2\",\"parent/vendor\":\"0x8086\",\"parent/"
	"device\":\"0x1912\",\"parent/driver\":\"i915\"}},"
	"{\"id\":\"0000:00:02.0/"
	"i915-GVTg_V5_8\",\"kind\":\"mdev-type\",\"facts\":{\"mdev_type\":\"i915-GVTg_V5_8\","
	"\"mdev_type/aggregation\":\"4\",\"mdev_type/available_instances\":\"1\",\"parent/"
	"vendor\":\"0x8086\",\"parent/device\":\"0x1912\","
	"\"parent/driver\":\"i915\"}}]}";
#define TWICE "aggregating//a0000000-0000-4000-8000-000000000001"

struct room {
	char config[32];
	struct engine_options options;
	struct engine engine;
	struct migcompat_verdict verdict;
};

static inline void add_file(struct room *room, const char *name)
{
	struct error err = {0};
	char path[4096];

	snprintf(path, sizeof(path), HOSTS "%s.json", name);
	if (engine_add_file(&room->engine, path, &err) != 0)
		fail_msg("%s", err.text);
}

static inline void write_policy(const struct room *room, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/migcompat.conf", room->config);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	/* The umask of the user may be anything. */
	assert_int_equal(chmod(path, 0644), 0);
}

/* The policy is in a folder of its own, so this machine's policy has no effect. */
static inline int setup_with(void **state, const char *policy)
{
	struct room *room = calloc(1, sizeof(*room));
	struct error err = {0};

	assert_non_null(room);
	*state = room;
	strcpy(room->config, "/tmp/gvt-hosts-XXXXXX");
	assert_non_null(mkdtemp(room->config));
	write_policy(room, policy);
	room->options = (struct engine_options){.backend_dir = TEST_BACKENDS,
						.config = room->config,
						.worker = TEST_BUILD "/migcompat-worker",
						/*
						 * No release of Linux moves these
						 * devices. "report" shows how their
						 * fields compare.
						 */
						.mechanism = "report",
						.in_process = true};
	if (engine_start(&room->engine, &room->options, &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < HOST_COUNT; i++)
		add_file(room, hosts[i].name);
	add_file(room, "broken");
	if (inventory_read_buffer(&room->engine.inventory, "aggregating", aggregating,
				  sizeof(aggregating) - 1, &err) != 0)
		fail_msg("%s", err.text);
	if (engine_ready(&room->engine, &err) != 0)
		fail_msg("%s", err.text);
	return 0;
}

static inline int setup(void **state)
{
	return setup_with(state, "");
}

static inline int setup_cross_device(void **state)
{
	return setup_with(state, "i915 = { cross_device = true; };\n");
}

static inline int teardown(void **state)
{
	struct room *room = *state;
	char path[64];

	verdict_clear(&room->verdict);
	engine_stop(&room->engine);
	snprintf(path, sizeof(path), "%s/migcompat.conf", room->config);
	unlink(path);
	rmdir(room->config);
	free(room);
	return 0;
}

static inline const struct device *find(struct room *room, const char *name)
{
	const struct device *device = NULL;
	struct error err = {0};

	if (inventory_find(&room->engine.inventory, name, &device, &err) != 0)
		fail_msg("%s", err.text);
	return device;
}

static inline void check(struct room *room, const char *source, const char *target)
{
	assert_int_equal(check_devices(&room->engine, find(room, source), find(room, target),
				       &room->verdict),
			 0);
}

static inline bool of_host(const struct device *device, const char *host)
{
	return strcmp(device->host->name, host) == 0;
}

#endif
