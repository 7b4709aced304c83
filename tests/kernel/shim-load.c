// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the module under load: many writers and sessions at once, and a daemon that is
 * killed, with a successor and without. The right answer to each write is known.
 * SHIM_WRITES is the number of writes.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "broker-client.h"

#define VERSION "migration_version"
#define STRING_A "mtty:mdev:serial:1:a"
#define STRING_B "mtty:mdev:serial:1:b"
#define WRITERS 64
#define ASKERS 4
#define WAITERS 100 /* for each device; more than the module handles in one batch */
/* A refused writer pauses, so that a successor gets processor time to start. */
#define REFUSED_PAUSE_MS 100

static struct broker_process broker;
static atomic_bool stop;
static atomic_ulong done, refused;

static char *word_of(const char *device, const char *string)
{
	char *word = NULL;

	if (asprintf(&word, "%s=%s", strrchr(device, '/') + 1, string) < 0)
		exit(2);
	return word;
}

static char **known_strings(void)
{
	static char *words[3];

	if (!words[0]) {
		words[0] = word_of(shim_mdev_a, STRING_A);
		words[1] = word_of(shim_mdev_b, STRING_B);
	}
	return words;
}

/* Attach both devices to a broker that knows their strings. FD as in broker_start(). */
static void setup(int fd)
{
	EXPECT_RESULT(0, broker_start(&broker, fd, known_strings()));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach-all"));
	shim_expect(broker_do_attach(&broker, shim_mdev_a, NULL) > 0, "cannot attach");
	shim_expect(broker_do_attach(&broker, shim_mdev_b, NULL) > 0, "cannot attach");
	stop = false;
	done = refused = 0;
}

struct load {
	long writes;     /* of each writer; 0: until stopped */
	bool may_refuse; /* ENOTCONN is valid, too */
	unsigned int number;
};

/* One write whose answer is known. NUMBER selects device, file and string. */
static void write_once(const struct load *load, unsigned long number)
{
	bool to_b = number & 1, of_b = number & 2, by_class = number & 4;
	const char *device = to_b ? shim_mdev_b : shim_mdev_a, *string = of_b ? STRING_B : STRING_A;
	ssize_t wanted = to_b == of_b ? (ssize_t)strlen(string) : -EINVAL;
	ssize_t result =
		attr_write(by_class ? shim_class_file(device, VERSION) : shim_file(device, VERSION),
			   string, strlen(string));

	if (load->may_refuse && result == -ENOTCONN) {
		refused++;
		sleep_ms(REFUSED_PAUSE_MS);
	} else {
		shim_expect(result == wanted, "write of %s to %s gives %s", string, device,
			    shim_name(result));
	}
	done++;
}

static void *writer_run(void *argument)
{
	const struct load *load = argument;

	for (unsigned long i = 0; load->writes ? i < (unsigned long)load->writes : !stop; i++)
		write_once(load, i + load->number);
	return NULL;
}

/* Ask, and expect both devices in the answer, the right one with yes. */
static void *asker_run(void *argument)
{
	const struct load *load = argument;
	const char *yes = strrchr(load->number & 1 ? shim_mdev_b : shim_mdev_a, '/') + 1;
	const char *string = load->number & 1 ? STRING_B : STRING_A;
	char answer[4096], wanted[300];
	int fd = open("/dev/migcompat", O_RDWR | O_CLOEXEC);

	snprintf(wanted, sizeof(wanted), "yes %s ", yes);
	while (!stop) {
		ssize_t count = write(fd, string, strlen(string)) < 0 ? -errno : 0;

		if (count == 0)
			count = read(fd, answer, sizeof(answer) - 1);
		if (count < 0 && load->may_refuse && errno == ENOTCONN) {
			sleep_ms(REFUSED_PAUSE_MS);
			continue;
		}
		answer[count > 0 ? count : 0] = '\0';
		shim_expect(strstr(answer, wanted) && strstr(answer, "no "), "ask gives %zd: %s",
			    count, answer);
	}
	close(fd);
	return NULL;
}

struct crowd {
	pthread_t writers[WRITERS], askers[ASKERS];
	struct load loads[WRITERS];
};

static void crowd_start(struct crowd *crowd, long writes, bool may_refuse)
{
	for (unsigned int i = 0; i < WRITERS; i++) {
		crowd->loads[i] =
			(struct load){.writes = writes, .may_refuse = may_refuse, .number = i};
		pthread_create(&crowd->writers[i], NULL, writer_run, &crowd->loads[i]);
	}
	for (unsigned int i = 0; i < ASKERS; i++)
		pthread_create(&crowd->askers[i], NULL, asker_run, &crowd->loads[i]);
}

static void crowd_wait(struct crowd *crowd)
{
	for (unsigned int i = 0; i < WRITERS; i++)
		pthread_join(crowd->writers[i], NULL);
	stop = true;
	for (unsigned int i = 0; i < ASKERS; i++)
		pthread_join(crowd->askers[i], NULL);
}

static void many_writers_are_answered_right(void)
{
	long writes = shim_number("SHIM_WRITES", 20000) / WRITERS + 1;
	struct crowd crowd;
	double start;

	setup(-1);
	start = seconds_now();
	crowd_start(&crowd, writes, false);
	crowd_wait(&crowd);
	EXPECT_RESULT(writes * WRITERS, (ssize_t)done);
	printf("  %lu writes by %d writers, %.0f a second\n", done, WRITERS,
	       (double)done / (seconds_now() - start));
	broker_stop(&broker);
}

