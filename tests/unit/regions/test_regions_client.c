/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client of a served device against servers that lie, are silent or die. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "core/regions/client.h"
#include "core/regions/load.h"
#include "core/regions/message.h"
#include "core/regions/peer.h"
#include "core/regions/save.h"
#include "tests/support/files.h"
#include "tests/support/tape.h"
#include "tests/support/test.h"

#define STRING "card:physical:plain:1;x"
#define TIMEOUT_MS 200

static const struct regions_info info = {16384, 100, MIGCOMPAT_CAP_DEVICE_MEMORY, 0};

/* What a server does with the message of that number, counted from 0. */
struct script {
	size_t bad_at; /* the reply that is spoilt; SIZE_MAX: none */
	void (*spoil)(struct message_reply *reply, size_t *size, int *fd);
	bool silent; /* no reply instead */
	bool dies;   /* the connection ends instead */
	int extra;   /* sent with each reply; -1: nothing */
};

struct bench {
	struct folder folder;
	char path[4096];
	int listener;
	pthread_t thread;
	bool running;
	struct script script;
	struct state_port *port;
	struct error err;
};

/* ---------------------------------------------------------------- a server by script */

static void reply_make(const struct message_request *request, struct message_reply *reply)
{
	*reply = (struct message_reply){.op = request->op, .number = request->number};
	if (request->op == MESSAGE_HELLO) {
		reply->info = info;
		message_reply_text(reply, STRING);
	} else {
		reply->control.version = MIGCOMPAT_REGIONS_VERSION;
	}
}

static void script_run(const struct script *script, int client)
{
	static struct message_request request;
	static struct message_reply reply;
	int memory = regions_memory_new(&info, NULL);

	for (size_t i = 0; recv(client, &request, sizeof(request), 0) > 0; i++) {
		int fd = request.op == MESSAGE_HELLO ? memory : script->extra;
		size_t size;

		if (i == script->bad_at && script->dies)
			break;
		if (i == script->bad_at && script->silent)
			continue;
		reply_make(&request, &reply);
		size = message_reply_size(&reply);
		if (i == script->bad_at && script->spoil)
			script->spoil(&reply, &size, &fd);
		if (peer_send(client, &reply, size, fd))
			break;
		if (fd >= 0 && fd != memory && fd != script->extra)
			close(fd);
	}
	close(memory);
}

static void *serve(void *arg)
{
	const struct bench *bench = arg;
	int client = accept(bench->listener, NULL, NULL);

	if (client >= 0) {
		script_run(&bench->script, client);
		close(client);
	}
	return NULL;
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct sockaddr_un address;

	assert_non_null(bench);
	folder_make(&bench->folder);
	snprintf(bench->path, sizeof(bench->path), "%s", folder_path(&bench->folder, "device"));
	assert_int_equal(peer_address(bench->path, &address, NULL), 0);
	bench->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(bench->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(bench->listener, 1), 0);
	bench->script = (struct script){.bad_at = SIZE_MAX, .extra = -1};
	*state = bench;
	return 0;
}

static int client_start(struct bench *bench, int stop)
{
	const struct client_options options = {.timeout_ms = TIMEOUT_MS, .stop = stop};

	bench->port = NULL;
	assert_int_equal(pthread_create(&bench->thread, NULL, serve, bench), 0);
	bench->running = true;
	return client_connect(bench->path, &options, &bench->port, &bench->err);
}

static void client_end(struct bench *bench)
{
	port_close(bench->port);
	bench->port = NULL;
	if (bench->running)
		pthread_join(bench->thread, NULL);
	bench->running = false;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	client_end(bench);
	close(bench->listener);
	folder_remove(&bench->folder);
	free(bench);
	return 0;
}

static int stop_device(struct bench *bench)
{
	struct migcompat_control control;
	const struct state_write write = {STATE_FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED};

	return port_run(bench->port, &write, 1, false, &control, &bench->err);
}

/* ---------------------------------------------------------------- replies that are wrong */

static void spoil_short(struct message_reply *reply, size_t *size, int *fd)
{
	(void)reply;
	(void)fd;
	*size = 71;
}

static void spoil_long(struct message_reply *reply, size_t *size, int *fd)
{
	(void)reply;
	(void)fd;
	*size += 1;
}

