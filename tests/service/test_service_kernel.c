/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service on a mocked host, asked by a kernel that is played by the test. Runs itself under
 * umockdev-wrapper. */
#include <limits.h>
#include <sys/stat.h>
#include <umockdev.h>

#include "tests/service/serving.h"
#include "tests/service/udevd.h"
#include "tests/support/mocked.h"

#define ONE_PORT "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0001"
#define TWO_PORTS "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c0002"
#define CARD "0000:00:03.0"	  /* one port */
#define PLAIN_CARD "0000:00:04.0" /* two ports, under vfio-pci */
#define NEW "0d2f5a31-6a0e-4c0b-9d6d-0a4f8f3c00ff"
#define PARENT "/sys/devices/virtual/mtty/mtty"

static UMockdevTestbed *testbed;
static char string_one[512]; /* of ONE_PORT */

struct udev_device *__real_udev_monitor_receive_device(struct udev_monitor *monitor);
struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor);

struct udev_device *__wrap_udev_monitor_receive_device(struct udev_monitor *monitor)
{
	struct udev_device *device = __real_udev_monitor_receive_device(monitor);

	if (!device || !udevd_says_nothing(monitor))
		return device;
	udev_device_unref(device);
	errno = EAGAIN;
	return NULL;
}

static int start(void **state)
{
	(void)state;
	service_prepare();
	testbed = umockdev_testbed_new();
	assert_true(umockdev_testbed_add_from_file(
		testbed, TEST_SOURCE "/tests/hosts/discovery-serial.umockdev", NULL));
	udevd.runs = true;
	service_start();
	assert_int_equal(shim_read(ONE_PORT), 0);
	shim_keep(string_one, sizeof(string_one), shim.text, shim.len);
	return 0;
}

static int end(void **state)
{
	(void)state;
	assert_null(service_end());
	shim_end();
	folder_remove(&service.folder);
	g_object_unref(testbed);
	return 0;
}

/* ---------------------------------------------------------------- attaching */

static void devices_are_attached_by_their_paths(void **state)
{
	(void)state;
	assert_string_equal(shim_by_number(shim_attachment(TWO_PORTS))->subject,
			    "/devices/virtual/mtty/mtty/" TWO_PORTS);
	assert_string_equal(shim_by_number(shim_attachment(CARD))->subject,
			    "/devices/pci0000:00/" CARD);
}

static void device_is_attached_with_its_type(void **state)
{
	(void)state;
	assert_string_equal(shim_by_number(shim_attachment(TWO_PORTS))->type, "mtty:serial-2port");
}

static void type_is_attached_by_its_parent_and_name(void **state)
{
	const struct shim_attached *attached = shim_by_number(shim_attachment("mtty!mtty-2"));

	(void)state;
	assert_true(attached->is_type);
	assert_string_equal(attached->type, "mtty:serial-2port");
}

static void function_that_nobody_serves_is_not_attached(void **state)
{
	(void)state;
	for (size_t i = 0; i < shim.count; i++)
		assert_null(strstr(shim.attached[i].subject, "0000:00:01.0"));
}

static char *mdev_make(const char *type)
{
	char link[64], *path = umockdev_testbed_add_device(testbed, "mdev", NEW, PARENT, NULL,
							   "DRIVER", "mtty", NULL);

	assert_non_null(path);
	snprintf(link, sizeof(link), "../mdev_supported_types/%s", type);
	umockdev_testbed_set_attribute_link(testbed, path, "driver",
					    "../../../../../bus/mdev/drivers/mtty");
	umockdev_testbed_set_attribute_link(testbed, path, "mdev_type", link);
	pthread_mutex_lock(&shim.lock);
	shim.unbound = NULL;
	pthread_mutex_unlock(&shim.lock);
	umockdev_testbed_uevent(testbed, path, "bind");
	return path;
}

/* As the kernel does it: the device has left its bus before anything is told, and the rest of it
 * goes afterwards. */
