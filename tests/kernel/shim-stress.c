// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the shim under load and in races: many writers, a daemon that is killed and succeeded, devices that come and go while
 * they are read and attached. Answers must be right throughout. SHIM_WRITES and SHIM_ROUNDS size it.
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
#define STRING "mtty:mdev:serial:1:ports=2"
#define STRING_A "mtty:mdev:serial:1:a"
#define STRING_B "mtty:mdev:serial:1:b"
#define WRITERS 64
#define READERS 4
#define PARENT "/devices/virtual/migtest/migtest"
#define TEST_UUID "5a1f1a52-1f0e-4c5f-9a63-0123456789ab"
#define DEVICES 1000

static struct broker_process broker;
static atomic_bool stop;
static atomic_ulong done, refused, checked, attached;

static long number_of(const char *variable, long fallback)
{
	const char *value = getenv(variable);

	return value ? atol(value) : fallback;
}

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

/* Attaches both devices, to a broker that knows their strings. FD as in broker_start(). */
static void setup(int fd)
{
	EXPECT_RESULT(0, broker_start(&broker, fd, known_strings()));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach-all"));
	shim_expect(broker_do_attach(&broker, shim_mdev_a, NULL) > 0, "cannot attach");
	shim_expect(broker_do_attach(&broker, shim_mdev_b, NULL) > 0, "cannot attach");
	stop = false;
	done = refused = checked = attached = 0;
}

struct load {
	long writes; /* of each writer; 0: until told to stop */
	bool may_refuse; /* ENOTCONN is right too */
	unsigned int number;
};

/* One write whose answer is known: NUMBER says to which device, through which file, with whose string. */
static void write_once(const struct load *load, unsigned long number)
{
	bool to_b = number & 1, of_b = number & 2, by_class = number & 4;
	const char *device = to_b ? shim_mdev_b : shim_mdev_a, *string = of_b ? STRING_B : STRING_A;
	ssize_t wanted = to_b == of_b ? (ssize_t)strlen(string) : -EINVAL;
	ssize_t result = attr_write(by_class ? shim_class_file(device, VERSION) : shim_file(device, VERSION), string, strlen(string));

	if (load->may_refuse && result == -ENOTCONN) {
		refused++;
		sleep_ms(1);
	} else {
		shim_expect(result == wanted, "write of %s to %s gives %s", string, device, shim_name(result));
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

/* Asks and expects both devices in the answer, and the right one with yes. */
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
			sleep_ms(1);
			continue;
		}
		answer[count > 0 ? count : 0] = '\0';
		shim_expect(strstr(answer, wanted) && strstr(answer, "no "), "ask gives %zd: %s", count, answer);
	}
	close(fd);
	return NULL;
}

struct crowd {
	pthread_t writers[WRITERS], askers[READERS];
	struct load loads[WRITERS];
};

static void crowd_start(struct crowd *crowd, long writes, bool may_refuse)
{
	for (unsigned int i = 0; i < WRITERS; i++) {
		crowd->loads[i] = (struct load){ .writes = writes, .may_refuse = may_refuse, .number = i };
		pthread_create(&crowd->writers[i], NULL, writer_run, &crowd->loads[i]);
	}
	for (unsigned int i = 0; i < READERS; i++)
		pthread_create(&crowd->askers[i], NULL, asker_run, &crowd->loads[i]);
}

static void crowd_wait(struct crowd *crowd)
{
	for (unsigned int i = 0; i < WRITERS; i++)
		pthread_join(crowd->writers[i], NULL);
	stop = true;
	for (unsigned int i = 0; i < READERS; i++)
		pthread_join(crowd->askers[i], NULL);
}

static void many_writers_are_answered_right(void)
{
	long writes = number_of("SHIM_WRITES", 20000) / WRITERS + 1;
	struct crowd crowd;
	double start;

	setup(-1);
	start = seconds_now();
	crowd_start(&crowd, writes, false);
	crowd_wait(&crowd);
	EXPECT_RESULT(writes * WRITERS, (ssize_t)done);
	printf("  %lu writes by %d writers, %.0f a second\n", done, WRITERS, (double)done / (seconds_now() - start));
	broker_stop(&broker);
}