static void spoil_op(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->op = MESSAGE_CHECK;
}

static void spoil_number(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->number++;
}

static void spoil_error(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->error = 4096;
}

static void spoil_len(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->len = MESSAGE_TEXT_MAX + 1;
}

static void a_malformed_reply_ends_the_connection(void **state)
{
	static void (*const spoils[])(struct message_reply *, size_t *, int *) = {
		spoil_short, spoil_long, spoil_op, spoil_number, spoil_error, spoil_len};
	struct bench *bench = *state;

	for (size_t at = 0; at < 2; at++)
		for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
			bench->script.bad_at = at;
			bench->script.spoil = spoils[i];
			if (at == 0) {
				assert_int_equal(client_start(bench, -1), -EBADMSG);
			} else {
				assert_int_equal(client_start(bench, -1), 0);
				assert_int_equal(stop_device(bench), -EBADMSG);
				assert_false(client_lives(bench->port));
				assert_int_equal(stop_device(bench), -EBADMSG);
			}
			assert_contains(bench->err.text, "malformed reply");
			client_end(bench);
		}
}

static void spoil_state(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->control.device_state = 4;
}

static void spoil_config_size(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->control.config_size = 101;
}

static void spoil_memory_size(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->control.memory_size = 16385;
}

static void spoil_position(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->control.memory_position = UINT64_MAX;
}

static void sizes_and_positions_beyond_the_regions_are_refused(void **state)
{
	static void (*const spoils[])(struct message_reply *, size_t *, int *) = {
		spoil_state, spoil_config_size, spoil_memory_size, spoil_position};
	struct bench *bench = *state;

	bench->script.bad_at = 1;
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		bench->script.spoil = spoils[i];
		assert_int_equal(client_start(bench, -1), 0);
		assert_int_equal(stop_device(bench), -EBADMSG);
		client_end(bench);
	}
}

static void spoil_version(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->text[3] = '\n';
}

static void spoil_no_version(struct message_reply *reply, size_t *size, int *fd)
{
	(void)fd;
	reply->len = 0;
	*size = message_reply_size(reply);
}

static void spoil_info(struct message_reply *reply, size_t *size, int *fd)
{
	(void)size;
	(void)fd;
	reply->info.memory_size = UINT64_MAX;
}

static void a_device_that_makes_no_sense_is_refused(void **state)
{
	static void (*const spoils[])(struct message_reply *, size_t *,
				      int *) = {spoil_version, spoil_no_version, spoil_info};
	struct bench *bench = *state;

	bench->script.bad_at = 0;
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		bench->script.spoil = spoils[i];
		assert_int_equal(client_start(bench, -1), -EBADMSG);
		client_end(bench);
	}
}

/* ---------------------------------------------------------------- memory that is wrong */

static int memory_make(off_t size, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

#define SIZE (4096 + 4096 + 2 * 16384)

static void spoil_unsealed(struct message_reply *reply, size_t *size, int *fd)
{
	(void)reply;
	(void)size;
	*fd = memory_make(SIZE, F_SEAL_GROW);
}

static void spoil_small(struct message_reply *reply, size_t *size, int *fd)
{
	(void)reply;
	(void)size;
	*fd = memory_make(SIZE - 4096, F_SEAL_SHRINK);
}

static void spoil_large(struct message_reply *reply, size_t *size, int *fd)
{
	(void)reply;
	(void)size;
	*fd = memory_make(SIZE + 4096, F_SEAL_SHRINK);
}

static void spoil_none(struct message_reply *reply, size_t *size, int *fd)
{
	(void)reply;
	(void)size;
	*fd = -1;
}

static void spoil_no_memfd(struct message_reply *reply, size_t *size, int *fd)
{
	(void)reply;
	(void)size;
	*fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
}

/* Otherwise a server that cuts its memory ends the client by SIGBUS. */
static void memory_that_the_server_could_cut_is_not_mapped(void **state)
{
	static void (*const spoils[])(struct message_reply *, size_t *, int *) = {
		spoil_unsealed, spoil_small, spoil_large, spoil_none, spoil_no_memfd};
	struct bench *bench = *state;

	bench->script.bad_at = 0;
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		bench->script.spoil = spoils[i];
		assert_int_equal(client_start(bench, -1), -EPERM);
		assert_contains(bench->err.text, "sealed against shrinking");
		client_end(bench);
	}
}

