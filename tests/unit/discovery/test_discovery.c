/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices that discovery finds on recorded hosts. Runs itself under umockdev-run. */
#include "core/facts/kernel_word.h"
#include "tests/support/discovered.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define MDEV1 "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0001"
#define MDEV2 "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0002"
#define MTTY "/sys/devices/virtual/mtty/mtty"
#define VGPU "5b2f0a52-8a51-4f0f-b0a5-1f2b5f8d0001"

/* ---------------------------------------------------------------- the serial host */

static void discovery_finds_mdevs_then_types_then_functions(void **state)
{
	static const char *const ids[] = {MDEV1,         MDEV2,          "mtty/mtty-1",
					  "mtty/mtty-2", "0000:00:03.0", "0000:00:04.0"};

	(void)state;
	discover();
	assert_ids(ids, COUNT(ids));
}

static void an_mdev_is_a_row(void **state)
{
	const struct device *device;

	(void)state;
	discover();
	device = find(MDEV2);
	assert_int_equal(device->kind, MIGCOMPAT_KIND_MDEV);
	assert_string_equal(device->driver, "mtty");
	assert_string_equal(device->parent, "mtty");
	assert_string_equal(device->path, "/devices/virtual/mtty/mtty/" MDEV2);
	assert_ptr_equal(device->host, inventory.hosts[0]);
}

static void an_mdev_type_is_a_row(void **state)
{
	const struct device *device;

	(void)state;
	discover();
	device = find("mtty/mtty-2");
	assert_int_equal(device->kind, MIGCOMPAT_KIND_MDEV_TYPE);
	assert_null(device->driver);
	assert_string_equal(device->parent, "mtty");
	assert_string_equal(device->path, "/devices/virtual/mtty/mtty/mdev_supported_types/mtty-2");
}

static void a_function_of_vfio_is_a_row(void **state)
{
	const struct device *device;

	(void)state;
	discover();
	device = find("0000:00:03.0");
	assert_int_equal(device->kind, MIGCOMPAT_KIND_PHYSICAL);
	assert_string_equal(device->driver, "serial-vfio-pci");
	assert_null(device->parent);
	assert_string_equal(device->path, "/devices/pci0000:00/0000:00:03.0");
}

static void a_run_for_one_device_makes_its_row_alone(void **state)
{
	static const char *const ids[] = {MDEV2, "mtty/mtty-1", "0000:00:04.0"};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		discover_only(ids[i]);
		assert_ids(&ids[i], 1);
		inventory_free(&inventory);
	}
}

static void a_run_for_an_unknown_device_makes_no_row(void **state)
{
	static const char *const ids[] = {
		"0000:00:05.0", "0000:00:0*", "0000:00:01.0", "mtty", "mtty/mtty-3",
		"mtty/",        "/",          "..",           "",     "../devices"};

	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++) {
		discover_only(ids[i]);
		assert_int_equal(inventory.ndevices, 0);
		inventory_free(&inventory);
	}
}

static void two_runs_make_two_hosts(void **state)
{
	(void)state;
	assert_int_equal(discovery_run(&inventory, &(struct discovery_options){0}, &err), 0);
	discover();
	assert_int_equal(inventory.nhosts, 2);
	assert_int_equal(inventory.ndevices, 12);
}

static void a_failed_run_leaves_nothing(void **state)
{
	(void)state;
	assert_int_equal(
		discovery_run(&inventory, &(struct discovery_options){.nwants = 1u << 20}, &err),
		-E2BIG);
	assert_int_equal(inventory.nhosts, 0);
	assert_int_equal(inventory.ndevices, 0);
}

/* ---------------------------------------------------------------- what happens meanwhile */

/*
 * Longer than a run takes. A device that is gone and back within one run is not noticed.
 */
#define AWAY_US 3000

static atomic_bool stop;

static void *come_and_go(void *arg)
{
	char here[4096], away[4096];

	(void)arg;
	snprintf(here, sizeof(here), "%s", mocked_path(MTTY "/" MDEV1));
	snprintf(away, sizeof(away), "%s", mocked_path("/sys/devices/away"));
	while (!atomic_load(&stop)) {
		rename(here, away);
		usleep(AWAY_US);
		rename(away, here);
		usleep(AWAY_US);
	}
	return NULL;
}

static void a_device_that_comes_and_goes_makes_a_whole_row_or_none(void **state)
{
	size_t rows = 0;
	pthread_t thread;

	(void)state;
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&thread, NULL, come_and_go, NULL), 0);
	for (int i = 0; i < 300; i++) {
		discover();
		assert_in_range(inventory.ndevices, 5, 6);
		if (inventory.ndevices == 6) {
			rows++;
			assert_fact(MDEV1, "mdev_type/name", "Single port serial");
			assert_fact(MDEV1, "driver/module", "mtty");
		}
		inventory_free(&inventory);
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	assert_in_range(rows, 1, 299);
}

