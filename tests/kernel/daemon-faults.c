// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of backends that crash, hang, write garbage or take all memory, each on a device
 * of its own. Only answers about that device may fail. Writers to another backend's
 * devices run all the time. SHIM_ROUNDS is the number of rounds.
 */
#include "daemon-support.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STRING_MAX 4096
#define UUID "5a1f1a52-1f0e-4c5f-9a63-00000000000"

static struct daemon_process daemon_;
static char string[STRING_MAX];
static atomic_bool stop;
static atomic_ulong answered;

/*
 * A backend and a module of the same name (tests/backends), and the result of writing the
 * right string.
 */
static const struct fault {
	const char *module;
	const char *uuid;
	int version_error; /* result of reading the string */
	int write_error;
} faults[] = {
	{"plain", UUID "1", 0, 0},      {"crash_compare", UUID "2", 0, EIO},
	{"garbage", UUID "3", 0, EIO},  {"hang_compare", UUID "4", 0, ETIMEDOUT},
	{"greedy", UUID "5", EIO, EIO}, {"immovable", UUID "6", ENODEV, ENODEV},
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static const char *create_file(const char *module)
{
	static char path[256];

	snprintf(path, sizeof(path),
		 "/sys/devices/virtual/%s/%s/mdev_supported_types/%s-small/create", module, module,
		 module);
	return path;
}

static const char *device_file(const char *uuid, const char *attribute)
{
	static char path[256];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/%s", uuid, attribute);
	return path;
}

/* Writes compatible and incompatible strings, whose answers must never change. */
static void *bystander_run(void *argument)
{
	char wrong[STRING_MAX], varied[STRING_MAX];

	(void)argument;
	EXPECT_RESULT(0, subject_string(subjects[MTTY_1A].name, wrong, sizeof(wrong)));
	while (!stop) {
		string_vary(string, answered, varied, sizeof(varied));
		EXPECT_RESULT(0, subject_write(subjects[MTTY_2B].name, varied));
		EXPECT_RESULT(-EINVAL, subject_write(subjects[MTTY_2B].name, wrong));
		answered++;
	}
	return NULL;
}

/*
 * After its worker ended, each answer is EIO until the worker runs again. A yes or
 * another error is a failure.
 */
static void expect_fault(const struct fault *fault)
{
	char own[STRING_MAX] = "", text[STRING_MAX];
	ssize_t result = subject_string(fault->uuid, own, sizeof(own));

	/*
	 * On a debug kernel, touching a gigabyte may take longer than the time-out of a
	 * call.
	 */
	shim_expect(result == -fault->version_error || (fault->write_error && result == -EIO) ||
			    (fault->version_error == EIO && result == -ETIMEDOUT),
		    "%s: reading gives %s", fault->module, shim_name(result));
	snprintf(text, sizeof(text), "%s:mdev:plain:1;plain", fault->module);
	shim_expect(result || !strcmp(own, text), "%s: the string is %s", fault->module, own);
	result = subject_write(fault->uuid, text);
	shim_expect(result == -fault->write_error || (fault->write_error && result == -EIO) ||
			    (fault->version_error == EIO && result == -ETIMEDOUT),
		    "%s: writing gives %s", fault->module, shim_name(result));
}

/* The reason is in `backend list` and in the log, with the backend's name. */
static void expect_reason(const struct fault *fault)
{
	char output[8192], line[512], reason[128];
	int status;

	snprintf(reason, sizeof(reason), "backend %s: ", fault->module);
	snprintf(line, sizeof(line), "%s:mdev:plain:1;plain", fault->module);
	subject_expect_refused(line, fault->uuid, " error ", reason);
	snprintf(line, sizeof(line), "echo '%s:mdev:plain:1;plain' | migcompat --daemon check - %s",
		 fault->module, fault->uuid);
	status = PROGRAM(output, "sh", "-c", line);
	shim_expect(status == 2 && strstr(output, reason), "%s: check ends with %d: %s",
		    fault->module, status, output);
}

static bool is_parked(const char *module)
{
	char output[4096], text[128];

	snprintf(text, sizeof(text), "%s: parked", module);
	return PROGRAM(output, "grep", "-m", "1", text, "/out/daemon.log") == 0;
}

static void bad_backend_affects_only_its_own_answers(void)
{
	long rounds = shim_number("SHIM_ROUNDS", 1000) / 50 + 1;
	pthread_t bystander;

	EXPECT_RESULT(0, daemon_start(&daemon_, false));
	shim_expect(subjects_wait(), "some devices are not attached");
	EXPECT_RESULT(0, subject_string(subjects[MTTY_2A].name, string, sizeof(string)));
	for (size_t i = 0; i < FAULTS; i++) {
		EXPECT_RESULT(0, shim_mdev_create(create_file(faults[i].module), faults[i].uuid));
		for (int tries = 0;
		     tries < 2400 && access(shim_class_file(faults[i].uuid, VERSION), F_OK);
		     tries++)
			sleep_ms(50);
		shim_expect(access(shim_class_file(faults[i].uuid, VERSION), F_OK) == 0,
			    "%s is not attached", faults[i].module);
	}
	stop = false;
	pthread_create(&bystander, NULL, bystander_run, NULL);
	for (size_t i = 0; i < FAULTS; i++)
		for (long round = 0; round < (faults[i].write_error == ETIMEDOUT ? 2 : rounds);
		     round++)
			expect_fault(&faults[i]);
	for (size_t i = 0; i < FAULTS; i++)
		if (faults[i].write_error == EIO || faults[i].write_error == ETIMEDOUT)
			expect_reason(&faults[i]);
	/* The good backend still answers, and one that keeps crashing is parked. */
	expect_fault(&faults[0]);
	for (int tries = 0; tries < 600 && !is_parked("crash_compare"); tries++) {
		expect_fault(&faults[1]);
		sleep_ms(100);
	}
	shim_expect(is_parked("crash_compare"), "the backend is not parked");
	stop = true;
	pthread_join(bystander, NULL);
	shim_expect(answered > 0, "the bystander was never answered");
	printf("  %lu answers beside that\n", (unsigned long)answered);
	for (size_t i = 0; i < FAULTS; i++)
		EXPECT_RESULT(0, attr_put(device_file(faults[i].uuid, "remove"), "1"));
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

/*
 * Write until the answer is right. Until then it may only be EIO. Returns the number of
 * writes.
 */
static unsigned long writes_come_right(void)
{
	unsigned long errors = 0;
	ssize_t result;

	while ((result = subject_write(subjects[MTTY_2B].name, string)) == -EIO && errors < 6000) {
		errors++;
		sleep_ms(10);
	}
	EXPECT_RESULT(0, result);
	return errors;
}

/* Kill all workers at once. Five times within a minute would park the backends. */
static void killed_workers_are_restarted(void)
{
	char varied[STRING_MAX];

	EXPECT_RESULT(0, daemon_start(&daemon_, false));
	shim_expect(subjects_wait(), "some devices are not attached");
	EXPECT_RESULT(0, subject_string(subjects[MTTY_2A].name, string, sizeof(string)));
	for (unsigned long kill = 1; kill <= 3; kill++) {
		ssize_t result;

		shim_expect(processes_signal("migcompat-worke", SIGKILL) > 0,
			    "there are no workers");
		/* A string without a cached answer needs the worker. */
		string_vary(string, kill, varied, sizeof(varied));
		result = subject_write(subjects[MTTY_2B].name, varied);
		shim_expect(result == 0 || result == -EIO, "without a worker, a write gives %s",
			    shim_name(result));
		memcpy(string, varied, sizeof(string));
		printf("  back after %lu answers of EIO\n", writes_come_right());
		EXPECT_RESULT(0, subject_string(subjects[MTTY_2A].name, string, sizeof(string)));
	}
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

/* The line about this device in the answer of a session. */
static bool session_offers(const char *name)
{
	char answer[65536], line[4096];

	if (subject_ask(string, answer, sizeof(answer)) < 0)
		return false;
	subject_line(answer, name, line, sizeof(line));
	return !strncmp(line, "yes ", 4);
}

/*
 * After the backend is parked, neither cached nor new questions get a yes, by any
 * interface.
 */
static void parked_backend_gives_no_answer_that_it_gave_before(void)
{
	char output[8192], line[STRING_MAX + 128], varied[STRING_MAX];
	unsigned int tries;

	EXPECT_RESULT(0, daemon_start(&daemon_, false));
	shim_expect(subjects_wait(), "some devices are not attached");
	EXPECT_RESULT(0, subject_string(subjects[MTTY_2A].name, string, sizeof(string)));
	EXPECT_RESULT(0, subject_write(subjects[MTTY_2B].name, string));
	EXPECT_RESULT(0, subject_write(subjects[MTTY_2B].name, string));
	shim_expect(session_offers(subjects[MTTY_2B].name), "a session says no");
	string_vary(string, 1, varied, sizeof(varied));
	for (tries = 0; tries < 6000 && !is_parked("mtty"); tries++) {
		/* The worker must run again before it can be killed again. */
		if (subject_write(subjects[MTTY_2B].name, varied) == 0)
			processes_signal("migcompat-worke", SIGKILL);
		sleep_ms(10);
	}
	shim_expect(is_parked("mtty"), "the backend is not parked");
	snprintf(line, sizeof(line), "echo '%s' | migcompat --daemon check - %s", string,
		 subjects[MTTY_2B].name);
	for (tries = 0; tries < 2; tries++) {
		EXPECT_RESULT(-EIO, subject_write(subjects[MTTY_2B].name, string));
		EXPECT_RESULT(-EIO, subject_write(subjects[MTTY_2B].name, varied));
		EXPECT_RESULT(-EIO, subject_string(subjects[MTTY_2A].name, varied, sizeof(varied)));
		string_vary(string, 1, varied, sizeof(varied));
		shim_expect(!session_offers(subjects[MTTY_2B].name), "a session says yes");
		shim_expect(PROGRAM(output, "sh", "-c", line) == 2, "check says %s", output);
	}
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(bad_backend_affects_only_its_own_answers),
	TEST(killed_workers_are_restarted),
	TEST(parked_backend_gives_no_answer_that_it_gave_before),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	subjects_find();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