static void descriptors_beyond_the_first_reply_are_closed(void **state)
{
	struct bench *bench = *state;
	int lowest, spare;

	bench->script.extra = 0;
	assert_int_equal(client_start(bench, -1), 0);
	lowest = dup(0);
	close(lowest);
	for (int i = 0; i < 10; i++)
		assert_int_equal(stop_device(bench), 0);
	spare = dup(0);
	assert_int_equal(spare, lowest);
	close(spare);
}

/* ---------------------------------------------------------------- silence and death */

static void a_silent_server_is_given_up(void **state)
{
	struct bench *bench = *state;

	bench->script.silent = true;
	for (size_t at = 0; at < 2; at++) {
		bench->script.bad_at = at;
		if (at == 0) {
			assert_int_equal(client_start(bench, -1), -ETIMEDOUT);
		} else {
			assert_int_equal(client_start(bench, -1), 0);
			assert_int_equal(stop_device(bench), -ETIMEDOUT);
		}
		assert_contains(bench->err.text, "does not answer");
		client_end(bench);
	}
}

static void a_server_that_dies_is_an_error(void **state)
{
	struct bench *bench = *state;

	bench->script.dies = true;
	bench->script.bad_at = 0;
	assert_int_equal(client_start(bench, -1), -ECONNRESET);
	client_end(bench);
	bench->script.bad_at = 1;
	assert_int_equal(client_start(bench, -1), 0);
	assert_int_equal(stop_device(bench), -ECONNRESET);
	assert_contains(bench->err.text, "closed the connection");
	assert_int_equal(stop_device(bench), -ECONNRESET);
}

/* Wherever it dies, no half state is called whole. */
static void a_save_fails_wherever_the_server_dies(void **state)
{
	const struct save_options options = {
		.version = STRING, .version_len = strlen(STRING), .rounds_max = 1};
	struct bench *bench = *state;

	bench->script.dies = true;
	for (size_t at = 1; at < 4; at++) {
		struct tape tape = {0};
		const struct state_transport to = tape_transport(&tape);

		bench->script.bad_at = at;
		assert_int_equal(client_start(bench, -1), 0);
		assert_int_equal(state_save(bench->port, &to, &options, NULL, &bench->err),
				 -ECONNRESET);
		client_end(bench);
		tape_free(&tape);
	}
}

static void an_interrupt_ends_the_wait(void **state)
{
	struct bench *bench = *state;
	int pipes[2];

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	bench->script.silent = true;
	bench->script.bad_at = 1;
	assert_int_equal(client_start(bench, pipes[0]), 0);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	assert_int_equal(stop_device(bench), -ECANCELED);
	close(pipes[0]);
	close(pipes[1]);
}

static void a_socket_that_nobody_serves_cannot_be_connected(void **state)
{
	const struct client_options options = {.timeout_ms = TIMEOUT_MS, .stop = -1};
	struct bench *bench = *state;
	struct state_port *port = NULL;

	assert_int_equal(client_connect("/nowhere/device", &options, &port, &bench->err), -ENOENT);
	assert_contains(bench->err.text, "/nowhere/device: No such file");
	assert_int_equal(client_connect("", &options, &port, &bench->err), -EINVAL);
	assert_int_equal(client_connect(bench->folder.path, &options, &port, &bench->err),
			 -ECONNREFUSED);
	assert_null(port);
}

#define CLIENT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT(a_malformed_reply_ends_the_connection),
		CLIENT(sizes_and_positions_beyond_the_regions_are_refused),
		CLIENT(a_device_that_makes_no_sense_is_refused),
		CLIENT(memory_that_the_server_could_cut_is_not_mapped),
		CLIENT(descriptors_beyond_the_first_reply_are_closed),
		CLIENT(a_silent_server_is_given_up),
		CLIENT(a_server_that_dies_is_an_error),
		CLIENT(a_save_fails_wherever_the_server_dies),
		CLIENT(an_interrupt_ends_the_wait),
		CLIENT(a_socket_that_nobody_serves_cannot_be_connected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