/* As an ordinary user, to whom modes apply. Each step that fails has its own status. */
static int look_as_nobody(void)
{
	const struct device *device;
	const struct fact *name;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 2;
	if (discovery_run(
		    &inventory,
		    &(struct discovery_options){
			    .wants = &(struct discovery_want){"ports/*/line", 0}, .nwants = 1},
		    &err) < 0 ||
	    inventory_finish(&inventory, &err) < 0 ||
	    inventory_find(&inventory, MDEV2, &device, &err) < 0)
		return 3;
	name = factset_find(&device->facts, "mdev_type/name");
	if (!name || name->error != EACCES)
		return 4;
	name = factset_find(&device->facts, "vfio/migration/features");
	if (!name || name->error != EACCES)
		return 5;
	name = factset_find(&device->facts, "ports/*/line");
	return name && name->error == EACCES ? 0 : 6;
}

static void what_may_not_be_read_is_an_error(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(chmod(mocked_path(""), 0755), 0);
	assert_int_equal(chmod(mocked_path(MTTY "/mdev_supported_types/mtty-2/name"), 0), 0);
	assert_int_equal(
		chmod(mocked_path("/sys/kernel/debug/vfio/" MDEV2 "/migration/features"), 0), 0);
	assert_int_equal(chmod(mocked_path(MTTY "/" MDEV2 "/ports"), 0111), 0);
	pid = fork();
	if (pid == 0)
		_exit(look_as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	chmod(mocked_path(MTTY "/mdev_supported_types/mtty-2/name"), 0644);
	chmod(mocked_path(MTTY "/" MDEV2 "/ports"), 0755);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* If a folder cannot be read, it is not known whether files exist in it. */
static int look_up_as_nobody(void)
{
	const struct device *device;
	const struct fact *folder;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 2;
	if (discovery_run(&inventory, &(struct discovery_options){.nwants = 0}, &err) < 0 ||
	    inventory_finish(&inventory, &err) < 0 ||
	    inventory_find(&inventory, MDEV2, &device, &err) < 0)
		return 3;
	folder = factset_find(&device->facts, "vfio/debugfs");
	if (!folder || folder->error != EACCES)
		return 4;
	if (factset_find(&device->facts, "vfio/migration/features") ||
	    factset_find(&device->facts, "vfio/migration/state"))
		return 5;
	return kernel_word(device) == MIGCOMPAT_UNKNOWN ? 0 : 6;
}

static void where_vfio_may_not_be_looked_into_the_kernel_says_nothing(void **state)
{
	static const char *const folders[] = {"", "/" MDEV2 "/migration"};

	(void)state;
	assert_int_equal(chmod(mocked_path(""), 0755), 0);
	for (size_t i = 0; i < COUNT(folders); i++) {
		char path[PATH_MAX];
		int status;
		pid_t pid;

		snprintf(path, sizeof(path), "/sys/kernel/debug/vfio%s", folders[i]);
		assert_int_equal(chmod(mocked_path(path), 0), 0);
		pid = fork();
		if (pid == 0)
			_exit(look_up_as_nobody());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(chmod(mocked_path(path), 0755), 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* ---------------------------------------------------------------- the host with virtual functions
 */

static void functions_without_a_backend_are_those_of_vfio(void **state)
{
	static const char *const ids[] = {VGPU, "0000:3b:00.5/nvidia-557",
					  "0000:3b:00.5/nvidia-558", "0000:81:00.1",
					  "0000:80:03.0"};

	(void)state;
	discover();
	assert_ids(ids, COUNT(ids));
}

static void functions_of_a_backends_driver_are_rows_too(void **state)
{
	(void)state;
	run(&(struct discovery_options){.served = served, .arg = (char[]){"nvidia"}});
	assert_int_equal(inventory.ndevices, 7);
	assert_int_equal(find("0000:3b:00.4")->kind, MIGCOMPAT_KIND_PHYSICAL);
	assert_int_equal(find("0000:3b:00.0")->kind, MIGCOMPAT_KIND_PHYSICAL);
}

static void backends_are_asked_by_module_and_modalias(void **state)
{
	(void)state;
	run(&(struct discovery_options){.served = served});
	assert_contains(asked, "nvidia pci:v000010DEd00002235sv000010DEsd0000145Abc03sc02i00\n");
	assert_contains(asked, "acme_fast_nic pci:v0000ACE1d00000001\n");
	assert_contains(asked, "mlx5_core ");
	assert_null(strstr(asked, "mlx5_vfio_pci"));
}

static void a_parent_of_mdevs_is_no_function_for_its_driver_alone(void **state)
{
	const struct device *device;

	(void)state;
	run(&(struct discovery_options){.served = served, .arg = (char[]){"nvidia"}});
	assert_int_equal(inventory_find(&inventory, "0000:3b:00.5", &device, &err), -ENOENT);
}

static void a_vf_names_its_pf(void **state)
{
	(void)state;
	run(&(struct discovery_options){.wants = &(struct discovery_want){"physfn/fw_ver", 0},
					.nwants = 1});
	assert_string_equal(find("0000:81:00.1")->parent, "0000:81:00.0");
	assert_fact("0000:81:00.1", "physfn/driver", "mlx5_core");
	assert_fact("0000:81:00.1", "physfn/fw_ver", "22.40.1000");
}

static void an_mdev_on_a_vf_has_the_vf_as_parent(void **state)
{
	(void)state;
	discover();
	assert_string_equal(find(VGPU)->parent, "0000:3b:00.5");
	assert_string_equal(find(VGPU)->driver, "nvidia-vgpu-vfio");
	assert_fact(VGPU, "driver/module", "nvidia_vgpu_vfio");
	assert_fact(VGPU, "parent/driver", "nvidia");
	assert_fact(VGPU, "parent/driver/module", "nvidia");
	assert_string_equal(find("0000:3b:00.5/nvidia-558")->driver, "nvidia");
}

static void a_folder_of_attributes_is_read_by_glob(void **state)
{
	const struct discovery_want want = {"nvidia/*", 0};

	(void)state;
	run(&(struct discovery_options){
		.wants = &want, .nwants = 1, .served = served, .arg = (char[]){"nvidia"}});
	assert_fact("0000:3b:00.4", "nvidia/current_vgpu_type", "0");
	assert_fact("0000:3b:00.4", "nvidia/creatable_vgpu_types",
		    "ID    : vGPU Name\n557   : NVIDIA A40-1B\n558   : NVIDIA A40-2B");
	assert_fact("0000:3b:00.4", "nvidia/vgpu_params", "");
	assert_missing("0000:3b:00.4", "nvidia/deeper");
	assert_missing("0000:3b:00.4", "nvidia/deeper/secret");
}

static void types_are_found_by_the_parents_of_instances(void **state)
{
	(void)state;
	/* A whole /sys, whose class/mdev_bus has all parents but this one. */
	assert_int_equal(mkdir(mocked_path("/sys/fs"), 0755), 0);
	discover();
	assert_int_equal(find("0000:3b:00.5/nvidia-557")->kind, MIGCOMPAT_KIND_MDEV_TYPE);
	assert_int_equal(rmdir(mocked_path("/sys/fs")), 0);
}

static void an_mdev_that_is_listed_twice_is_one_row(void **state)
{
	char link[256];

	(void)state;
	assert_int_equal(mkdir(mocked_path("/sys/class/mdev"), 0755), 0);
	snprintf(link, sizeof(link), "../../devices/pci0000:3a/0000:3a:00.0/0000:3b:00.5/%s", VGPU);
	assert_int_equal(symlink(link, mocked_path("/sys/class/mdev/" VGPU)), 0);
	discover();
	assert_int_equal(inventory.ndevices, 5);
}

static int run_serial(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(discovery_finds_mdevs_then_types_then_functions,
						setup, teardown),
		cmocka_unit_test_setup_teardown(an_mdev_is_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(an_mdev_type_is_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(a_function_of_vfio_is_a_row, setup, teardown),
		cmocka_unit_test_setup_teardown(a_run_for_one_device_makes_its_row_alone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_run_for_an_unknown_device_makes_no_row, setup,
						teardown),
		cmocka_unit_test_setup_teardown(two_runs_make_two_hosts, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_run_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_device_that_comes_and_goes_makes_a_whole_row_or_none, setup, teardown),
		cmocka_unit_test_setup_teardown(what_may_not_be_read_is_an_error, setup, teardown),
		cmocka_unit_test_setup_teardown(
			where_vfio_may_not_be_looked_into_the_kernel_says_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

static int run_sriov(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(functions_without_a_backend_are_those_of_vfio,
						setup, teardown),
		cmocka_unit_test_setup_teardown(functions_of_a_backends_driver_are_rows_too, setup,
						teardown),
		cmocka_unit_test_setup_teardown(backends_are_asked_by_module_and_modalias, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			a_parent_of_mdevs_is_no_function_for_its_driver_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_vf_names_its_pf, setup, teardown),
		cmocka_unit_test_setup_teardown(an_mdev_on_a_vf_has_the_vf_as_parent, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_folder_of_attributes_is_read_by_glob, setup,
						teardown),
		cmocka_unit_test_setup_teardown(types_are_found_by_the_parents_of_instances, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_mdev_that_is_listed_twice_is_one_row, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {
		{"serial", "discovery-serial.umockdev", run_serial},
		{"sriov", "discovery-sriov.umockdev", run_sriov},
	};

	return mocked_main(groups, COUNT(groups), argc, argv);
}