static void killed_daemon_is_succeeded_without_loss(void)
{
	long writes = number_of("SHIM_WRITES", 20000) / WRITERS + 1;
	int fd = open(BROKER_PATH, O_RDWR | O_CLOEXEC), kills = 0;
	unsigned long requeued = 0, before = 0;
	struct crowd crowd;
	char rest[128];

	setup(fd);
	crowd_start(&crowd, writes, false);
	while (done < (unsigned long)writes * WRITERS) {
		sleep_ms(50);
		/* Each is let work for a while, so that there is an end to it. */
		if (done < before + 200 && done < (unsigned long)writes * WRITERS - 200)
			continue;
		before = done;
		/* It dies with many requests read and none of them answered. */
		EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "hang"));
		sleep_ms(20);
		broker_kill(&broker);
		EXPECT_RESULT(0, broker_start(&broker, fd, known_strings()));
		kills++;
		if (broker_say(&broker, rest, sizeof(rest), "stats") == 0)
			requeued += strtoul(strstr(rest, "requeued ") + strlen("requeued "), NULL, 10);
	}
	crowd_wait(&crowd);
	EXPECT_RESULT(writes * WRITERS, (ssize_t)done);
	printf("  %d kills, %lu requests taken over\n", kills, requeued);
	shim_expect(kills > 3 && requeued > (unsigned long)kills, "that was too easy");
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
	shim_expect(refused > 0 && refused < done, "that was too easy");
	broker_stop(&broker);
}

/* A device that comes and goes: where it is, and what brings and takes it. */
struct visitor {
	const char *device;
	const char *come_file, *come_word, *go_file, *go_word;
};

static bool is_absence(ssize_t result)
{
	return result == -ENOENT || result == -ENODEV;
}

static void *visitor_reader_run(void *argument)
{
	const struct visitor *visitor = argument;
	char buffer[256];

	while (!stop) {
		const char *own = shim_file(visitor->device, VERSION), *class = shim_class_file(visitor->device, VERSION);
		ssize_t result = attr_read(own, buffer, sizeof(buffer));

		shim_expect(is_absence(result) || result == (ssize_t)strlen(STRING) + 1, "reading gives %s", shim_name(result));
		result = attr_write(class, STRING, strlen(STRING));
		shim_expect(is_absence(result) || result == (ssize_t)strlen(STRING), "writing gives %s", shim_name(result));
		result = attr_write(own, STRING_A, strlen(STRING_A));
		shim_expect(is_absence(result) || result == -EINVAL, "a wrong string gives %s", shim_name(result));
		result = attr_read(shim_class_file(visitor->device, "params/ports/value"), buffer, sizeof(buffer));
		shim_expect(is_absence(result) || result == 2, "a parameter gives %s", shim_name(result));
		checked++;
	}
	return NULL;
}

/* Tries to attach all the time, so at the worst moments too. */
static void *attacher_run(void *argument)
{
	const struct visitor *visitor = argument;

	while (!stop) {
		ssize_t id = broker_do_attach(&broker, visitor->device, NULL);

		shim_expect(id > 0 || id == -ENODEV || id == -EEXIST, "attaching gives %s", shim_name(id));
		if (id <= 0)
			continue;
		attached++;
		id = broker_say(&broker, NULL, 0, "publish %zd mtty:serial ports=int|2|1-2|2|-|0", id);
		shim_expect(id == 0 || id == -EINVAL, "publishing gives %s", shim_name(id));
	}
	return NULL;
}

