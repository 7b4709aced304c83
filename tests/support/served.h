/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A card in a process of its own, which serves it on a socket and writes to its memory meanwhile.
 */
#ifndef TESTS_SUPPORT_SERVED_H
#define TESTS_SUPPORT_SERVED_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tests/support/card.h"
#include "tests/support/files.h"

#define SERVED_PAGES 2048u
#define SERVED_STRING "card:physical:plain:1;x"

struct served {
	char path[160];   /* of the socket */
	char result[160]; /* a file with config, memory and state after its end */
	uint64_t seed;
	unsigned writes; /* pages that the card writes while all of its memory is saved */
	const char *version;
	int (*judge)(void *arg, const char *version, char *text, size_t size);
	int config_fails; /* what config_write answers */
	int run_fails;    /* what set_state answers, except for the first time */
	pid_t pid;
};

static volatile sig_atomic_t served_ended;

static inline void served_on_signal(int number)
{
	(void)number;
	served_ended = 1;
}

static unsigned served_writes;

/* The guest is busy first, then less and less, so that rounds come to an end. */
static inline void served_write(struct card *card, uint64_t position)
{
	uint64_t page = position / MIGCOMPAT_STATE_PAGE;

	if (card->state & MIGCOMPAT_DEVICE_STOPPED)
		return;
	if (!(card->state & MIGCOMPAT_DEVICE_LOGGING)) {
		for (unsigned i = 0; i < served_writes / (SERVED_PAGES / 64); i++)
			card_poke(card, (page + 7 * i) % SERVED_PAGES * MIGCOMPAT_STATE_PAGE + i,
				  (uint8_t)(page + i));
	} else if (page % 8 == 0) {
		card_poke(card, (page + 3) % SERVED_PAGES * MIGCOMPAT_STATE_PAGE, (uint8_t)page);
	}
}

static inline int served_finish(const struct served *served, const struct card *card)
{
	FILE *file = fopen(served->result, "w");

	if (!file || fwrite(&card->config, sizeof(card->config), 1, file) != 1 ||
	    fwrite(card->memory, card->info.memory_size, 1, file) != 1 ||
	    fwrite(&card->state, sizeof(card->state), 1, file) != 1)
		return 1;
	return fclose(file) ? 1 : 0;
}

static inline int served_run(const struct served *served, int ready)
{
	const struct migcompat_server_options options = {
		.struct_size = sizeof(options),
		.version = served->version ? served->version : SERVED_STRING,
		.judge = served->judge,
	};
	const struct sigaction action = {.sa_handler = served_on_signal};
	struct migcompat_regions_server *server = NULL;
	struct migcompat_regions *regions = NULL;
	struct card card;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGTERM, &action, NULL);
	card_make(&card, SERVED_PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&card, served->seed);
	card.fail[CARD_CONFIG_WRITE] = served->config_fails;
	card.fail[CARD_SET_STATE] = served->run_fails;
	card.fail_after[CARD_SET_STATE] = 1;
	card.during_read = served_write;
	served_writes = served->writes;
	if (migcompat_regions_new(&card_table, &card, &regions) ||
	    migcompat_regions_server_new(regions, served->path, &options, &server) ||
	    write(ready, "x", 1) != 1)
		return 1;
	while (!served_ended)
		(void)migcompat_regions_server_run(server, 20);
	migcompat_regions_server_free(server);
	migcompat_regions_free(regions);
	status = served_finish(served, &card);
	card_free(&card);
	return status;
}

/* The socket is $FOLDER/NAME; it is there when this returns. */
static inline void served_begin(struct served *served, const char *folder, const char *name)
{
	char byte;
	int pipes[2];

	snprintf(served->path, sizeof(served->path), "%s/%s", folder, name);
	snprintf(served->result, sizeof(served->result), "%s/%s.result", folder, name);
	assert_int_equal(pipe(pipes), 0);
	served->pid = fork();
	assert_true(served->pid >= 0);
	if (served->pid == 0)
		_exit(served_run(served, pipes[1]));
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &byte, 1), 1);
	close(pipes[0]);
}

/* Ends the process in good order: its result is there. */
static inline void served_end(struct served *served)
{
	int status = -1;

	assert_int_equal(kill(served->pid, SIGTERM), 0);
	assert_int_equal(waitpid(served->pid, &status, 0), served->pid);
	assert_int_equal(status, 0);
}

/* What a card ended with. */
struct served_result {
	struct card_config config;
	uint8_t memory[SERVED_PAGES * MIGCOMPAT_STATE_PAGE];
	uint32_t state;
} __attribute__((packed));

static inline void served_result_read(const struct served *served, struct served_result *ret)
{
	FILE *file = fopen(served->result, "r");

	assert_non_null(file);
	assert_int_equal(fread(ret, sizeof(*ret), 1, file), 1);
	fclose(file);
}

#endif