static void mdev_end(char *path)
{
	shim_forget(NEW);
	assert_int_equal(unlink(mocked_path("/sys/bus/mdev/devices/" NEW)), 0);
	umockdev_testbed_uevent(testbed, path, "unbind");
	umockdev_testbed_uevent(testbed, path, "remove");
	umockdev_testbed_remove_device(testbed, path);
	g_free(path);
}

static void new_device_is_attached(void **state)
{
	char *path = mdev_make("mtty-1");

	(void)state;
	assert_int_equal(shim_write(NEW, string_one), 0);
	mdev_end(path);
}

static void device_that_came_again_is_another_one(void **state)
{
	char *path = mdev_make("mtty-1");
	uint64_t before;

	(void)state;
	assert_int_equal(shim_write(NEW, string_one), 0);
	before = shim_attachment(NEW);
	mdev_end(path);
	path = mdev_make("mtty-2");
	assert_int_equal(shim_write(NEW, string_one), -EINVAL);
	assert_int_not_equal(shim_attachment(NEW), before);
	mdev_end(path);
}

/* ---------------------------------------------------------------- questions */

static void string_of_a_device_is_read(void **state)
{
	(void)state;
	assert_int_equal(shim_read(TWO_PORTS), 0);
	assert_int_equal(strncmp(shim.text, "mtty:mdev:serial-2port:1;", 25), 0);
}

static void string_is_read_again(void **state)
{
	(void)state;
	assert_int_equal(shim_read(ONE_PORT), 0);
	assert_string_equal(shim.text, string_one);
}

static void card_takes_what_an_mdev_of_its_ports_has(void **state)
{
	(void)state;
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void type_takes_what_its_instance_has(void **state)
{
	(void)state;
	assert_int_equal(shim_write("mtty!mtty-1", string_one), 0);
}

static void device_of_other_ports_refuses(void **state)
{
	(void)state;
	assert_int_equal(shim_write(TWO_PORTS, string_one), -EINVAL);
}

static void same_answers_are_given_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(shim_write(CARD, string_one), 0);
		assert_int_equal(shim_write(TWO_PORTS, string_one), -EINVAL);
	}
}

/* By and by, in one line. */
static void answers_that_are_given_again_are_logged(void **state)
{
	int saved = dup(STDERR_FILENO), log;

	(void)state;
	assert_int_equal(shim_write(CARD, string_one), 0);
	log = open(folder_path(&service.folder, "log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(log >= 0 && dup2(log, STDERR_FILENO) >= 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(shim_write(CARD, string_one), 0);
	assert_logged(&service, CARD ": compatible, asked again ");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(log);
}

static void no_prefix_of_a_string_is_one(void **state)
{
	char prefix[sizeof(string_one)];
	size_t len = strlen(string_one);

	(void)state;
	for (size_t n = 1; n < len; n++) {
		memcpy(prefix, string_one, n);
		prefix[n] = '\0';
		assert_int_equal(shim_write(CARD, prefix), -EINVAL);
	}
}

static void string_of_another_backend_is_refused(void **state)
{
	(void)state;
	assert_int_equal(shim_write(CARD, "i915:mdev:serial-1port:1;x=1"), -EINVAL);
}

static void number_that_is_not_attached_is_not_served(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_OP_WRITE, 12345, string_one), -ENOTCONN);
}

static void cancelled_question_is_let_be(void **state)
{
	struct migcompat_msg_cancel cancel = {.header = {.op = MIGCOMPAT_OP_CANCEL, .id = 1}};

	(void)state;
	pthread_mutex_lock(&shim.lock);
	shim_says(&cancel.header, sizeof(cancel), NULL, 0);
	pthread_mutex_unlock(&shim.lock);
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void ask_is_answered_with_lines_best_first(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_OP_ASK, 0, string_one), 0);
	assert_int_equal(strncmp(shim.text, "yes mtty!mtty-1 identical yes\n", 30), 0);
	assert_contains(shim.text, "\nyes " CARD " identical ");
	assert_contains(shim.text,
			"\nno " TWO_PORTS " type unknown source has 1 ports, target has 2");
	assert_true(strstr(shim.text, "\nno ") > strstr(shim.text, "\nyes " CARD));
}

