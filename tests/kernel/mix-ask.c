// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Actors that ask, through every interface. A yes that is not known to be right is a
 * failure, and so is a no that is known to be wrong. Other errors are expected, because
 * of kills and reloads.
 */
#include "mix.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "varlink-client.h"

#define ANSWER_MAX 262145
#define REPLY_MAX (1u << 20)
#define WATCH_S 5 /* without an event, after which a watcher leaves: at rest there may be none */
#define CROWD 70
#define PEAK 40 /* more than twice the service's threads for them */
#define PEAK_ROUNDS 4

atomic_ulong mix_compared, mix_unanswered;

struct mix_moment mix_moment_take(enum mix_group source, const struct mix_device *target)
{
	struct mix_moment moment = {.changes = mix_changes, .parked = mix_parked};

	moment.fits = source == target->group && target->present && !target->held &&
		      !(mix_deny && target->card);
	return moment;
}

void mix_moment_check(const struct mix_moment *moment, enum mix_group source,
		      const struct mix_device *target, ssize_t result, const char *way)
{
	bool no = result == -EINVAL || result == -EBUSY || result == -EPERM;

	if (moment->parked % 2 && moment->parked == mix_parked && target->group != MIX_PLAIN)
		shim_expect(result != 0, "%s: %s says yes, and its backend is parked", way,
			    target->id);
	if (moment->changes % 2 || moment->changes != mix_changes)
		return;
	shim_expect(result != 0 || moment->fits,
		    "%s: a string of group %d gets a yes from %s (present %d, held %d, cards "
		    "denied %d)",
		    way, source, target->id, target->present, target->held, mix_deny);
	shim_expect(!no || !moment->fits, "%s: a string of group %d gets %s from %s, which it fits",
		    way, source, shim_name(result), target->id);
}

void mix_write(struct mix_actor *actor)
{
	struct mix_device *target = mix_choose_device(actor);
	char string[MIX_STRING_MAX];
	enum mix_group source = mix_choose_string(actor, string);
	struct mix_moment moment = mix_moment_take(source, target);

	if (mix_choose(actor, 8) == 0)
		subject_string(target->name, string, sizeof(string));
	else
		mix_moment_check(&moment, source, target, subject_write(target->name, string),
				 "write");
}

/* The answer of a session about a device, as the result of a write. */
static ssize_t line_result(const char *answer, const char *name)
{
	char line[2048];

	subject_line(answer, name, line, sizeof(line));
	if (!strncmp(line, "yes ", 4))
		return 0;
	return -EIO;
}

static ssize_t session_ask(int fd, const char *string, char *answer)
{
	ssize_t count = write(fd, string, strlen(string));
	size_t used = 0;

	while (count > 0 && (count = read(fd, answer + used, ANSWER_MAX - 1 - used)) > 0)
		used += (size_t)count;
	answer[used] = '\0';
	return count < 0 ? -errno : (ssize_t)used;
}

/* Sessions stay open for a while, and may leave an answer unread. */
void mix_session(struct mix_actor *actor)
{
	static __thread char answer[ANSWER_MAX];
	struct mix_moment moments[MIX_DEVICES];
	char string[MIX_STRING_MAX];
	enum mix_group source = mix_choose_string(actor, string);

	if (actor->fd < 0)
		actor->fd = open("/dev/migcompat", O_RDWR | O_CLOEXEC);
	if (mix_choose(actor, 8) == 0) {
		if (write(actor->fd, string, strlen(string)) < 0 || mix_choose(actor, 2)) {
			close(actor->fd);
			actor->fd = -1;
		}
		return;
	}
	for (size_t i = 0; i < MIX_DEVICES; i++)
		moments[i] = mix_moment_take(source, &mix_devices[i]);
	if (session_ask(actor->fd, string, answer) <= 0)
		return;
	for (size_t i = 0; i < MIX_DEVICES; i++)
		mix_moment_check(&moments[i], source, &mix_devices[i],
				 line_result(answer, mix_devices[i].name), "session");
}

