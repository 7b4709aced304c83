// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the module when memory runs out. Each operation is repeated with its first,
 * second, third... allocation failing, until none fails. It must fail cleanly, and
 * succeed right after. Needs a kernel with fault injection (the debug kernel); otherwise
 * there is nothing to test.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "broker-client.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define VERSION "migration_version"
#define STRING "mtty:a:b:c"
#define DEPTH_MAX 2000

static struct broker broker;
static uint64_t attachment;

static ssize_t do_attach(void)
{
	return broker_attach(&broker, MIGCOMPAT_BROKER_OP_ATTACH, shim_mdev_a, "mtty:serial",
			     &attachment);
}

static ssize_t do_attach_type(void)
{
	return broker_attach(&broker, MIGCOMPAT_BROKER_OP_ATTACH_TYPE, "mtty!mtty-2", "mtty:serial",
			     &attachment);
}

static ssize_t do_detach(void)
{
	return broker_detach(&broker, attachment);
}

static ssize_t do_publish(void)
{
	char *parameters[] = {"ports=int|2|1-2|2|-|0", "mode=string|||a|off|1",
			      "speed=int|1|-|-|-|-"};

	return broker_publish(&broker, attachment, "mtty:other", parameters, 3);
}

static ssize_t do_publish_less(void)
{
	char *parameters[] = {"ports=int|1|1-2|-|-|0"};

	return broker_publish(&broker, attachment, "mtty:serial", parameters, 1);
}

static ssize_t do_list(void)
{
	union broker_message reply;

	return broker_list(&broker, 0, &reply);
}

static ssize_t do_hello(void)
{
	return broker_hello(&broker, broker.fd);
}

static ssize_t nothing(void)
{
	return 0;
}

/*
 * The test is the daemon, so its own access would be EDEADLK. A second process asks, and
 * its allocations fail.
 */
static struct broker_process served;

static ssize_t do_read(void)
{
	char buffer[64];
	ssize_t count = attr_read(shim_file(shim_mdev_a, VERSION), buffer, sizeof(buffer));

	return count == (ssize_t)strlen(STRING) + 1 ? 0 : count;
}

static ssize_t do_write(void)
{
	return attr_put(shim_class_file(shim_mdev_a, VERSION), STRING);
}

static ssize_t do_ask(void)
{
	char buffer[4096];
	int fd = open("/dev/migcompat", O_RDWR | O_CLOEXEC);
	ssize_t result = fd < 0 ? -errno : 0;

	if (!result && write(fd, STRING, strlen(STRING)) < 0)
		result = -errno;
	if (!result && read(fd, buffer, sizeof(buffer)) < 0)
		result = -errno;
	if (fd >= 0)
		close(fd);
	return result;
}

/* Select the allocation that fails (0: none). Returns the rest of the previous count. */
static int fail_nth(int fd, int nth)
{
	char text[16] = {0};
	int left = -1;

	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		left = atoi(text);
	snprintf(text, sizeof(text), "%d", nth);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		return -1;
	return left;
}

/* UNDO is called after each success, so OPERATION always starts from the same state. */
static void operation_fails_cleanly(const char *name, ssize_t (*operation)(void),
				    ssize_t (*undo)(void))
{
	int fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC), nth = 0, left = 0, failures = 0;

	EXPECT_RESULT(0, operation());
	EXPECT_RESULT(0, undo());
	while (left == 0 && ++nth < DEPTH_MAX) {
		ssize_t result;

		fail_nth(fd, nth);
		result = operation();
		left = fail_nth(fd, 0);
		failures += result != 0;
		shim_expect(result == 0 || result == -ENOMEM, "%s with failure %d gives %s", name,
			    nth, shim_name(result));
		if (result == 0)
			EXPECT_RESULT(0, undo());
	}
	shim_expect(nth > 1 && nth < DEPTH_MAX && failures > 0, "%s: %d allocations, %d failures",
		    name, nth - 1, failures);
	EXPECT_RESULT(0, operation());
	EXPECT_RESULT(0, undo());
	printf("  %s: %d allocations, %d of which must succeed\n", name, nth - 1, failures);
	close(fd);
}

static void commands_fail_cleanly(void)
{
	EXPECT_RESULT(0, broker_open_clean(&broker));
	operation_fails_cleanly("hello", do_hello, nothing);
	operation_fails_cleanly("attach", do_attach, do_detach);
	operation_fails_cleanly("attach-type", do_attach_type, do_detach);
	EXPECT_RESULT(0, do_attach());
	operation_fails_cleanly("list", do_list, nothing);
	operation_fails_cleanly("publish", do_publish, do_publish_less);
	operation_fails_cleanly("publish less", do_publish_less, do_publish);
	EXPECT_RESULT(0, do_detach());
	close(broker.fd);
}

static void questions_fail_cleanly(void)
{
	broker_start_clean(&served);
	shim_expect(broker_do_attach(&served, shim_mdev_a, STRING) > 0, "cannot attach");
	operation_fails_cleanly("read", do_read, nothing);
	operation_fails_cleanly("write", do_write, nothing);
	operation_fails_cleanly("ask", do_ask, nothing);
	broker_stop(&served);
}

static const struct shim_test tests[] = {
	{"commands_fail_cleanly", commands_fail_cleanly},
	{"questions_fail_cleanly", questions_fail_cleanly},
};

int main(void)
{
	shim_find_devices();
	if (access(FAIL_NTH, F_OK) != 0) {
		printf("this kernel has no fault injection\n");
		return 0;
	}
	/*
	 * Allocations that may sleep fail, too. The failures are not logged; oopses still
	 * are.
	 */
	EXPECT_RESULT(0, attr_put("/proc/sys/kernel/printk", "1"));
	EXPECT_RESULT(0, attr_put("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"));
	EXPECT_RESULT(0, attr_put("/sys/kernel/debug/failslab/verbose", "0"));
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), NULL) != 0;
}
