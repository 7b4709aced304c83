/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lets each allocation of a running service fail while it answers a call, alone and with
 * all later ones: service STRIDE INJECT.so CONFIG BACKENDS INVENTORY… A reply is the true
 * one, an error, or the end of the
 * connection. After that the service answers as before. Prints a line for each wrong
 * reply. Status 0: there is none.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "tests/allocations/inject.h"
#include "tests/service/daemon.h"

#define REPLY_MAX (1u << 20)
#define ERROR_MARK "\"error\":\"io.migcompat."
#define VERDICT_MARK "\"verdict\":\"error\""

static struct daemon service;
static struct inject *control;
static const char *library, *config, *backends, *inventories[8];
static char control_path[256];
static unsigned wrongs;

static const struct case_of {
	const char *name;
	const char *text;
	bool rows; /* an error of a device is in its row */
} cases[] = {
	{"List", METHOD("List", ""), true},
	{"List, device by device", "{\"method\":\"io.migcompat.List\",\"more\":true}", true},
	{"Check yes", CHECK(DUAL, CARD_2), false},
	{"Check no", CHECK(DUAL, SINGLE), false},
	{"Check held", CHECK(DUAL, CARD_1), false},
	{"Ask", METHOD("Ask", "\"source\":\"" DUAL "\""), false},
	{"Ask, choice by choice",
	 "{\"method\":\"io.migcompat.Ask\",\"more\":true,\"parameters\":{\"source\":\"" SINGLE
	 "\"}}",
	 false},
	{"Version", METHOD("Version", "\"device\":\"" DUAL "\""), false},
	{"Version held", METHOD("Version", "\"device\":\"" CARD_1 "\""), false},
	{"Describe", METHOD("Describe", "\"device\":\"" DUAL "\""), true},
	{"Describe held", METHOD("Describe", "\"device\":\"" CARD_1 "\""), true},
};

/* Runs in the process that becomes the service. */
static void preload(struct daemon *it)
{
	(void)it;
	setenv("LD_PRELOAD", library, 1);
	setenv(INJECT_VARIABLE, control_path, 1);
}

static void control_make(void)
{
	int fd;

	snprintf(control_path, sizeof(control_path), "%s", folder_path(&service.folder, "control"));
	fd = open(control_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && ftruncate(fd, sizeof(*control)) == 0);
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(control != MAP_FAILED);
	close(fd);
}

static void start(void)
{
	const char *more[24] = {"--config", config, "--plugin-dir", backends};

	for (size_t i = 0, n = 4; inventories[i]; i++) {
		more[n++] = "-i";
		more[n++] = inventories[i];
	}
	service = (struct daemon){.live = true, .prepare = preload};
	daemon_folder(&service);
	control_make();
	daemon_start(&service, more);
}

/* All replies to one call, in their order. */
static void exchange(const char *text, char *ret)
{
	int fd = client_try(&service);
	size_t len = 0;
	ssize_t got = 1;

	if (fd >= 0 && client_send_bytes(fd, text, strlen(text) + 1)) {
		shutdown(fd, SHUT_WR);
		while (got > 0 && len < REPLY_MAX - 1) {
			got = recv(fd, ret + len, REPLY_MAX - 1 - len, 0);
			if (got < 0 && errno != ECONNRESET)
				fail_msg("no reply in time to %s", text);
			len += got > 0 ? (size_t)got : 0;
		}
	}
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < len; i++)
		if (!ret[i])
			ret[i] = '\n';
	ret[len] = '\0';
}

static void failing(const char *text, uint64_t at, bool all, char *ret)
{
	atomic_store(&control->count, 0);
	atomic_store(&control->all, all);
	atomic_store(&control->at, at);
	exchange(text, ret);
	atomic_store(&control->at, 0);
}

/*
 * The reply is the true one, or its beginning and then an error or nothing. rows: or one
 * in which devices have an error, but their holds are as before.
 */