/* ---------------------------------------------------------------- Varlink */

static ssize_t check_result(const char *reply)
{
	if (varlink_has(reply, "verdict", "compatible"))
		return 0;
	if (varlink_has(reply, "verdict", "incompatible"))
		return varlink_has(reply, "errno", "EBUSY")   ? -EBUSY
		       : varlink_has(reply, "errno", "EPERM") ? -EPERM
							      : -EINVAL;
	return -EIO;
}

/* On a connection that the actor keeps. */
static ssize_t call(struct mix_actor *actor, const char *method, const char *parameters,
		    char *reply)
{
	ssize_t result = 0;

	reply[0] = '\0';
	if (actor->fd < 0)
		actor->fd = varlink_open();
	if (actor->fd < 0)
		result = actor->fd;
	if (!result)
		result = varlink_send(actor->fd, method, parameters, false);
	if (!result)
		result = varlink_receive(actor->fd, reply, REPLY_MAX);
	if (result <= 0 || mix_choose(actor, 20) == 0) {
		close(actor->fd);
		actor->fd = -1;
	}
	return result;
}

static void check(struct mix_actor *actor, char *reply)
{
	struct mix_device *target = mix_choose_device(actor);
	char string[MIX_STRING_MAX], parameters[MIX_STRING_MAX + 512];
	enum mix_group source = mix_choose_string(actor, string);
	struct mix_moment moment = mix_moment_take(source, target);
	ssize_t result;

	snprintf(parameters, sizeof(parameters), "\"version\":\"%s\",\"target\":\"%s\"", string,
		 target->id);
	result = call(actor, "Check", parameters, reply);
	shim_expect(result > 0, "Check has no reply: %s", shim_name(result));
	if (result > 0)
		mix_moment_check(&moment, source, target, check_result(reply), "Check");
}

/* Read some events, then close. The next call uses another connection. */
static void watch(struct mix_actor *actor, char *reply)
{
	const struct timeval patience = {.tv_sec = WATCH_S};
	int fd = varlink_open();

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (fd >= 0 && !varlink_send(fd, "Watch", "\"types\":true", true))
		for (unsigned long i = mix_choose(actor, 20);
		     i && varlink_receive(fd, reply, REPLY_MAX) > 0; i--)
			;
	close(fd);
}

/*
 * A malformed call gets an error, or its connection is closed. No other client is
 * affected.
 */
static void nonsense(struct mix_actor *actor, char *reply)
{
	static const char *const parameters[] = {"\"device\":7", "\"types\":[[[[[[{}]]]]]]",
						 "\"device\":\"\\u0000\"", "\"a\":\"}", "{{{{"};

	call(actor, mix_choose(actor, 2) ? "Describe" : "Nothing",
	     parameters[mix_choose(actor, MIX_COUNT(parameters))], reply);
	close(actor->fd);
	actor->fd = -1;
}

void mix_varlink(struct mix_actor *actor)
{
	static const char *const of_device[] = {"Describe", "Version", "Params", "Ask"};
	static __thread char reply[REPLY_MAX];
	unsigned long what = mix_choose(actor, 16);
	char parameters[512];
	ssize_t result = 1;

	if (what < 8) {
		check(actor, reply);
	} else if (what < 12) {
		snprintf(parameters, sizeof(parameters), "\"%s\":\"%s\"",
			 what == 11 ? "source" : "device", mix_choose_device(actor)->id);
		result = call(actor, of_device[what - 8], parameters, reply);
	} else if (what == 12) {
		result = call(actor, "List", "\"types\":true", reply);
	} else if (what == 13) {
		result = call(actor, "Backends", "", reply);
	} else if (what == 14) {
		watch(actor, reply);
	} else {
		nonsense(actor, reply);
	}
	shim_expect(result > 0, "a call of kind %lu has no reply: %s", what, shim_name(result));
}

