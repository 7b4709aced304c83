// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the service's answers at migration_version on a real kernel: every pair of
 * devices, each error of the errno table with its reason, hostile strings, holds, and
 * policy changes. The service runs in the foreground, without systemd.
 */
#include "daemon-support.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLICY "/etc/migcompat/conf.d/lab.conf"
#define STRING_MAX 4096

static struct daemon_process daemon_;

static void setup(void)
{
	EXPECT_RESULT(0, daemon_start(&daemon_, false));
	shim_expect(subjects_wait(), "some devices are not attached");
}

static void teardown(void)
{
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void string_of(int subject, char string[static STRING_MAX])
{
	EXPECT_RESULT(0, subject_string(subjects[subject].name, string, STRING_MAX));
}

static void every_pair_is_answered(void)
{
	char string[STRING_MAX], type[2][256];
	unsigned int yes = 0;

	setup();
	for (int source = 0; source < SUBJECTS; source++) {
		string_of(source, string);
		for (int target = 0; target < SUBJECTS; target++) {
			bool fits = subjects[source].ports == subjects[target].ports;

			shim_expect(subject_write(subjects[target].name, string) ==
					    (fits ? 0 : -EINVAL),
				    "%s > %s: %s", subjects[source].label, subjects[target].label,
				    shim_name(subject_write(subjects[target].name, string)));
			yes += fits;
			for (int i = 0; i < 2; i++)
				shim_expect(
					attr_text(subject_file(subjects[i ? target : source].name,
							       "migration_type"),
						  type[i], 256) > 0,
					"a type cannot be read");
			shim_expect(!fits || !strcmp(type[0], type[1]),
				    "compatible, and of types %s and %s", type[0], type[1]);
		}
	}
	EXPECT_RESULT(SUBJECTS * SUBJECTS / 2, yes);
	teardown();
}

/* Writes to the device's own directory, by a shell and by each available cat. */
static void cat_answers_by_its_status(void)
{
	static const char *const cats[] = {"busybox cat", "gnucat"};
	char output[4096], line[1024];

	setup();
	for (size_t i = 0; i < 2; i++) {
		for (int target = MTTY_2B; target <= CARD_2; target += CARD_2 - MTTY_2B) {
			snprintf(line, sizeof(line), "%s /sys%s/" VERSION " > /sys%s/" VERSION,
				 cats[i], shim_mdev_a, target == CARD_2 ? shim_card : shim_mdev_b);
			shim_expect(PROGRAM(output, "sh", "-c", line) == 0, "%s: %s", line, output);
		}
		snprintf(line, sizeof(line), "%s '%s' > /sys%s/" VERSION, cats[i],
			 subject_file(subjects[TYPE_1].name, VERSION), shim_mdev_a);
		shim_expect(PROGRAM(output, "sh", "-c", line) == 1 &&
				    strstr(output, "Invalid argument"),
			    "%s: %s", line, output);
	}
	teardown();
}

static void parameters_are_told(void)
{
	setup();
	shim_expect(
		attr_reads_as(subject_file(subjects[MTTY_2A].name, "params/ports/value"), "2\n"),
		"ports of 2A");
	shim_expect(attr_reads_as(subject_file(subjects[TYPE_1].name, "params/ports/value"), "1\n"),
		    "ports of a type");
	teardown();
}

static void prefix_is_refused(void)
{
	char string[STRING_MAX];

	setup();
	string_of(MTTY_2A, string);
	for (size_t length = 1; length < strlen(string); length++)
		EXPECT_RESULT(-EINVAL, attr_write(subject_file(subjects[MTTY_2B].name, VERSION),
						  string, length));
	EXPECT_RESULT(0, subject_write(subjects[MTTY_2B].name, string));
	teardown();
}

static void hostile_strings_are_refused(void)
{
	static char text[5000];
	char string[STRING_MAX];
	char file[512];
	size_t length;
	int fd;

	setup();
	snprintf(file, sizeof(file), "/sys%s/" VERSION, shim_mdev_b);
	string_of(MTTY_2A, string);
	length = strlen(string);
	memset(text, 'a', sizeof(text));
	memcpy(text, string, length);
	EXPECT_RESULT(-E2BIG, attr_write(file, text, 4095));
	EXPECT_RESULT(-E2BIG, attr_write(file, text, 4096));
	EXPECT_RESULT(-E2BIG, attr_write(file, text, 5000));
	EXPECT_RESULT(-EINVAL, attr_write(file, text, 4094));
	memcpy(text, string, length);
	text[10] = '\0';
	EXPECT_RESULT(-EINVAL, attr_write(file, text, length));
	text[10] = '\n';
	EXPECT_RESULT(-EINVAL, attr_write(file, text, length));
	memcpy(text, string, length);
	text[length] = '\n';
	EXPECT_RESULT((ssize_t)length + 1, attr_write(file, text, length + 1));
	text[length + 1] = '\n';
	EXPECT_RESULT(-EINVAL, attr_write(file, text, length + 2));
	EXPECT_RESULT(-EINVAL, attr_put(file, "i915:mdev:a:1;b"));
	EXPECT_RESULT(-EINVAL, attr_put(file, "nobody:mdev:a:1;b"));
	EXPECT_RESULT(-EINVAL, attr_put(file, ":::"));
	EXPECT_RESULT(-EINVAL, attr_put(file, "mtty:physical:serial-2port:"));
	fd = open(file, O_WRONLY);
	EXPECT_RESULT(-1, write(fd, string, 20));
	EXPECT_RESULT(EINVAL, errno);
	EXPECT_RESULT(-1, write(fd, string + 20, length - 20));
	EXPECT_RESULT(EINVAL, errno);
	EXPECT_RESULT((ssize_t)length, write(fd, string, length));
	close(fd);
	teardown();
}

static void question_is_answered_with_reasons(void)
{
	static char answer[262145];
	char string[STRING_MAX], line[1024];

	setup();
	string_of(MTTY_2A, string);
	shim_expect(subject_ask(string, answer, sizeof(answer)) > 0, "no answer");
	subject_line(answer, subjects[MTTY_2B].name, line, sizeof(line));
	shim_expect(!strncmp(line, "yes ", 4) && strstr(line, " identical "), "2B: %s", line);
	subject_line(answer, subjects[MTTY_1A].name, line, sizeof(line));
	shim_expect(!strncmp(line, "no ", 3) && strstr(line, "source has 2 ports, target has 1"),
		    "1A: %s", line);
	shim_expect(strncmp(answer, "yes ", 4) == 0, "the best is not first: %.100s", answer);
	teardown();
}

static void reason_is_at_the_socket(void)
{
	char output[16384];

	setup();
	EXPECT_RESULT(1, PROGRAM(output, "migcompat", "--daemon", "check",
				 (char *)subjects[MTTY_2A].name, (char *)subjects[MTTY_1A].name));
	shim_expect(strstr(output, "ports: source has 2, target has 1") != NULL, "check says: %s",
		    output);
	EXPECT_RESULT(0, PROGRAM(output, "migcompat", "--daemon", "check",
				 (char *)subjects[MTTY_2A].name, (char *)subjects[MTTY_2B].name));
	EXPECT_RESULT(
		0, PROGRAM(output, "migcompat", "--daemon", "ask", (char *)subjects[MTTY_2A].name));
	shim_expect(strstr(output, subjects[MTTY_2B].name) &&
			    !strstr(output, subjects[MTTY_1A].name),
		    "ask says: %s", output);
	teardown();
}

/* The log has the message of a second daemon. */
static void second_daemon_says_who_holds_the_broker(void)
{
	char output[8192], who[64];

	setup();
	EXPECT_RESULT(2, PROGRAM(output, "migcompatd", "--foreground", "--socket", "/tmp/second",
				 "--state", "/tmp"));
	snprintf(who, sizeof(who), "pid %d (migcompatd)", daemon_.pid);
	shim_expect(strstr(output, who) != NULL, "the daemon prints: %s", output);
	teardown();
}

static void hold_is_ebusy_until_released(void)
{
	char string[STRING_MAX], output[8192], *name = (char *)subjects[MTTY_2B].name;

	setup();
	string_of(MTTY_2A, string);
	EXPECT_RESULT(0, PROGRAM(output, "migcompat", "--daemon", "hold", name, "--reason",
				 "keys are being changed"));
	EXPECT_RESULT(-EBUSY, subject_write(name, string));
	EXPECT_RESULT(-EBUSY, subject_string(name, string, sizeof(string)));
	string_of(MTTY_2A, string);
	EXPECT_RESULT(1, PROGRAM(output, "migcompat", "--daemon", "check",
				 (char *)subjects[MTTY_2A].name, name));
	shim_expect(strstr(output, "keys are being changed") != NULL, "check says: %s", output);
	subject_expect_refused(string, name, " hold ", "keys are being changed");
	/* A hold survives any end of the daemon. */
	daemon_kill(&daemon_);
	EXPECT_RESULT(-ENOTCONN, subject_write(name, string));
	EXPECT_RESULT(0, daemon_start(&daemon_, false));
	EXPECT_RESULT(-EBUSY, subject_write(name, string));
	EXPECT_RESULT(0, PROGRAM(output, "migcompat", "--daemon", "release", name));
	EXPECT_RESULT(0, subject_write(name, string));
	teardown();
}

static void policy_write(const char *text)
{
	int fd = open(POLICY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	EXPECT_RESULT((ssize_t)strlen(text), write(fd, text, strlen(text)));
	close(fd);
	kill(daemon_.pid, SIGHUP);
}

/* Wait until a write has this result. */
static void expect_write_comes_to(ssize_t wanted, const char *name, const char *string)
{
	ssize_t result = 0;

	for (int tries = 0; tries < 1200; tries++) {
		result = subject_write(name, string);
		if (result == wanted)
			return;
		sleep_ms(50);
	}
	EXPECT_RESULT(wanted, result);
}

static void policy_is_eperm_and_enodev(void)
{
	char string[STRING_MAX], output[8192];

	setup();
	string_of(MTTY_2A, string);
	policy_write("rules = ( { name = \"lab\"; match = { target = { kind = \"physical\"; }; }; "
		     "action = \"deny\"; reason = \"no cards today\"; } );\n");
	expect_write_comes_to(-EPERM, subjects[CARD_2].name, string);
	EXPECT_RESULT(0, subject_write(subjects[MTTY_2B].name, string));
	EXPECT_RESULT(1, PROGRAM(output, "migcompat", "--daemon", "check",
				 (char *)subjects[MTTY_2A].name, (char *)subjects[CARD_2].name));
	shim_expect(strstr(output, "no cards today") != NULL, "check says: %s", output);
	subject_expect_refused(string, subjects[CARD_2].name, " policy ", "no cards today");
	/* A malformed policy changes nothing, and is logged. */
	policy_write("rulez = 1;\n");
	shim_expect(program_comes_to(0, "the old policy stays in force",
				     (char *const[]){"tail", "-n", "20", "/out/daemon.log", NULL}),
		    "the log says nothing of a bad policy");
	EXPECT_RESULT(-EPERM, subject_write(subjects[CARD_2].name, string));
	/* No driver migrates a card, so with this policy all answers are no. */
	policy_write("mechanism = \"require\";\n");
	expect_write_comes_to(-ENODEV, subjects[CARD_2].name, string);
	EXPECT_RESULT(1, PROGRAM(output, "migcompat", "--daemon", "check",
				 (char *)subjects[MTTY_2A].name, (char *)subjects[CARD_2].name));
	shim_expect(strstr(output, "driver and kernel cannot move its state") != NULL,
		    "check says: %s", output);
	subject_expect_refused(string, subjects[CARD_2].name, " not-migratable ",
			       "driver and kernel cannot move its state");
	EXPECT_RESULT(-ENODEV, subject_string(subjects[CARD_2].name, output, sizeof(output)));
	policy_write("");
	expect_write_comes_to(0, subjects[CARD_2].name, string);
	string_of(MTTY_2A, string);
	unlink(POLICY);
	teardown();
}

static void without_the_daemon_is_enotconn(void)
{
	char string[STRING_MAX], other[STRING_MAX];

	setup();
	string_of(MTTY_2A, string);
	shim_set_timeout(SHIM_FOREVER_MS);
	daemon_kill(&daemon_);
	for (int i = 0; i < SUBJECTS; i++) {
		EXPECT_RESULT(-ENOTCONN, subject_write(subjects[i].name, string));
		EXPECT_RESULT(-ENOTCONN, subject_string(subjects[i].name, other, sizeof(other)));
	}
	EXPECT_RESULT(-ENOTCONN, attr_put("/dev/migcompat", string));
	shim_set_timeout(SHIM_TIMEOUT_MS);
	setup();
	EXPECT_RESULT(0, subject_write(subjects[MTTY_2B].name, string));
	teardown();
}

/* A daemon that does not answer delays callers for the time-out only. */
static void stopped_daemon_is_etimedout(void)
{
	char string[STRING_MAX];

	setup();
	string_of(MTTY_2A, string);
	kill(daemon_.pid, SIGSTOP);
	shim_set_timeout(300);
	EXPECT_RESULT(-ETIMEDOUT, subject_write(subjects[MTTY_2B].name, string));
	shim_set_timeout(SHIM_TIMEOUT_MS);
	kill(daemon_.pid, SIGCONT);
	EXPECT_RESULT(0, subject_write(subjects[MTTY_2B].name, string));
	teardown();
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(every_pair_is_answered),
	TEST(cat_answers_by_its_status),
	TEST(parameters_are_told),
	TEST(prefix_is_refused),
	TEST(hostile_strings_are_refused),
	TEST(question_is_answered_with_reasons),
	TEST(reason_is_at_the_socket),
	TEST(second_daemon_says_who_holds_the_broker),
	TEST(hold_is_ebusy_until_released),
	TEST(policy_is_eperm_and_enodev),
	TEST(without_the_daemon_is_enotconn),
	TEST(stopped_daemon_is_etimedout),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	subjects_find();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