static void ask_with_what_is_no_string_is_refused(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_OP_ASK, 0, "nonsense"), -EINVAL);
}

/* Its type may be read all the same. */
static void device_that_nothing_can_move_is_enodev_in_both_roles(void **state)
{
	(void)state;
	assert_string_equal(shim_by_number(shim_attachment(PLAIN_CARD))->type, "mtty:serial-2port");
	assert_int_equal(shim_read(PLAIN_CARD), -ENODEV);
	assert_int_equal(shim_read(TWO_PORTS), 0);
	assert_int_equal(shim_write(PLAIN_CARD, shim.text), -ENODEV);
}

static void session_says_of_it_that_it_is_not_migratable(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_OP_ASK, 0, string_one), 0);
	assert_contains(
		shim.text,
		"\nno " PLAIN_CARD " not-migratable unknown target " PLAIN_CARD
		": driver and kernel cannot move its state: vfio-pci moves no device state;");
}

/* ---------------------------------------------------------------- what changes an answer */

static void what_the_kernel_tells_counts_from_when_it_tells_it(void **state)
{
	char hidden[PATH_MAX], shown[PATH_MAX], folder[PATH_MAX];

	(void)state;
	snprintf(hidden, sizeof(hidden), "%s", mocked_path("/sys/kernel/debug/hidden"));
	snprintf(shown, sizeof(shown), "%s", mocked_path("/sys/kernel/debug/vfio"));
	snprintf(folder, sizeof(folder), "%s", mocked_path("/sys/kernel/debug/hidden/" ONE_PORT));
	assert_int_equal(rename(shown, hidden), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(shim_write(ONE_PORT, string_one), 0);
	assert_int_equal(shim_write(ONE_PORT, string_one), 0);
	/* As it is mounted, which is no event of a device. */
	assert_int_equal(rename(hidden, shown), 0);
	assert_int_equal(shim_write(ONE_PORT, string_one), -ENODEV);
	assert_int_equal(shim_read(ONE_PORT), -ENODEV);
	assert_int_equal(rename(shown, hidden), 0);
	assert_int_equal(shim_write(ONE_PORT, string_one), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(rename(hidden, shown), 0);
	assert_int_equal(shim_write(ONE_PORT, string_one), 0);
}

static void held_device_is_busy_until_it_is_released(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip(); /* root alone may hold */
	assert_int_equal(shim_write(CARD, string_one), 0);
	json_decref(call(&service, HOLD(CARD, "keys are changed")));
	assert_int_equal(shim_write(CARD, string_one), -EBUSY);
	assert_int_equal(shim_read(CARD), -EBUSY);
	json_decref(call(&service, RELEASE(CARD)));
	assert_int_equal(shim_write(CARD, string_one), 0);
	assert_int_equal(shim_read(CARD), 0);
}

static void becomes_two_ports(char *path)
{
	assert_int_equal(shim_write(NEW, string_one), 0);
	assert_int_equal(unlink(mocked_path(PARENT "/" NEW "/mdev_type")), 0);
	umockdev_testbed_set_attribute_link(testbed, path, "mdev_type",
					    "../mdev_supported_types/mtty-2");
	umockdev_testbed_uevent(testbed, path, "change");
	for (int i = 0; i < WAIT_MS / 10 && shim_write(NEW, string_one) == 0; i++)
		pause_ms(10);
	assert_int_equal(shim_write(NEW, string_one), -EINVAL);
}

static void changed_device_is_asked_anew(void **state)
{
	char *path = mdev_make("mtty-1");

	(void)state;
	becomes_two_ports(path);
	mdev_end(path);
}

/* The kernel's own word is enough to void what is kept and what is open. */
static void changed_device_is_asked_anew_though_udevd_says_nothing(void **state)
{
	char *path = mdev_make("mtty-1");

	(void)state;
	assert_int_equal(shim_write(NEW, string_one), 0);
	udevd.silent = true;
	becomes_two_ports(path);
	udevd.silent = false;
	mdev_end(path);
}

static void policy_that_denies_is_told_as_such_once_it_is_loaded(void **state)
{
	(void)state;
	assert_int_equal(shim_write(CARD, string_one), 0);
	folder_write(&service.folder, "policy/migcompat.conf",
		     "rules = ( { name = \"none\"; action = \"deny\"; } );\n");
	kill(getpid(), SIGHUP);
	for (int i = 0; i < WAIT_MS / 10 && shim_write(CARD, string_one) == 0; i++)
		pause_ms(10);
	assert_int_equal(shim_write(CARD, string_one), -EPERM);
	unlink(folder_path(&service.folder, "policy/migcompat.conf"));
	kill(getpid(), SIGHUP);
	for (int i = 0; i < WAIT_MS / 10 && shim_write(CARD, string_one) != 0; i++)
		pause_ms(10);
	assert_int_equal(shim_write(CARD, string_one), 0);
}

/* What the socket says of the same question. */
static bool socket_says(const char *verdict)
{
	json_t *reply = call(&service, CHECK(ONE_PORT, CARD));
	bool same = strcmp(text_at(reply, "verdict"), verdict) == 0;

	json_decref(reply);
	return same;
}

static void reload_until(const char *verdict)
{
	kill(getpid(), SIGHUP);
	for (int i = 0; i < WAIT_MS / 10 && !socket_says(verdict); i++)
		pause_ms(10);
	assert_true(socket_says(verdict));
}

static void policy_is_in_force_for_the_kernel_when_it_is_for_the_socket(void **state)
{
	(void)state;
	assert_int_equal(shim_write(CARD, string_one), 0);
	folder_write(&service.folder, "policy/migcompat.conf",
		     "rules = ( { name = \"none\"; action = \"deny\"; } );\n");
	reload_until("incompatible");
	assert_int_equal(shim_write(CARD, string_one), -EPERM);
	unlink(folder_path(&service.folder, "policy/migcompat.conf"));
	reload_until("compatible");
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void stated_facts_count_from_a_reload_on_for_kernel_and_socket(void **state)
{
	(void)state;
	assert_int_equal(shim_write(CARD, string_one), 0);
	assert_int_equal(mkdir(folder_path(&service.folder, "policy/facts.d"), 0755), 0);
	folder_write(
		&service.folder, "policy/facts.d/card.json",
		"{\"format\":\"migcompat-facts/1\",\"stated\":\"2026-11-21\",\"devices\":{\"" CARD
		"\":{\"state_version\":\"9.0.0\"}}}");
	assert_true(socket_says("compatible"));
	assert_int_equal(shim_write(CARD, string_one), 0);
	reload_until("incompatible");
	assert_int_equal(shim_write(CARD, string_one), -EINVAL);
	unlink(folder_path(&service.folder, "policy/facts.d/card.json"));
	assert_int_equal(rmdir(folder_path(&service.folder, "policy/facts.d")), 0);
	reload_until("compatible");
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void successor_takes_over_what_is_attached(void **state)
{
	uint64_t before = shim_attachment(CARD);
	size_t count = shim.count;

	(void)state;
	assert_null(service_end());
	service_start();
	assert_int_equal(shim_write(CARD, string_one), 0);
	assert_int_equal(shim_attachment(CARD), before);
	assert_int_equal(shim.count, count);
}

static void question_that_waits_is_answered_by_the_successor(void **state)
{
	(void)state;
	assert_null(service_end());
	shim_put(MIGCOMPAT_OP_WRITE, shim_attachment(CARD), string_one);
	service_start();
	assert_int_equal(shim_answer(), 0);
}

/* Begins without the module, which then is there; or the broker's node is, and cannot be opened for
 * this reason. */
static void module_comes(int closed)
{
	static char *node;
	int fd = -1;

	if (node)
		umockdev_testbed_remove_device(testbed, node);
	g_free(node);
	assert_null(service_end());
	shim_close(ENOENT);
	service_start();
	for (int i = 0; i < WAIT_MS / 10 && (fd = client_try(&service)) < 0; i++)
		pause_ms(10);
	close(fd);
	/* Clients are answered once it has looked for the module. */
	json_decref(call(&service, "{\"method\":\"org.varlink.service.GetInfo\"}"));
	shim_close(closed);
	node = umockdev_testbed_add_device(testbed, "misc", "migcompat-broker", NULL, NULL, NULL);
}

static void module_that_is_loaded_later_is_served_then(void **state)
{
	(void)state;
	module_comes(0);
	/* It waits in the broker until somebody serves. */
	shim_put(MIGCOMPAT_OP_WRITE, shim_attachment(CARD), string_one);
	assert_int_equal(shim_answer(), 0);
}

static const char *service_joined(void)
{
	void *text = NULL;

	assert_int_equal(pthread_join(thread, &text), 0);
	assert_non_null(text);
	return text;
}

/* A unit's list of devices holds a node only from the next start on. */
static void module_that_cannot_be_served_when_it_comes_ends_the_service(void **state)
{
	(void)state;
	module_comes(EPERM);
	assert_contains(service_joined(), "Operation not permitted");
	shim_close(0);
	service_start();
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void broken_broker_ends_the_service_with_a_sentence(void **state)
{
	(void)state;
	pthread_mutex_lock(&shim.lock);
	shim.broken = true;
	eventfd_write(shim.event, 1);
	pthread_mutex_unlock(&shim.lock);
	assert_contains(service_joined(), "Input/output error");
	shim_set(&shim.broken, false);
	service_start();
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static int run_mocked(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_attached_by_their_paths),
		cmocka_unit_test(device_is_attached_with_its_type),
		cmocka_unit_test(type_is_attached_by_its_parent_and_name),
		cmocka_unit_test(function_that_nobody_serves_is_not_attached),
		cmocka_unit_test(new_device_is_attached),
		cmocka_unit_test(device_that_came_again_is_another_one),
		cmocka_unit_test(string_of_a_device_is_read),
		cmocka_unit_test(string_is_read_again),
		cmocka_unit_test(card_takes_what_an_mdev_of_its_ports_has),
		cmocka_unit_test(type_takes_what_its_instance_has),
		cmocka_unit_test(device_of_other_ports_refuses),
		cmocka_unit_test(same_answers_are_given_again),
		cmocka_unit_test(answers_that_are_given_again_are_logged),
		cmocka_unit_test(no_prefix_of_a_string_is_one),
		cmocka_unit_test(string_of_another_backend_is_refused),
		cmocka_unit_test(number_that_is_not_attached_is_not_served),
		cmocka_unit_test(cancelled_question_is_let_be),
		cmocka_unit_test(ask_is_answered_with_lines_best_first),
		cmocka_unit_test(ask_with_what_is_no_string_is_refused),
		cmocka_unit_test(device_that_nothing_can_move_is_enodev_in_both_roles),
		cmocka_unit_test(session_says_of_it_that_it_is_not_migratable),
		cmocka_unit_test(what_the_kernel_tells_counts_from_when_it_tells_it),
		cmocka_unit_test(held_device_is_busy_until_it_is_released),
		cmocka_unit_test(changed_device_is_asked_anew),
		cmocka_unit_test(changed_device_is_asked_anew_though_udevd_says_nothing),
		cmocka_unit_test(policy_that_denies_is_told_as_such_once_it_is_loaded),
		cmocka_unit_test(policy_is_in_force_for_the_kernel_when_it_is_for_the_socket),
		cmocka_unit_test(stated_facts_count_from_a_reload_on_for_kernel_and_socket),
		cmocka_unit_test(successor_takes_over_what_is_attached),
		cmocka_unit_test(question_that_waits_is_answered_by_the_successor),
		cmocka_unit_test(module_that_is_loaded_later_is_served_then),
		cmocka_unit_test(module_that_cannot_be_served_when_it_comes_ends_the_service),
		cmocka_unit_test(broken_broker_ends_the_service_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, start, end);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {{"mocked", NULL, run_mocked}};

	return mocked_main(groups, 1, argc, argv);
}
