/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A served card and a raw client of it, in one process and one thread. */
#ifndef TESTS_SUPPORT_SERVED_BENCH_H
#define TESTS_SUPPORT_SERVED_BENCH_H

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "core/regions/message.h"
#include "core/regions/peer.h"
#include "tests/support/card.h"
#include "tests/support/files.h"
#include "tests/support/test.h"

#define PAGES 100u
#define STRING "card:physical:plain:1;x"
#define FIELD(member)                               \
	offsetof(struct migcompat_control, member), \
		sizeof(((struct migcompat_control *)NULL)->member)

struct bench {
	struct folder folder;
	struct card card;
	struct migcompat_regions *regions;
	struct migcompat_regions_server *server;
	char path[4096];
	int client; /* a raw one; -1: none */
	struct message_request request;
	struct message_reply reply;
};

static inline int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const struct migcompat_server_options options = {
		.struct_size = sizeof(options), .version = STRING, .idle_ms = 50};

	assert_non_null(bench);
	folder_make(&bench->folder);
	snprintf(bench->path, sizeof(bench->path), "%s", folder_path(&bench->folder, "device"));
	card_make(&bench->card, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&bench->card, 1);
	assert_int_equal(migcompat_regions_new(&card_table, &bench->card, &bench->regions), 0);
	assert_int_equal(
		migcompat_regions_server_new(bench->regions, bench->path, &options, &bench->server),
		0);
	bench->client = -1;
	*state = bench;
	return 0;
}

static inline int teardown(void **state)
{
	struct bench *bench = *state;

	if (bench->client >= 0)
		close(bench->client);
	migcompat_regions_server_free(bench->server);
	assert_int_equal(access(bench->path, F_OK), -1);
	migcompat_regions_free(bench->regions);
	card_free(&bench->card);
	folder_remove(&bench->folder);
	free(bench);
	return 0;
}

/* The server does all that there is to do. */
static inline void serve(struct bench *bench)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(migcompat_regions_server_run(bench->server, 0), 0);
}

static inline int raw_connect(struct bench *bench)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	assert_true(fd >= 0);
	assert_int_equal(peer_address(bench->path, &address, NULL), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline bool reply_receive(struct bench *bench)
{
	int memory = -1;
	ssize_t n = peer_receive(bench->client, &bench->reply, sizeof(bench->reply), &memory);

	if (memory >= 0)
		close(memory);
	return n > 0 && message_reply_sound(&bench->reply, (size_t)n);
}

/* Send bench->request; true: a reply came. */
static inline bool ask(struct bench *bench)
{
	assert_int_equal(peer_send(bench->client, &bench->request,
				   message_request_size(&bench->request), -1),
			 0);
	serve(bench);
	return reply_receive(bench);
}

static inline bool hello(struct bench *bench)
{
	bench->client = raw_connect(bench);
	bench->request = (struct message_request){
		.op = MESSAGE_HELLO, .number = 1, .count = MESSAGE_VERSION};
	return ask(bench);
}

static inline int field_write(struct bench *bench, uint64_t offset, size_t size, uint64_t value)
{
	bench->request.op = MESSAGE_RUN;
	bench->request.number++;
	bench->request.count = 1;
	bench->request.flags = 0;
	bench->request.writes[0] = (struct state_write){offset, size, value};
	assert_true(ask(bench));
	return -(int)bench->reply.error;
}

static inline int check(struct bench *bench, const char *version)
{
	bench->request.op = MESSAGE_CHECK;
	bench->request.number++;
	bench->request.count = (uint32_t)strlen(version);
	memcpy(bench->request.text, version, strlen(version));
	assert_true(ask(bench));
	return -(int)bench->reply.error;
}

/* The connection is over, and another client is welcome. */
static inline void assert_dropped(struct bench *bench)
{
	char byte;

	serve(bench);
	assert_int_equal(recv(bench->client, &byte, 1, 0) > 0, 0);
	close(bench->client);
	assert_true(hello(bench));
	assert_int_equal(bench->reply.error, 0);
}

#define SERVED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
