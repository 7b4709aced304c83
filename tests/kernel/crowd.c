// SPDX-License-Identifier: LGPL-2.1-or-later
/* The crowd. An answer is right if source and target have equal numbers of ports. */
#include "crowd.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "daemon-support.h"

#define ASKERS 4
#define STRING_MAX 4096

atomic_bool crowd_may_refuse;
atomic_ulong crowd_done, crowd_refused;

static char strings[SUBJECTS][STRING_MAX];
static atomic_bool stop;
static unsigned long writes_each; /* 0: until crowd_end() */
static pthread_t writers[CROWD_WRITERS], askers[ASKERS];

void crowd_prepare(void)
{
	shim_expect(subjects_wait(), "some devices are not attached");
	for (int i = 0; i < SUBJECTS; i++)
		EXPECT_RESULT(0, subject_string(subjects[i].name, strings[i], STRING_MAX));
	/* The speed of the machine does not matter. */
	shim_set_timeout(SHIM_FOREVER_MS);
	crowd_may_refuse = false;
	crowd_done = crowd_refused = 0;
}

/* NUMBER selects source and target. Two of three strings were never written before. */
static void write_once(unsigned long number)
{
	unsigned int source = number % SUBJECTS, target = number / SUBJECTS % SUBJECTS;
	bool fits = subjects[source].ports == subjects[target].ports;
	char varied[STRING_MAX];
	ssize_t result;

	if (number % 3)
		string_vary(strings[source], number, varied, sizeof(varied));
	result = subject_write(subjects[target].name, number % 3 ? varied : strings[source]);
	if (crowd_may_refuse && result == -ENOTCONN) {
		crowd_refused++;
		sleep_ms(100);
	} else {
		shim_expect(result == (fits ? 0 : -EINVAL), "%s > %s: %s", subjects[source].label,
			    subjects[target].label, shim_name(result));
	}
	crowd_done++;
}

static void *writer_run(void *argument)
{
	static atomic_ulong next;

	(void)argument;
	for (unsigned long i = 0; writes_each ? i < writes_each : !stop; i++)
		write_once(next++);
	return NULL;
}

/* The answer must be about this session's string, not about another session's. */
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
		if (count < 0 && crowd_may_refuse && errno == ENOTCONN) {
			sleep_ms(100);
			continue;
		}
		answer[count > 0 ? count : 0] = '\0';
		shim_expect(strstr(answer, wanted) && !strstr(answer, unwanted),
			    "an ask gives %s: %.300s", count < 0 ? strerror(errno) : "lines",
			    answer);
	}
	close(fd);
	return NULL;
}

unsigned long crowd_all(unsigned long writes)
{
	return (writes / CROWD_WRITERS + 1) * CROWD_WRITERS;
}

void crowd_start(unsigned long writes)
{
	writes_each = writes ? writes / CROWD_WRITERS + 1 : 0;
	stop = false;
	for (unsigned long i = 0; i < CROWD_WRITERS; i++)
		pthread_create(&writers[i], NULL, writer_run, NULL);
	for (unsigned long i = 0; i < ASKERS; i++)
		pthread_create(&askers[i], NULL, asker_run, (void *)i);
}

void crowd_wait(void)
{
	for (int i = 0; i < CROWD_WRITERS; i++)
		pthread_join(writers[i], NULL);
	stop = true;
	for (int i = 0; i < ASKERS; i++)
		pthread_join(askers[i], NULL);
}

void crowd_end(void)
{
	stop = true;
	crowd_wait();
}
