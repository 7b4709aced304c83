// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests in which devices are created and removed while they are read, written, attached
 * and detached, with a broker that attaches without pause. Also tests of a broker with
 * several threads. SHIM_ROUNDS is the number of rounds of the first.
 */
#include "visitor.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "broker-client.h"

#define STRING "mtty:mdev:serial:1:ports=2"

static struct broker_process broker;
static atomic_ulong attached;

/* Attach without pause, so at the worst moments, too. Detach every fifth attachment. */
static void *attacher_run(void *argument)
{
	char path[256];

	while (!visitor_stop) {
		ssize_t id = broker_do_attach(&broker, visitor_path(argument, path), NULL), result;

		shim_expect(id > 0 || id == -ENODEV || id == -EEXIST, "attaching gives %s",
			    shim_name(id));
		if (id <= 0)
			continue;
		attached++;
		result = broker_say(&broker, NULL, 0,
				    "publish %zd mtty:serial ports=int|2|1-2|2|-|0", id);
		shim_expect(result == 0 || result == -EINVAL, "publishing gives %s",
			    shim_name(result));
		if (attached % 5)
			continue;
		result = broker_say(&broker, NULL, 0, "detach %zd", id);
		shim_expect(result == 0 || result == -EINVAL, "detaching gives %s",
			    shim_name(result));
	}
	return NULL;
}

static void rounds_of(struct visitor *visitor)
{
	visitor->string = STRING;
	visitor->other_string = "mtty:mdev:serial:1:ports=1";
	visitor->parameter = "params/ports/value";
	visitor->companion = attacher_run;
	attached = 0;
	EXPECT_RESULT(0, broker_start(&broker, -1, (char *[]){"*=" STRING, NULL}));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach-all"));
	visitor_rounds(visitor);
	printf("  %lu times attached\n", (unsigned long)attached);
	broker_stop(&broker);
}

static void mdev_is_created_and_removed(void)
{
	struct visitor visitor = {.names = 0};

	visitor_is_mdev(&visitor, "migtest");
	rounds_of(&visitor);
}

static void card_is_bound_and_unbound(void)
{
	const char *address = strrchr(shim_card, '/') + 1;
	struct visitor visitor = {.names = 0};

	visitor_is_card(&visitor);
	EXPECT_RESULT(0, visitor.go(address));
	rounds_of(&visitor);
	EXPECT_RESULT(0, visitor.come(address));
}

static atomic_bool told;

/*
 * Read into memory that faults, so that the answer is taken out and put back, all the
 * time.
 */
static void *clumsy_reader_run(void *argument)
{
	char *volatile nowhere = NULL;

	while (!told)
		shim_expect(read(*(int *)argument, nowhere, MIGCOMPAT_BROKER_READ_SIZE) < 0 &&
				    errno == EFAULT,
			    "a read gives %s", strerror(errno));
	return NULL;
}

static void answers_leave(struct broker *own, int count)
{
	struct migcompat_broker_list list = {.header.op = MIGCOMPAT_BROKER_OP_LIST};

	while (count--) {
		list.header.id = ++own->command;
		EXPECT_RESULT(0, broker_send(own, &list, sizeof(list)));
	}
}

/* The attachment's number, if it is among so many answers. */
static uint64_t answers_take(struct broker *own, int count)
{
	union broker_message answer;
	uint64_t id = 0;

	while (count--) {
		EXPECT_RESULT(0, broker_receive(own, &answer));
		if (answer.header.op ==
		    (MIGCOMPAT_BROKER_OP_ATTACH_TYPE | MIGCOMPAT_BROKER_OP_REPLY))
			id = answer.attach_reply.attachment;
	}
	return id;
}

/*
 * The queue of answers is full, but for one place that is free for moments. Either
 * nothing is attached, or its number can be read.
 */
static void attachments_are_listed(void)
{
	static const char name[] = "mtty!mtty-2", text[] = "mtty!mtty-2mtty:serial";
	union broker_message message = {.attach.header.op = MIGCOMPAT_BROKER_OP_ATTACH_TYPE};
	double end = seconds_now() + 2;
	unsigned long told_times = 0;
	struct broker own;
	pthread_t reader;

	EXPECT_RESULT(0, broker_open_clean(&own));
	message.attach.subject_length = sizeof(name) - 1;
	message.attach.type_length = sizeof(text) - sizeof(name);
	memcpy(message.bytes + sizeof(message.attach), text, sizeof(text) - 1);
	told = false;
	pthread_create(&reader, NULL, clumsy_reader_run, &own.fd);
	while (seconds_now() < end) {
		int error = -EBUSY;
		uint64_t id;

		answers_leave(&own, MIGCOMPAT_BROKER_ANSWERS_MAX);
		for (int tries = 0;
		     error == -EBUSY && tries < 100 && access(shim_class_file(name, ""), F_OK) != 0;
		     tries++) {
			message.header.id = ++own.command;
			error = broker_send(&own, &message,
					    sizeof(message.attach) + sizeof(text) - 1);
		}
		shim_expect(error == 0 || error == -EBUSY, "attaching gives %s", shim_name(error));
		if (error && access(shim_class_file(name, ""), F_OK) == 0) {
			shim_expect(false, "it is attached, and attaching gives %s",
				    shim_name(error));
			break;
		}
		id = answers_take(&own, MIGCOMPAT_BROKER_ANSWERS_MAX + (error == 0));
		EXPECT_RESULT(error == 0, id != 0);
		if (id)
			EXPECT_RESULT(0, broker_detach(&own, id));
		told_times += id != 0;
	}
	told = true;
	answers_leave(&own, 1); /* until the reader notices */
	pthread_join(reader, NULL);
	printf("  %lu times attached\n", told_times);
	shim_expect(told_times > 0, "it never came to that");
	close(own.fd);
}

#define TEST(name)          \
	{                   \
#name, name \
	}
static const struct shim_test tests[] = {
	TEST(mdev_is_created_and_removed),
	TEST(card_is_bound_and_unbound),
	TEST(attachments_are_listed),
};

int main(int argc, char **argv)
{
	shim_find_devices();
	return shim_run(tests, sizeof(tests) / sizeof(tests[0]), argc > 1 ? argv[1] : NULL) != 0;
}
