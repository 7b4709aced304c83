/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers to the kernel follow devices, holds, policies and restarts. */
#include <limits.h>
#include <sys/stat.h>

#include "tests/service/mocked_kernel.h"

static void debugfs_counts_from_the_moment_it_is_mounted(void **state)
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
	/* As if debugfs were mounted, which makes no event. */
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
		skip(); /* only root may hold */
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

static void changed_device_is_compared_again(void **state)
{
	char *path = mdev_make("mtty-1");

	(void)state;
	becomes_two_ports(path);
	mdev_end(path);
}

/* The kernel's event alone voids cached answers and open targets. */
static void changed_device_is_compared_again_without_an_event_of_udevd(void **state)
{
	char *path = mdev_make("mtty-1");

	(void)state;
	assert_int_equal(shim_write(NEW, string_one), 0);
	udevd.silent = true;
	becomes_two_ports(path);
	udevd.silent = false;
	mdev_end(path);
}

static void denying_policy_gives_eperm_after_a_reload(void **state)
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

/* Is this the verdict over Varlink on the same question? */
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

static void policy_is_in_force_for_kernel_and_socket_at_once(void **state)
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

static void stated_facts_count_for_kernel_and_socket_after_a_reload(void **state)
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

static void next_service_takes_over_attachments(void **state)
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

static void waiting_question_is_answered_by_the_next_service(void **state)
{
	(void)state;
	assert_null(service_end());
	shim_put(MIGCOMPAT_BROKER_OP_WRITE, shim_attachment(CARD), string_one);
	service_start();
	assert_int_equal(shim_answer(), 0);
}

/*
 * Start without the module, then load it. closed: errno of opening its broker; 0: it can
 * be opened.
 */
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
	/* The service answers clients after it has looked for the module. */
	json_decref(call(&service, "{\"method\":\"org.varlink.service.GetInfo\"}"));
	shim_close(closed);
	node = umockdev_testbed_add_device(testbed, "misc", "migcompat-broker", NULL, NULL, NULL);
}

static void module_loaded_after_the_start_is_served(void **state)
{
	(void)state;
	module_comes(0);
	/* The question waits in the broker until the service reads it. */
	shim_put(MIGCOMPAT_BROKER_OP_WRITE, shim_attachment(CARD), string_one);
	assert_int_equal(shim_answer(), 0);
}

static const char *service_joined(void)
{
	void *text = NULL;

	assert_int_equal(pthread_join(thread, &text), 0);
	assert_non_null(text);
	return text;
}

/* A unit may open only device nodes that existed when it was started. */
static void module_that_cannot_be_opened_ends_the_service(void **state)
{
	(void)state;
	module_comes(EPERM);
	assert_contains(service_joined(), "Operation not permitted");
	shim_close(0);
	service_start();
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void broken_broker_ends_the_service_with_a_message(void **state)
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
		cmocka_unit_test(debugfs_counts_from_the_moment_it_is_mounted),
		cmocka_unit_test(held_device_is_busy_until_it_is_released),
		cmocka_unit_test(changed_device_is_compared_again),
		cmocka_unit_test(changed_device_is_compared_again_without_an_event_of_udevd),
		cmocka_unit_test(denying_policy_gives_eperm_after_a_reload),
		cmocka_unit_test(policy_is_in_force_for_kernel_and_socket_at_once),
		cmocka_unit_test(stated_facts_count_for_kernel_and_socket_after_a_reload),
		cmocka_unit_test(next_service_takes_over_attachments),
		cmocka_unit_test(waiting_question_is_answered_by_the_next_service),
		cmocka_unit_test(module_loaded_after_the_start_is_served),
		cmocka_unit_test(module_that_cannot_be_opened_ends_the_service),
		cmocka_unit_test(broken_broker_ends_the_service_with_a_message),
	};

	return cmocka_run_group_tests(tests, start, end);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {{"mocked", NULL, run_mocked}};

	return mocked_main(groups, 1, argc, argv);
}