static bool sound(const struct case_of *what, const char *reply, const char *truth)
{
	size_t same = 0;

	while (reply[same] && reply[same] == truth[same])
		same++;
	if (!reply[same])
		return !truth[same] || !same || reply[same - 1] == '\n';
	while (same && reply[same - 1] != '\n')
		same--;
	if (strstr(reply + same, ERROR_MARK) || (!what->rows && strstr(reply + same, VERDICT_MARK)))
		return true;
	return what->rows &&
	       (strstr(reply + same, "\"migratable\":\"error\"") ||
		strstr(reply + same, "\"migratable\":\"unknown\"")) &&
	       !strstr(truth + same, "\"hold\":\"") == !strstr(reply + same, "\"hold\":\"");
}

static void tell(const struct case_of *what, uint64_t at, bool all, const char *when,
		 const char *reply)
{
	fprintf(stderr, "WRONG %s, allocation %llu%s, %s:\n%.1500s\n", what->name,
		(unsigned long long)at, all ? " and all later ones" : "", when, reply);
	wrongs++;
}

/* A worker that ended for want of memory rests before it is started again. */
static void recovers(const struct case_of *what, const char *truth, uint64_t at, bool all)
{
	static char reply[REPLY_MAX];

	for (int i = 0; i < 100; i++) {
		exchange(what->text, reply);
		if (strcmp(reply, truth) == 0)
			return;
		pause_ms(50);
	}
	tell(what, at, all, "afterwards", reply);
}

static void sweep(const struct case_of *what, uint64_t stride)
{
	static char truth[REPLY_MAX], reply[REPLY_MAX];
	unsigned before = wrongs;
	uint64_t count;

	exchange(what->text, truth); /* what is opened once stays open */
	failing(what->text, 0, false, truth);
	count = atomic_load(&control->count);
	for (uint64_t at = 1; at <= count && wrongs == before; at += stride) {
		for (int all = 0; all < 2; all++) {
			failing(what->text, at, all, reply);
			if (!sound(what, reply, truth))
				tell(what, at, all, "true is otherwise", reply);
			if (strcmp(reply, truth) != 0)
				recovers(what, truth, at, all);
		}
	}
	printf("%s: %llu allocations\n", what->name, (unsigned long long)count);
}

/* A hold or release that was accepted is in force. The reply to either may be lost. */
static void sweep_holds(uint64_t stride)
{
	static const struct case_of check = {"Hold and Release", CHECK(DUAL, CARD_2), false};
	static char reply[REPLY_MAX], verdict[REPLY_MAX];
	const char *const changes[] = {HOLD(CARD_2, "its firmware is being replaced"),
				       RELEASE(CARD_2)};
	uint64_t counts[2];

	for (int i = 0; i < 2; i++) {
		failing(changes[i], 0, false, reply);
		counts[i] = atomic_load(&control->count);
	}
	for (int i = 0; i < 2; i++) {
		for (uint64_t at = 1; at <= counts[i]; at += stride) {
			bool done, held;

			exchange(changes[0], reply);
			if (i == 0)
				exchange(changes[1], reply);
			failing(changes[i], at, false, reply);
			done = *reply && !strstr(reply, ERROR_MARK);
			exchange(check.text, verdict);
			held = strstr(verdict, "is held") != NULL;
			if (done && held != (i == 0))
				tell(&check, at, false,
				     i == 0 ? "it is not held" : "it is still held", verdict);
		}
	}
	exchange(changes[1], reply);
	printf("%s: %llu allocations\n", check.name, (unsigned long long)(counts[0] + counts[1]));
}

static void every_failed_allocation_is_an_error(void **state)
{
	static char reply[REPLY_MAX];
	uint64_t stride = *(const uint64_t *)*state;

	exchange(HOLD(CARD_1, "its firmware is being replaced"), reply);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		sweep(&cases[i], stride);
	sweep_holds(stride);
	daemon_end(&service);
	folder_remove(&service.folder);
	assert_int_equal(wrongs, 0);
}

int main(int argc, char **argv)
{
	static uint64_t stride;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(every_failed_allocation_is_an_error, &stride)};

	if (argc < 6 || argc > 12) {
		fprintf(stderr, "usage: service STRIDE INJECT.so CONFIG BACKENDS INVENTORY…\n");
		return 2;
	}
	stride = strtoull(argv[1], NULL, 10);
	library = argv[2];
	config = argv[3];
	backends = argv[4];
	for (int i = 5; i < argc; i++)
		inventories[i - 5] = argv[i];
	start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
