// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the service under load: 64 writers and sessions at once, compatible and not, strings that were and were not written before;
 * killed meanwhile, with its descriptor kept and not. Each answer is known beforehand. SHIM_WRITES sizes it.
 */
#include "daemon-support.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITERS 64
#define ASKERS 4
#define STRING_MAX 4096

static struct daemon_process daemon_;
static char strings[SUBJECTS][STRING_MAX];
static atomic_bool stop, may_refuse;
static atomic_ulong done, refused;
static long writes_each; /* 0: until told to stop */

static void setup(bool keep)
{
	EXPECT_RESULT(0, daemon_start(&daemon_, keep));
	shim_expect(subjects_wait(), "not everything is attached");
	for (int i = 0; i < SUBJECTS; i++)
		EXPECT_RESULT(0, subject_string(subjects[i].name, strings[i], STRING_MAX));
	/* How fast the machine is, is not the question. */
	shim_set_timeout(SHIM_FOREVER_MS);
	stop = may_refuse = false;
	done = refused = 0;
}

/* NUMBER chooses source and target; of each three strings two were never written before. */
static void write_once(unsigned long number)
{
	unsigned int source = number % SUBJECTS, target = number / SUBJECTS % SUBJECTS;
	bool fits = subjects[source].ports == subjects[target].ports;
	char varied[STRING_MAX];
	ssize_t result;

	if (number % 3)
		string_vary(strings[source], number, varied, sizeof(varied));
	result = subject_write(subjects[target].name, number % 3 ? varied : strings[source]);
	if (may_refuse && result == -ENOTCONN) {
		refused++;
		sleep_ms(10);
	} else {
		shim_expect(result == (fits ? 0 : -EINVAL), "%s > %s: %s", subjects[source].label, subjects[target].label, shim_name(result));
	}
	done++;
}

static void *writer_run(void *argument)
{
	static atomic_ulong next;

	(void)argument;
	for (long i = 0; writes_each ? i < writes_each : !stop; i++)
		write_once(next++);
	return NULL;
}

/* Asks by its own source's string, and must find what fits this and not another's. */
static void *asker_run(void *argument)
{
	unsigned long number = (unsigned long)argument, two = number % 2;
	static char answers[ASKERS][262145];
	char *answer = answers[number], wanted[300], unwanted[300];
	const char *string = strings[two ? MTTY_2A : MTTY_1A];
	int fd = open("/dev/migcompat", O_RDWR | O_CLOEXEC);

	snprintf(wanted, sizeof(wanted), "yes %s ", subjects[two ? MTTY_2B : MTTY_1B].name);
	snprintf(unwanted, sizeof(unwanted), "yes %s ", subjects[two ? MTTY_1B : MTTY_2B].name);
	while (!stop) {
		ssize_t count = write(fd, string, strlen(string));

		if (count > 0)
			count = read(fd, answer, 262144);
		if (count < 0 && may_refuse && errno == ENOTCONN) {
			sleep_ms(10);
			continue;
		}
		answer[count > 0 ? count : 0] = '\0';
		shim_expect(strstr(answer, wanted) && !strstr(answer, unwanted), "an ask gives %s: %.300s", count < 0 ? strerror(errno) : "lines", answer);
	}
	close(fd);
	return NULL;
}

static pthread_t writers[WRITERS], askers[ASKERS];

static void crowd_start(long writes)
{
	writes_each = writes ? writes / WRITERS + 1 : 0;
	for (unsigned long i = 0; i < WRITERS; i++)
		pthread_create(&writers[i], NULL, writer_run, NULL);
	for (unsigned long i = 0; i < ASKERS; i++)
		pthread_create(&askers[i], NULL, asker_run, (void *)i);
}

static void crowd_wait(void)
{
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	stop = true;
	for (int i = 0; i < ASKERS; i++)
		pthread_join(askers[i], NULL);
}

static void many_writers_are_answered_right(void)
{
	long writes = shim_number("SHIM_WRITES", 20000);
	double start;

	setup(false);
	start = seconds_now();
	crowd_start(writes);
	crowd_wait();
	EXPECT_RESULT((writes / WRITERS + 1) * WRITERS, (ssize_t)done);
	printf("  %lu writes by %d writers, %.0f a second\n", (unsigned long)done, WRITERS, (double)done / (seconds_now() - start));
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void killed_daemon_is_succeeded_without_loss(void)
{
	long writes = shim_number("SHIM_WRITES", 20000), all = (writes / WRITERS + 1) * WRITERS;
	unsigned long before = 0;
	int kills = 0;

	setup(true);
	crowd_start(writes);
	while (done < (unsigned long)all) {
		sleep_ms(20);
		/* Each is let work for a while, so that there is an end to it. */
		if (done < before + (unsigned long)all / 12 || done > (unsigned long)all - 100)
			continue;
		before = done;
		daemon_kill(&daemon_);
		sleep_ms(100);
		EXPECT_RESULT(0, daemon_start(&daemon_, true));
		kills++;
	}
	crowd_wait();
	EXPECT_RESULT(all, (ssize_t)done);
	shim_expect(kills > 0, "that was too easy");
	printf("  %lu writes, %d kills\n", (unsigned long)done, kills);
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void killed_daemon_without_successor_is_never_yes(void)
{
	setup(false);
	may_refuse = true;
	crowd_start(0);
	for (int round = 0; round < 5; round++) {
		sleep_ms(500);
		daemon_kill(&daemon_);
		sleep_ms(50);
		EXPECT_RESULT(0, daemon_start(&daemon_, false));
	}
	sleep_ms(500);
	stop = true;
	crowd_wait();
	printf("  %lu writes, %lu of them ENOTCONN\n", (unsigned long)done, (unsigned long)refused);
	shim_expect(refused > 0 && refused < done, "that was too easy");
	EXPECT_RESULT(0, daemon_stop(&daemon_));
}

static void nothing_of_the_daemon_is_left(void)
{
	/* Workers whose daemon was killed find out by themselves. */
	for (int tries = 0; tries < 600 && processes_signal("migcompat-worke", 0); tries++)
		sleep_ms(50);
	EXPECT_RESULT(0, processes_signal("migcompat-worke", 0));
	EXPECT_RESULT(0, processes_signal("migcompatd", 0));
}

#define TEST(name) { #name, name }
static const struct shim_test tests[] = {
	TEST(many_writers_are_answered_right),
	TEST(killed_daemon_is_succeeded_without_loss),
	TEST(killed_daemon_without_successor_is_never_yes),
	TEST(nothing_of_the_daemon_is_left),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	subjects_find();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
