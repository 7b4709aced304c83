// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A test broker for the kernel lab. It replies to the module as commands on standard
 * input say, and prints the result of each command. A write is answered with yes if it
 * equals the target's string.
 *
 * usage: broker [FD|- [NAME=STRING...]]
 *
 * FD is a descriptor of the broker that another process opened. The strings are known
 * before any request is answered; NAME "*" is for all other targets.
 */
#include "broker-client.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 64

enum { ANSWER_NORMAL = 0, ANSWER_HANG = 1 };

struct target {
	struct target *next;
	uint64_t id;
	char *name;
	char *string;
	int answer; /* negative errno, or one of the above */
};

static struct broker broker;
static struct target *targets;
static char **known;        /* NAME=STRING of targets that are attached later */
static unsigned long lines; /* lines of an answer to ASK; 0: one a target */
static int ask_answer;
static int hanging;             /* reads requests, and does not reply */
static unsigned long counts[4]; /* reads, writes, asks, cancels */
static unsigned long late;      /* replies that were refused */

static const struct {
	const char *name;
	int value;
} answers[] = {
	{"EINVAL", -EINVAL},       {"ENODEV", -ENODEV},     {"EPERM", -EPERM},
	{"EBUSY", -EBUSY},         {"E2BIG", -E2BIG},       {"EIO", -EIO},
	{"ETIMEDOUT", -ETIMEDOUT}, {"ENOTCONN", -ENOTCONN}, {"normal", ANSWER_NORMAL},
	{"hang", ANSWER_HANG},     {"EEXIST", -EEXIST},     {"ENOENT", -ENOENT},
};

static struct target *target_find(uint64_t id)
{
	struct target *target;

	for (target = targets; target && target->id != id; target = target->next)
		;
	return target;
}

static struct target *target_add(uint64_t id, const char *name)
{
	struct target *target = calloc(1, sizeof(*target));

	if (!target)
		exit(2);
	target->id = id;
	target->name = strdup(name);
	for (char **word = known; word && *word; word++) {
		size_t length = strcspn(*word, "=");

		if ((!strncmp(*word, name, length) && !name[length]) ||
		    (!strncmp(*word, "*", length) && !target->string))
			target->string = strdup(*word + length + 1);
	}
	target->next = targets;
	targets = target;
	return target;
}

static void target_drop(uint64_t id)
{
	for (struct target **link = &targets; *link; link = &(*link)->next) {
		struct target *target = *link;

		if (target->id != id)
			continue;
		*link = target->next;
		free(target->name);
		free(target->string);
		free(target);
		return;
	}
}

static int say(int error)
{
	if (error)
		printf("%s\n", strerrorname_np(-error));
	else
		printf("ok\n");
	return error;
}

static void command_attach(uint32_t op, const char *subject, const char *type)
{
	const char *slash = strrchr(subject, '/');
	uint64_t id = 0;
	int error = broker_attach(&broker, op, subject, type, &id);

	if (error) {
		say(error);
		return;
	}
	target_add(id, slash ? slash + 1 : subject);
	printf("ok %llu\n", (unsigned long long)id);
}

/* List all attachments, and adopt those of an earlier broker. */
static void command_list(int quiet)
{
	union broker_message reply;
	uint64_t after = 0;
	unsigned long count = 0;

	for (;;) {
		const char *text = reply.bytes + sizeof(reply.list_reply);
		char name[MIGCOMPAT_BROKER_NAME_MAX + 1];

		if (broker_list(&broker, after, &reply) != 0 || !reply.list_reply.attachment)
			break;
		after = reply.list_reply.attachment;
		snprintf(name, sizeof(name), "%.*s", (int)reply.list_reply.name_length, text);
		if (!target_find(after))
			target_add(after, name);
		count++;
		if (quiet)
			continue;
		printf("%llu %u %s %.*s\n", (unsigned long long)after, reply.list_reply.kind, name,
		       (int)reply.list_reply.path_length, text + reply.list_reply.name_length);
	}
	if (!quiet)
		printf("ok %lu\n", count);
}

static void command_detach_all(void)
{
	int error = 0;

	command_list(1);
	while (targets && !error) {
		error = broker_detach(&broker, targets->id);
		target_drop(targets->id);
	}
	say(error);
}

static void command_answer(struct target *target, const char *name)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (strcmp(answers[i].name, name) != 0)
			continue;
		*(target ? &target->answer : &ask_answer) = answers[i].value;
		say(0);
		return;
	}
	say(-EINVAL);
}

static void command_string(struct target *target, const char *string)
{
	free(target->string);
	target->string = strdup(string);
	say(0);
}

/*
 * attach PATH TYPE · attach-type NAME TYPE · detach ID · detach-all · publish ID TYPE
 * PARAMETER… · list · string ID STRING · answer ID CODE · ask CODE · lines COUNT · hang ·
 * stats · quit
 */
