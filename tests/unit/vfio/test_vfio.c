/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of VFIO that need no device: errors before one is opened, finding the process
 * that has a file open, and waiting for data.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "core/vfio/vfio.h"
#include "tests/support/device.h"
#include "tests/support/files.h"

static struct vfio_device device = {
	.device = -1, .group = -1, .container = -1, .iommufd = -1, .stop = -1};
static int ends[2];
static struct error err;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	device.stop = -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void what_is_no_device_of_this_host_is_not_opened(void **state)
{
	struct test_host host;
	struct device type, elsewhere;
	struct vfio_device opened;

	(void)state;
	test_host_make(&host, NULL);
	type = *test_device(&host, MIGCOMPAT_KIND_MDEV_TYPE, "mtty/mtty-2", NULL);
	assert_int_equal(vfio_open(&type, VFIO_ANY, &opened, &err), -ENODEV);
	assert_string_equal(err.text, "mtty/mtty-2: no device of this type exists yet");
	elsewhere = *test_device(&host, MIGCOMPAT_KIND_PHYSICAL, "0000:00:03.0", NULL);
	assert_int_equal(vfio_open(&elsewhere, VFIO_ANY, &opened, &err), -ENODEV);
	assert_string_equal(err.text, "0000:00:03.0: it is not a device of this host");
	elsewhere.path = "/devices/nowhere";
	assert_int_equal(vfio_open(&elsewhere, VFIO_ANY, &opened, &err), -ENOTTY);
	assert_contains(err.text, "it has no IOMMU group");
	assert_int_equal(vfio_open(&elsewhere, VFIO_CDEV, &opened, &err), -ENOTTY);
	assert_contains(err.text, "it has no character device of its own here");
	test_host_free(&host);
}

static void whoever_has_a_file_open_is_named(void **state)
{
	char who[128], expected[64], name[32];
	struct folder folder;
	int told[2];
	pid_t child;
	FILE *comm;
	char byte;

	(void)state;
	folder_make(&folder);
	folder_write(&folder, "a", "");
	assert_int_equal(pipe(told), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)!open(folder.file, O_RDONLY);
		(void)!write(told[1], "x", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(told[0], &byte, 1), 1);
	assert_non_null(vfio_holder(folder.file, who, sizeof(who)));
	/* Under valgrind the process has another name, to the kernel as well. */
	comm = fopen("/proc/self/comm", "r");
	assert_non_null(comm);
	assert_int_equal(fscanf(comm, "%31s", name), 1);
	fclose(comm);
	snprintf(expected, sizeof(expected), "process %d (%s)", (int)child, name);
	assert_string_equal(who, expected);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_null(vfio_holder(folder.file, who, sizeof(who)));
	folder_remove(&folder);
	close(told[0]);
	close(told[1]);
}

static void a_file_that_is_open_here_alone_has_no_holder(void **state)
{
	char who[128];
	struct folder folder;
	int fd;

	(void)state;
	folder_make(&folder);
	fd = open(folder_write(&folder, "a", ""), O_RDONLY);
	assert_null(vfio_holder(folder.file, who, sizeof(who)));
	close(fd);
	folder_remove(&folder);
}

static void data_is_waited_for(void **state)
{
	pid_t child = fork();
	char buffer[8] = "";
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		usleep(20000);
		_exit(write(ends[1], "data", 4) != 4);
	}
	assert_int_equal(vfio_migration_ops.read(&device.kernel, ends[0], buffer, sizeof(buffer)),
			 4);
	assert_string_equal(buffer, "data");
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void the_end_of_data_is_told(void **state)
{
	char byte;

	(void)state;
	close(ends[1]);
	assert_int_equal(vfio_migration_ops.read(&device.kernel, ends[0], &byte, 1), 0);
	ends[1] = dup(ends[0]);
}

static void waiting_ends_where_somebody_wants_to_stop(void **state)
{
	static char bytes[4096];
	char byte;

	(void)state;
	device.stop = eventfd(1, EFD_CLOEXEC);
	assert_int_equal(vfio_migration_ops.read(&device.kernel, ends[0], &byte, 1), -ECANCELED);
	while (write(ends[1], bytes, sizeof(bytes)) > 0)
		;
	assert_int_equal(vfio_migration_ops.write(&device.kernel, ends[1], bytes, 1), -ECANCELED);
	close(device.stop);
}

static void what_the_kernel_refuses_is_told_as_it_is(void **state)
{
	char byte = 0;

	(void)state;
	assert_int_equal(vfio_migration_ops.read(&device.kernel, -1, &byte, 1), -EBADF);
	assert_int_equal(vfio_migration_ops.write(&device.kernel, ends[0], &byte, 1), -EBADF);
	assert_int_equal(vfio_migration_ops.reset(&device.kernel), -EBADF);
	assert_int_equal(vfio_migration_flags(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_no_device_of_this_host_is_not_opened, setup,
						teardown),
		cmocka_unit_test_setup_teardown(whoever_has_a_file_open_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_open_here_alone_has_no_holder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(data_is_waited_for, setup, teardown),
		cmocka_unit_test_setup_teardown(the_end_of_data_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_ends_where_somebody_wants_to_stop, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_the_kernel_refuses_is_told_as_it_is, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