static void killed_daemon_loses_no_question(void)
{
	long writes = shim_number("SHIM_WRITES", 20000) / WRITERS + 1;
	int fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC), kills = 0;
	unsigned long requeued = 0, before = 0;
	struct crowd crowd;
	char rest[128];

	setup(fd);
	crowd_start(&crowd, writes, false);
	while (done < (unsigned long)writes * WRITERS) {
		sleep_ms(50);
		/* Each broker runs for a while, so that the test makes progress. */
		if (done < before + 200 && done < (unsigned long)writes * WRITERS - 200)
			continue;
		before = done;
		/* It is killed after it read many requests and answered none. */
		EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "hang"));
		sleep_ms(20);
		broker_kill(&broker);
		EXPECT_RESULT(0, broker_start(&broker, fd, known_strings()));
		kills++;
		if (broker_say(&broker, rest, sizeof(rest), "stats") == 0)
			requeued +=
				strtoul(strstr(rest, "requeued ") + strlen("requeued "), NULL, 10);
	}
	crowd_wait(&crowd);
	EXPECT_RESULT(writes * WRITERS, (ssize_t)done);
	printf("  %d kills, %lu requests taken over\n", kills, requeued);
	shim_expect(kills > 0 && requeued > 0, "no request was taken over");
	broker_stop(&broker);
	close(fd);
}

static void killed_daemon_without_successor_is_never_yes(void)
{
	struct crowd crowd;

	setup(-1);
	crowd_start(&crowd, 0, true);
	for (int round = 0; round < 10; round++) {
		sleep_ms(50);
		broker_kill(&broker);
		sleep_ms(20);
		EXPECT_RESULT(0, broker_start(&broker, -1, known_strings()));
	}
	stop = true;
	crowd_wait(&crowd);
	printf("  %lu writes, %lu of them ENOTCONN\n", (unsigned long)done, (unsigned long)refused);
	shim_expect(refused > 0 && refused < done, "none or all are ENOTCONN");
	broker_stop(&broker);
}

struct waiter {
	pthread_t thread;
	const char *device;
	ssize_t result;
};

static atomic_int ended;

static void *waiter_run(void *argument)
{
	struct waiter *waiter = argument;
	char buffer[64], path[1024];

	snprintf(path, sizeof(path), "/sys%s/%s", waiter->device, VERSION);
	waiter->result = attr_read(path, buffer, sizeof(buffer));
	ended++;
	return NULL;
}

static void waiters_start(struct waiter *waiters, const char *device)
{
	for (int i = 0; i < WAITERS; i++) {
		waiters[i] = (struct waiter){.device = device};
		pthread_create(&waiters[i].thread, NULL, waiter_run, &waiters[i]);
	}
}

static void waiters_end(struct waiter *waiters, ssize_t result)
{
	int others = 0;

	for (int i = 0; i < WAITERS; i++) {
		pthread_join(waiters[i].thread, NULL);
		others += waiters[i].result != result;
	}
	shim_expect(!others, "%d waiters got another end than %s", others, shim_name(result));
}

/*
 * More requests than one batch end with their device, wait for the next daemon, and end
 * with the last one.
 */
static void each_waiter_gets_an_error(void)
{
	int fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC);
	struct waiter first[WAITERS], second[WAITERS];
	ssize_t id, other;
	char rest[128];

	setup(fd);
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach-all"));
	id = broker_do_attach(&broker, shim_mdev_a, STRING_A);
	other = broker_do_attach(&broker, shim_mdev_b, STRING_B);
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd hang", id));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd hang", other));
	shim_set_timeout(SHIM_FOREVER_MS);
	ended = 0;
	waiters_start(first, shim_mdev_a);
	waiters_start(second, shim_mdev_b);
	shim_expect(broker_count_comes(&broker, 0, 2 * WAITERS), "the broker was not asked by all");
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach %zd", id));
	waiters_end(first, -ENODEV);
	EXPECT_RESULT(WAITERS, ended);
	shim_expect(broker_count_comes(&broker, 3, WAITERS), "the daemon was not told of all");
	broker_kill(&broker);
	EXPECT_RESULT(0, broker_start(&broker, fd, known_strings()));
	EXPECT_RESULT(0, broker_say(&broker, rest, sizeof(rest), "stats"));
	shim_expect(strstr(rest, "requeued 100") != NULL, "taken over: %s", rest);
	waiters_end(second, (ssize_t)strlen(STRING_B) + 1);
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "hang"));
	waiters_start(second, shim_mdev_b);
	shim_expect(broker_count_comes(&broker, 0, 2 * WAITERS), "the broker was not asked by all");
	close(fd);
	broker_kill(&broker);
	waiters_end(second, -ENOTCONN);
	shim_set_timeout(SHIM_TIMEOUT_MS);
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(many_writers_are_answered_right),
	TEST(killed_daemon_loses_no_question),
	TEST(killed_daemon_without_successor_is_never_yes),
	TEST(each_waiter_gets_an_error),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