static int command(char **words, unsigned int count)
{
	const char *verb = words[0];
	struct target *target = count > 1 ? target_find(strtoull(words[1], NULL, 10)) : NULL;

	if (!strcmp(verb, "attach") && count == 3)
		command_attach(MIGCOMPAT_BROKER_OP_ATTACH, words[1], words[2]);
	else if (!strcmp(verb, "attach-type") && count == 3)
		command_attach(MIGCOMPAT_BROKER_OP_ATTACH_TYPE, words[1], words[2]);
	else if (!strcmp(verb, "list"))
		command_list(0);
	else if (!strcmp(verb, "detach-all"))
		command_detach_all();
	else if (!strcmp(verb, "stats"))
		printf("ok %lu %lu %lu %lu late %lu requeued %u\n", counts[0], counts[1], counts[2],
		       counts[3], late, broker.hello.requeued);
	else if (!strcmp(verb, "ask") && count == 2)
		command_answer(NULL, words[1]);
	else if (!strcmp(verb, "hang"))
		hanging = 1, say(0);
	else if (!strcmp(verb, "lines") && count == 2)
		lines = strtoul(words[1], NULL, 10), say(0);
	else if (!strcmp(verb, "detach") && count == 2) {
		say(broker_detach(&broker, strtoull(words[1], NULL, 10)));
		target_drop(strtoull(words[1], NULL, 10));
	} else if (!strcmp(verb, "publish") && count >= 3)
		say(broker_publish(&broker, strtoull(words[1], NULL, 10), words[2], words + 3,
				   count - 3));
	else if (!strcmp(verb, "string") && count == 3 && target)
		command_string(target, words[2]);
	else if (!strcmp(verb, "answer") && count == 3 && target)
		command_answer(target, words[2]);
	else if (!strcmp(verb, "quit"))
		return 1;
	else
		say(-EINVAL);
	return 0;
}

static void ask(const union broker_message *request, const char *string, size_t length)
{
	char *text = malloc(MIGCOMPAT_BROKER_LINES_MAX);
	size_t used = 0;

	if (!text)
		exit(2);
	if (ask_answer < 0) {
		late += broker_reply_error(&broker, request, ask_answer) != 0;
	} else if (ask_answer != ANSWER_HANG) {
		for (unsigned long i = 0; i < lines && used + 128 < MIGCOMPAT_BROKER_LINES_MAX; i++)
			used += (size_t)sprintf(text + used, "yes device-%lu identical yes %.*s\n",
						i, (int)(length > 64 ? 64 : length), string);
		for (struct target *target = targets; !lines && target; target = target->next) {
			int yes = target->string && strlen(target->string) == length &&
				  !memcmp(target->string, string, length);

			used += (size_t)snprintf(text + used, MIGCOMPAT_BROKER_LINES_MAX - used,
						 "%s %s %s yes %.*s\n", yes ? "yes" : "no",
						 target->name, yes ? "identical" : "type",
						 (int)(length > 64 ? 64 : length), string);
		}
		late += broker_reply_text(&broker, request, text, used) != 0;
	}
	free(text);
}

static void serve(void)
{
	union broker_message request;
	struct target *target;
	const char *string = request.bytes + sizeof(request.request);
	size_t length;
	int error = broker_receive(&broker, &request);

	if (error == -EAGAIN || error == -EINTR)
		return;
	if (error) {
		fprintf(stderr, "broker: cannot read: %s\n", strerror(-error));
		exit(1);
	}
	if (request.header.op >= MIGCOMPAT_BROKER_OP_READ &&
	    request.header.op <= MIGCOMPAT_BROKER_OP_CANCEL)
		counts[request.header.op - MIGCOMPAT_BROKER_OP_READ]++;
	if (request.header.op == MIGCOMPAT_BROKER_OP_CANCEL || hanging)
		return;
	length = request.header.size - sizeof(request.request);
	if (request.header.op == MIGCOMPAT_BROKER_OP_ASK) {
		ask(&request, string, length);
		return;
	}
	target = target_find(request.request.attachment);
	if (target && target->answer == ANSWER_HANG)
		return;
	if (target && target->answer < 0)
		error = broker_reply_error(&broker, &request, target->answer);
	else if (!target || !target->string)
		error = broker_reply_error(&broker, &request, -EIO);
	else if (request.header.op == MIGCOMPAT_BROKER_OP_READ)
		error = broker_reply_text(&broker, &request, target->string,
					  strlen(target->string));
	else if (strlen(target->string) == length && !memcmp(target->string, string, length))
		error = broker_reply_yes(&broker, &request);
	else
		error = broker_reply_error(&broker, &request, -EINVAL);
	late += error != 0;
}

static int commands_read(void)
{
	static char buffer[65536];
	static size_t used;
	ssize_t count = read(STDIN_FILENO, buffer + used, sizeof(buffer) - used - 1);
	char *line = buffer, *end;
	int quit = count <= 0;

	if (count > 0)
		used += (size_t)count;
	buffer[used] = '\0';
	while (!quit && (end = strchr(line, '\n'))) {
		char *words[WORDS_MAX], *rest = line, *word;
		unsigned int number = 0;

		*end = '\0';
		while (number < WORDS_MAX && (word = strsep(&rest, " ")))
			if (*word)
				words[number++] = word;
		quit = number && command(words, number);
		fflush(stdout);
		line = end + 1;
	}
	used -= (size_t)(line - buffer);
	memmove(buffer, line, used);
	return quit;
}

int main(int argc, char **argv)
{
	int fd = argc > 1 && strcmp(argv[1], "-") != 0 ? atoi(argv[1])
						       : open(BROKER_PATH, O_RDWR | O_CLOEXEC);
	struct pollfd polled[2] = {{.fd = fd, .events = POLLIN},
				   {.fd = STDIN_FILENO, .events = POLLIN}};
	int error;

	if (fd < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	error = broker_hello(&broker, fd);
	if (!error && argc > 2) {
		known = argv + 2;
		command_list(1);
	}
	say(error);
	fflush(stdout);
	if (error)
		return 1;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	for (;;) {
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (polled[0].revents & POLLIN)
			serve();
		if (polled[1].revents && commands_read())
			return 0;
	}
}