static void visitor_rounds(const struct visitor *visitor)
{
	long rounds = number_of("SHIM_ROUNDS", 1000), answered = 0;
	pthread_t readers[READERS], attacher;
	double start = seconds_now();

	EXPECT_RESULT(0, broker_start(&broker, -1, (char *[]){ "*=" STRING, NULL }));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach-all"));
	stop = false;
	attached = checked = 0;
	for (int i = 0; i < READERS; i++)
		pthread_create(&readers[i], NULL, visitor_reader_run, (void *)visitor);
	pthread_create(&attacher, NULL, attacher_run, (void *)visitor);
	for (long round = 0; round < rounds; round++) {
		ssize_t result = -ENOENT;

		EXPECT_RESULT(0, attr_put(visitor->come_file, visitor->come_word));
		/* Every other time it goes while it is being attached. */
		for (int tries = 0; round % 2 == 0 && tries < 500 && is_absence(result); tries++) {
			result = attr_write(shim_file(visitor->device, VERSION), STRING, strlen(STRING));
			if (is_absence(result))
				sleep_ms(2);
		}
		answered += result == (ssize_t)strlen(STRING);
		EXPECT_RESULT(0, attr_put(visitor->go_file, visitor->go_word));
		shim_expect(access(shim_file(visitor->device, VERSION), F_OK) != 0, "the files are left");
		shim_expect(access(shim_class_file(visitor->device, ""), F_OK) != 0, "the class device is left");
	}
	stop = true;
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	pthread_join(attacher, NULL);
	printf("  %ld rounds in %.0f s: %ld checked, %lu attached, %lu times read\n", rounds, seconds_now() - start, answered,
	       (unsigned long)attached, (unsigned long)checked);
	EXPECT_RESULT((rounds + 1) / 2, answered);
	broker_stop(&broker);
}

static void mdev_comes_and_goes(void)
{
	visitor_rounds(&(struct visitor){
		.device = PARENT "/" TEST_UUID,
		.come_file = "/sys" PARENT "/mdev_supported_types/migtest-small/create",
		.come_word = TEST_UUID,
		.go_file = "/sys" PARENT "/" TEST_UUID "/remove",
		.go_word = "1",
	});
}

static void card_is_bound_and_unbound(void)
{
	const char *address = strrchr(shim_card, '/') + 1;

	EXPECT_RESULT(0, attr_put("/sys/bus/pci/drivers/vfio-pci/unbind", address));
	visitor_rounds(&(struct visitor){
		.device = shim_card,
		.come_file = "/sys/bus/pci/drivers/vfio-pci/bind",
		.come_word = address,
		.go_file = "/sys/bus/pci/drivers/vfio-pci/unbind",
		.go_word = address,
	});
	EXPECT_RESULT(0, attr_put("/sys/bus/pci/drivers/vfio-pci/bind", address));
}

static void thousand_devices_attach(void)
{
	double start, first = 0;
	char uuid[64], device[256];

	broker_start_clean(&broker);
	for (int i = 0; i < DEVICES; i++) {
		snprintf(uuid, sizeof(uuid), "5a1f1a52-1f0e-4c5f-9a63-%012d", i);
		EXPECT_RESULT(0, attr_put("/sys" PARENT "/mdev_supported_types/migtest-small/create", uuid));
	}
	start = seconds_now();
	for (int i = 0; i < DEVICES; i++) {
		snprintf(device, sizeof(device), PARENT "/5a1f1a52-1f0e-4c5f-9a63-%012d", i);
		shim_expect(broker_do_attach(&broker, device, NULL) > 0, "cannot attach device %d", i);
		if (i == 99)
			first = seconds_now() - start;
	}
	printf("  %.2f ms each; %.2f ms each of the first hundred\n", (seconds_now() - start) * 1000 / DEVICES, first * 10);
	start = seconds_now();
	for (int i = 0; i < DEVICES; i++) {
		snprintf(device, sizeof(device), "/sys" PARENT "/5a1f1a52-1f0e-4c5f-9a63-%012d/remove", i);
		EXPECT_RESULT(0, attr_put(device, "1"));
	}
	printf("  removed in %.2f ms each\n", (seconds_now() - start) * 1000 / DEVICES);
	broker_stop(&broker);
}

#define TEST(name) { #name, name }
static const struct shim_test tests[] = {
	TEST(many_writers_are_answered_right),
	TEST(killed_daemon_is_succeeded_without_loss),
	TEST(killed_daemon_without_successor_is_never_yes),
	TEST(mdev_comes_and_goes),
	TEST(card_is_bound_and_unbound),
	TEST(thousand_devices_attach),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
