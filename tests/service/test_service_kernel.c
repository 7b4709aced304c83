/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service attaches devices and answers questions of the kernel. */
#include "tests/service/mocked_kernel.h"

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

static void function_without_a_backend_is_not_attached(void **state)
{
	(void)state;
	for (size_t i = 0; i < shim.count; i++)
		assert_null(strstr(shim.attached[i].subject, "0000:00:01.0"));
}

static void new_device_is_attached(void **state)
{
	char *path = mdev_make("mtty-1");

	(void)state;
	assert_int_equal(shim_write(NEW, string_one), 0);
	mdev_end(path);
}

static void device_created_again_has_another_attachment(void **state)
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

static void string_is_the_same_when_read_again(void **state)
{
	(void)state;
	assert_int_equal(shim_read(ONE_PORT), 0);
	assert_string_equal(shim.text, string_one);
}

static void card_accepts_the_string_of_an_mdev_with_as_many_ports(void **state)
{
	(void)state;
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void type_accepts_the_string_of_its_instance(void **state)
{
	(void)state;
	assert_int_equal(shim_write("mtty!mtty-1", string_one), 0);
}

static void device_of_other_ports_refuses(void **state)
{
	(void)state;
	assert_int_equal(shim_write(TWO_PORTS, string_one), -EINVAL);
}

static void same_question_gets_the_same_answer(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(shim_write(CARD, string_one), 0);
		assert_int_equal(shim_write(TWO_PORTS, string_one), -EINVAL);
	}
}

/* Repetitions are logged after a while, in one line. */
static void repeated_answers_are_logged(void **state)
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

static void prefix_of_a_string_is_refused(void **state)
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

static void unknown_attachment_is_enotconn(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_BROKER_OP_WRITE, 12345, string_one), -ENOTCONN);
}

static void cancel_of_an_unknown_question_is_ignored(void **state)
{
	struct migcompat_broker_cancel cancel = {
		.header = {.op = MIGCOMPAT_BROKER_OP_CANCEL, .id = 1}};

	(void)state;
	pthread_mutex_lock(&shim.lock);
	shim_says(&cancel.header, sizeof(cancel), NULL, 0);
	pthread_mutex_unlock(&shim.lock);
	assert_int_equal(shim_write(CARD, string_one), 0);
}

static void ask_is_answered_with_lines_best_first(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_BROKER_OP_ASK, 0, string_one), 0);
	assert_int_equal(strncmp(shim.text, "yes mtty!mtty-1 identical yes\n", 30), 0);
	assert_contains(shim.text, "\nyes " CARD " identical ");
	assert_contains(shim.text,
			"\nno " TWO_PORTS " type unknown source has 1 ports, target has 2");
	assert_true(strstr(shim.text, "\nno ") > strstr(shim.text, "\nyes " CARD));
}

static void ask_with_a_malformed_string_is_refused(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_BROKER_OP_ASK, 0, "nonsense"), -EINVAL);
}

/* Reading its migration type succeeds. */
static void device_that_cannot_migrate_is_enodev_as_source_and_target(void **state)
{
	(void)state;
	assert_string_equal(shim_by_number(shim_attachment(PLAIN_CARD))->type, "mtty:serial-2port");
	assert_int_equal(shim_read(PLAIN_CARD), -ENODEV);
	assert_int_equal(shim_read(TWO_PORTS), 0);
	assert_int_equal(shim_write(PLAIN_CARD, shim.text), -ENODEV);
}

static void session_lists_a_device_that_cannot_migrate(void **state)
{
	(void)state;
	assert_int_equal(shim_ask(MIGCOMPAT_BROKER_OP_ASK, 0, string_one), 0);
	assert_contains(
		shim.text,
		"\nno " PLAIN_CARD " not-migratable unknown target " PLAIN_CARD
		": driver and kernel cannot move its state: vfio-pci moves no device state;");
}

static int run_mocked(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_attached_by_their_paths),
		cmocka_unit_test(device_is_attached_with_its_type),
		cmocka_unit_test(type_is_attached_by_its_parent_and_name),
		cmocka_unit_test(function_without_a_backend_is_not_attached),
		cmocka_unit_test(new_device_is_attached),
		cmocka_unit_test(device_created_again_has_another_attachment),
		cmocka_unit_test(string_of_a_device_is_read),
		cmocka_unit_test(string_is_the_same_when_read_again),
		cmocka_unit_test(card_accepts_the_string_of_an_mdev_with_as_many_ports),
		cmocka_unit_test(type_accepts_the_string_of_its_instance),
		cmocka_unit_test(device_of_other_ports_refuses),
		cmocka_unit_test(same_question_gets_the_same_answer),
		cmocka_unit_test(repeated_answers_are_logged),
		cmocka_unit_test(prefix_of_a_string_is_refused),
		cmocka_unit_test(string_of_another_backend_is_refused),
		cmocka_unit_test(unknown_attachment_is_enotconn),
		cmocka_unit_test(cancel_of_an_unknown_question_is_ignored),
		cmocka_unit_test(ask_is_answered_with_lines_best_first),
		cmocka_unit_test(ask_with_a_malformed_string_is_refused),
		cmocka_unit_test(device_that_cannot_migrate_is_enodev_as_source_and_target),
		cmocka_unit_test(session_lists_a_device_that_cannot_migrate),
	};

	return cmocka_run_group_tests(tests, start, end);
}

int main(int argc, char **argv)
{
	static const struct mocked_group groups[] = {{"mocked", NULL, run_mocked}};

	return mocked_main(groups, 1, argc, argv);
}