/* More connections than slots, each with a call. Some are closed before the reply. */
void mix_crowd(struct mix_actor *actor)
{
	static char reply[REPLY_MAX];
	int fds[CROWD];

	for (size_t i = 0; i < CROWD; i++) {
		fds[i] = varlink_open();
		if (fds[i] >= 0 && varlink_send(fds[i], "Backends", "", false))
			mix_unanswered++;
	}
	for (size_t i = 0; i < CROWD; i++) {
		if (fds[i] >= 0 && mix_choose(actor, 4) &&
		    varlink_receive(fds[i], reply, sizeof(reply)) <= 0)
			mix_unanswered++;
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

/* ---------------------------------------------------------------- all at once */

static void *peak_session(void *argument)
{
	char *answer = malloc(ANSWER_MAX);
	int fd = open("/dev/migcompat", O_RDWR | O_CLOEXEC);

	(void)argument;
	for (int i = 0; i < PEAK_ROUNDS && answer; i++)
		session_ask(fd, mix_strings[i % MIX_GROUPS], answer);
	close(fd);
	free(answer);
	return NULL;
}

static void *peak_varlink(void *argument)
{
	char *reply = malloc(REPLY_MAX), parameters[512];
	int fd = varlink_open();

	snprintf(parameters, sizeof(parameters), "\"source\":\"%s\"", mix_devices[MTTY_2A].id);
	for (int i = 0; i < PEAK_ROUNDS && reply && fd >= 0; i++)
		if (!varlink_send(fd, i % 2 ? "Ask" : "List", i % 2 ? parameters : "", false))
			varlink_receive(fd, reply, REPLY_MAX);
	close(fd);
	free(reply);
	return argument;
}

void mix_peak(void)
{
	pthread_t threads[PEAK];

	for (size_t i = 0; i < PEAK; i++)
		pthread_create(&threads[i], NULL, i % 2 ? peak_session : peak_varlink, NULL);
	for (size_t i = 0; i < PEAK; i++)
		pthread_join(threads[i], NULL);
	/* The service returns memory to the system one second after the last call. */
	peak_varlink(NULL);
}

/* ---------------------------------------------------------------- the program's own workers */

/* The answer of the program with its own workers: 0 yes, 1 no, 2 unknown. */
static int own_status(const char *string, const struct mix_device *target, char *output,
		      size_t size)
{
	char line[MIX_STRING_MAX + 512];

	snprintf(line, sizeof(line), "echo '%s' | migcompat --no-daemon check - '%s'", string,
		 target->id);
	return program_run((char *const[]){"sh", "-c", line, NULL}, output, size);
}

/* If nothing changes meanwhile, service and program must give the same answer. */
void mix_own(struct mix_actor *actor)
{
	static char reply[REPLY_MAX];
	char string[MIX_STRING_MAX], parameters[MIX_STRING_MAX + 512], output[8192];
	enum mix_group source = mix_choose_string(actor, string);
	struct mix_device *target = mix_choose_device(actor);
	bool attribute = mix_choose(actor, 2);
	ssize_t result;

	/* Mostly compatible strings, because only these can get a yes. */
	while (target->group != source && mix_choose(actor, 8))
		target = mix_choose_device(actor);
	pthread_rwlock_rdlock(&mix_lock);
	snprintf(parameters, sizeof(parameters), "\"version\":\"%s\",\"target\":\"%s\"", string,
		 target->id);
	if (attribute)
		result = subject_write(target->name, string);
	else
		result = call(actor, "Check", parameters, reply) > 0 ? check_result(reply) : -EIO;
	if (result == 0 || result == -EINVAL || result == -EBUSY || result == -EPERM) {
		int status = own_status(string, target, output, sizeof(output));

		mix_compared += result == 0;
		shim_expect(status == (result == 0 ? 0 : 1),
			    "%s: %s to %s gives %s, the program's own workers say %d: %s",
			    attribute ? "write" : "Check", string, target->id, shim_name(result),
			    status, output);
	}
	pthread_rwlock_unlock(&mix_lock);
}
