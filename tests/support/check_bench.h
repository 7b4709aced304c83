/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two hosts with all kinds of devices in an engine of this process, for tests of
 * questions, choices and plans.
 */
#ifndef TESTS_SUPPORT_CHECK_BENCH_H
#define TESTS_SUPPORT_CHECK_BENCH_H

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check/check.h"
#include "tests/support/test.h"

#define TWO "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define ONE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
#define AP "83b8f4f2-509f-382f-3c1e-e6bfe0fa1003"
#define LOST "83b8f4f2-509f-382f-3c1e-e6bfe0fa1004"
#define STRANGE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1005"
#define REFUSED "0000:00:0a.0" /* the kernel can move it, the backend refuses it */
/* No backend serves it, and the kernel cannot move it. */
#define MUTE "83b8f4f2-509f-382f-3c1e-e6bfe0fa1007"
#define EIGHT "83b8f4f2-509f-382f-3c1e-e6bfe0fa1006"

static const char host_a[] =
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"a\",\"facts\":{\"kernel/"
	"release\":\"6.12.1\"}},\"devices\":["
	"{\"id\":\"" TWO
	"\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{\"mdev_type\":\"mtty-2\"}},"
	"{\"id\":\"" ONE
	"\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{\"mdev_type\":\"mtty-1\"}},"
	"{\"id\":\"" LOST "\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{}},"
	"{\"id\":\"" STRANGE "\",\"kind\":\"mdev\",\"driver\":\"stranger\",\"facts\":{}},"
	"{\"id\":\"0000:00:09.0\",\"kind\":\"physical\",\"driver\":\"mtty\",\"facts\":{\"device\":"
	"\"0x0009\"}},"
	"{\"id\":\"" MUTE
	"\",\"kind\":\"mdev\",\"driver\":\"stranger\",\"facts\":{\"vfio/debugfs\":\"yes\"}},"
	"{\"id\":\"" REFUSED "\",\"kind\":\"physical\",\"driver\":\"mtty\",\"facts\":{\"device\":"
	"\"0x000a\",\"vfio/migration/state\":\"RUNNING\"}},"
	"{\"id\":\"mtty/"
	"mtty-2\",\"kind\":\"mdev-type\",\"facts\":{\"mdev_type\":\"mtty-2\",\"mdev_type/"
	"available_instances\":\"0\"}}]}";

static const char host_b[] =
	"{\"format\":\"migcompat-inventory/1\",\"host\":{\"name\":\"b\",\"facts\":{\"kernel/"
	"release\":\"6.12.1\"}},\"devices\":["
	"{\"id\":\"0000:00:03.0\",\"kind\":\"physical\",\"driver\":\"serial-vfio-pci\",\"facts\":{"
	"\"vfio/migration/"
	"state\":\"RUNNING\",\"device\":\"0x0002\",\"modalias\":\"pci:v00001B36d00000002sv\"}},"
	"{\"id\":\"0000:00:04.0\",\"kind\":\"physical\",\"driver\":\"serial-vfio-pci\",\"facts\":{"
	"\"vfio/migration/"
	"state\":\"RUNNING\",\"device\":\"0x0003\",\"modalias\":\"pci:v00001B36d00000003sv\"}},"
	"{\"id\":\"mtty/mtty-2\",\"kind\":\"mdev-type\",\"path\":\"/devices/virtual/mtty/mtty/"
	"mdev_supported_types/mtty-2\","
	"\"facts\":{\"mdev_type\":\"mtty-2\",\"mdev_type/available_instances\":\"12\"}},"
	"{\"id\":\"" EIGHT "\",\"kind\":\"mdev\",\"facts\":{\"mdev_type\":\"mtty-2\",\"stated/"
	"state_version\":\"1.1.0\"}},"
	"{\"id\":\"" AP "\",\"kind\":\"mdev\",\"driver\":\"mtty\",\"facts\":{\"mdev_type\":\"mtty-"
	"2\",\"vfio/migration/features\":\"p2p\"}}]}";

struct bench {
	struct engine engine;
	struct migcompat_verdict verdict;
	char folder[64];
};

static inline void start(struct bench *bench, const char *policy)
{
	struct engine_options options = {.backend_dir = TEST_BACKENDS,
					 .config = bench->folder,
					 .worker = TEST_BUILD "/migcompat-worker",
					 .in_process = true};
	struct error err = {0};

	strcpy(bench->folder, "/tmp/migcompat-test-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	if (policy) {
		char path[128];
		FILE *file;

		snprintf(path, sizeof(path), "%s/migcompat.conf", bench->folder);
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(policy, file);
		fclose(file);
		assert_int_equal(chmod(path, 0644), 0);
	}
	if (engine_start(&bench->engine, &options, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(inventory_read_buffer(&bench->engine.inventory, "a.json", host_a,
					       sizeof(host_a) - 1, &err),
			 0);
	assert_int_equal(inventory_read_buffer(&bench->engine.inventory, "b.json", host_b,
					       sizeof(host_b) - 1, &err),
			 0);
	assert_int_equal(engine_ready(&bench->engine, &err), 0);
}

static inline void stop(struct bench *bench)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/migcompat.conf", bench->folder);
	unlink(path);
	rmdir(bench->folder);
	verdict_clear(&bench->verdict);
	engine_stop(&bench->engine);
}

static inline int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	assert_non_null(bench);
	start(bench, NULL);
	*state = bench;
	return 0;
}

static inline int teardown(void **state)
{
	stop(*state);
	free(*state);
	return 0;
}

static inline const struct device *device(const struct bench *bench, const char *name)
{
	const struct device *found = NULL;
	struct error err = {0};

	if (inventory_find(&bench->engine.inventory, name, &found, &err) != 0)
		fail_msg("%s", err.text);
	return found;
}

static inline void check(struct bench *bench, const char *source, const char *target)
{
	assert_int_equal(check_devices(&bench->engine, device(bench, source), device(bench, target),
				       &bench->verdict),
			 0);
}

static inline void check_bytes(struct bench *bench, const char *text, size_t len,
			       const char *target)
{
	assert_int_equal(
		check_text(&bench->engine, text, len, device(bench, target), &bench->verdict), 0);
}

static inline const char *reason(const struct bench *bench)
{
	static char text[2048];

	return verdict_reason(&bench->verdict, text, sizeof(text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
