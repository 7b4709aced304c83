/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device that is served on a socket: what clients do, well-behaved and hostile. */
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

static int setup(void **state)
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

static int teardown(void **state)
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
static void serve(struct bench *bench)
{
	for (int i = 0; i < 4; i++)
		assert_int_equal(migcompat_regions_server_run(bench->server, 0), 0);
}

static int raw_connect(struct bench *bench)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	assert_true(fd >= 0);
	assert_int_equal(peer_address(bench->path, &address, NULL), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static bool reply_receive(struct bench *bench)
{
	int memory = -1;
	ssize_t n = peer_receive(bench->client, &bench->reply, sizeof(bench->reply), &memory);

	if (memory >= 0)
		close(memory);
	return n > 0 && message_reply_sound(&bench->reply, (size_t)n);
}

/* Send bench->request; true: a reply came. */
static bool ask(struct bench *bench)
{
	assert_int_equal(peer_send(bench->client, &bench->request,
				   message_request_size(&bench->request), -1),
			 0);
	serve(bench);
	return reply_receive(bench);
}

static bool hello(struct bench *bench)
{
	bench->client = raw_connect(bench);
	bench->request = (struct message_request){
		.op = MESSAGE_HELLO, .number = 1, .count = MESSAGE_VERSION};
	return ask(bench);
}

static int field_write(struct bench *bench, uint64_t offset, size_t size, uint64_t value)
{
	bench->request.op = MESSAGE_RUN;
	bench->request.number++;
	bench->request.count = 1;
	bench->request.flags = 0;
	bench->request.writes[0] = (struct state_write){offset, size, value};
	assert_true(ask(bench));
	return -(int)bench->reply.error;
}

static int check(struct bench *bench, const char *version)
{
	bench->request.op = MESSAGE_CHECK;
	bench->request.number++;
	bench->request.count = (uint32_t)strlen(version);
	memcpy(bench->request.text, version, strlen(version));
	assert_true(ask(bench));
	return -(int)bench->reply.error;
}

/* The connection is over, and another client is welcome. */
static void assert_dropped(struct bench *bench)
{
	char byte;

	serve(bench);
	assert_int_equal(recv(bench->client, &byte, 1, 0) > 0, 0);
	close(bench->client);
	assert_true(hello(bench));
	assert_int_equal(bench->reply.error, 0);
}

/* ---------------------------------------------------------------- well-behaved clients */

static void a_client_is_told_version_string_and_sizes(void **state)
{
	struct bench *bench = *state;

	assert_true(hello(bench));
	assert_int_equal(bench->reply.error, 0);
	assert_int_equal(bench->reply.len, strlen(STRING));
	assert_memory_equal(bench->reply.text, STRING, strlen(STRING));
	assert_int_equal(bench->reply.info.memory_size, PAGES * MIGCOMPAT_STATE_PAGE);
}

static void the_socket_is_its_users_alone(void **state)
{
	struct bench *bench = *state;
	struct stat st;

	assert_int_equal(stat(bench->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void writes_are_calls_and_errors_have_the_devices_sentence(void **state)
{
	struct bench *bench = *state;

	assert_true(hello(bench));
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	assert_int_equal(bench->card.state, MIGCOMPAT_DEVICE_STOPPED);
	assert_int_equal(bench->reply.control.device_state, MIGCOMPAT_DEVICE_STOPPED);
	assert_int_equal(field_write(bench, FIELD(device_state), 17), -EINVAL);
	bench->reply.text[bench->reply.len] = '\0';
	assert_contains(bench->reply.text, "0x11 is no device state");
	assert_int_equal(field_write(bench, 3, 4, 0), -EINVAL);
}

static void a_client_that_leaves_gives_the_device_its_state_back(void **state)
{
	struct bench *bench = *state;

	assert_true(hello(bench));
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	close(bench->client);
	serve(bench);
	assert_int_equal(bench->card.state, MIGCOMPAT_DEVICE_RUNNING);
	assert_true(hello(bench));
}

static void a_state_that_is_to_be_kept_stays(void **state)
{
	struct bench *bench = *state;

	assert_true(hello(bench));
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	bench->request.op = MESSAGE_KEEP;
	assert_true(ask(bench));
	assert_int_equal(bench->reply.error, 0);
	close(bench->client);
	serve(bench);
	assert_int_equal(bench->card.state, MIGCOMPAT_DEVICE_STOPPED);
	assert_true(hello(bench));
}

static void an_equal_string_is_accepted_whatever_its_kind(void **state)
{
	static const struct {
		const char *version;
		int expected;
	} cases[] = {
		{STRING, 0},
		{"card:mdev:plain:1;x", 0},
		{"card:physical:plain:1;y", -EINVAL},
		{"card:physical:plain:1;", -EINVAL},
		{"cards:physical:plain:1;x", -EINVAL},
		{"card:physical:other:1;x", -EINVAL},
		{"card", -EINVAL},
		{"", -EINVAL},
	};
	struct bench *bench = *state;

	assert_true(hello(bench));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(check(bench, cases[i].version), cases[i].expected);
}

/* ---------------------------------------------------------------- hostile clients */

static void nothing_is_loaded_before_the_string_was_accepted(void **state)
{
	struct bench *bench = *state;
	const uint64_t set = MIGCOMPAT_SET_BUFFER;

	assert_true(hello(bench));
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	assert_int_equal(field_write(bench, FIELD(memory.size), 4096), 0);
	assert_int_equal(field_write(bench, FIELD(memory.action), set), -EPERM);
	assert_int_equal(field_write(bench, FIELD(config.action), set), -EPERM);
	assert_int_equal(check(bench, STRING), 0);
	assert_int_equal(field_write(bench, FIELD(memory.action), set), 0);
	assert_int_equal(check(bench, "x"), -EINVAL);
	assert_int_equal(field_write(bench, FIELD(memory.action), set), -EPERM);
}

static void a_load_of_a_client_that_dies_is_dropped(void **state)
{
	struct bench *bench = *state;
	struct card before;

	card_make(&before, PAGES, MIGCOMPAT_CAP_LOGGING);
	card_fill(&before, 1);
	assert_true(hello(bench));
	assert_int_equal(check(bench, STRING), 0);
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	assert_int_equal(field_write(bench, FIELD(memory.size), 4096), 0);
	assert_int_equal(field_write(bench, FIELD(memory.action), MIGCOMPAT_SET_BUFFER), 0);
	assert_true(bench->card.staging);
	close(bench->client);
	serve(bench);
	assert_false(bench->card.staging);
	assert_int_equal(bench->card.state, MIGCOMPAT_DEVICE_RUNNING);
	assert_true(card_equal(&bench->card, &before));
	card_free(&before);
	assert_true(hello(bench));
}

static void a_message_of_a_wrong_size_ends_the_connection(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 17, 39, 41, 4096, sizeof(struct message_request)};
	struct bench *bench = *state;

	assert_true(hello(bench));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bench->request =
			(struct message_request){.op = MESSAGE_RUN, .count = 1, .number = 2};
		assert_true(send(bench->client, &bench->request, sizes[i], MSG_NOSIGNAL) >= 0);
		assert_dropped(bench);
	}
}

static void a_message_with_a_wrong_field_ends_the_connection(void **state)
{
	static const struct message_request wrong[] = {
		{.op = 0},
		{.op = MESSAGE_OP_COUNT},
		{.op = UINT32_MAX},
		{.op = MESSAGE_HELLO, .count = MESSAGE_VERSION}, /* again */
		{.op = MESSAGE_RUN, .flags = 4},
	};
	struct bench *bench = *state;

	assert_true(hello(bench));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bench->request = wrong[i];
		assert_false(ask(bench));
		assert_dropped(bench);
	}
}

static void more_writes_than_fit_end_the_connection(void **state)
{
	struct bench *bench = *state;

	assert_true(hello(bench));
	bench->request = (struct message_request){.op = MESSAGE_RUN, .count = STATE_WRITES_MAX + 1};
	assert_false(ask(bench));
	assert_dropped(bench);
}

static void the_first_message_is_a_hello_of_a_known_version(void **state)
{
	struct bench *bench = *state;

	bench->client = raw_connect(bench);
	bench->request = (struct message_request){.op = MESSAGE_KEEP};
	assert_false(ask(bench));
	assert_dropped(bench);
	close(bench->client);
	serve(bench);
	bench->client = raw_connect(bench);
	bench->request = (struct message_request){.op = MESSAGE_HELLO, .count = 2};
	assert_true(ask(bench));
	assert_int_equal(bench->reply.error, EPROTONOSUPPORT);
	assert_dropped(bench);
}

static void a_silent_client_is_dropped(void **state)
{
	struct bench *bench = *state;

	bench->client = raw_connect(bench);
	serve(bench);
	usleep(60000);
	assert_dropped(bench);
}

static void a_second_client_is_told_that_the_device_is_busy(void **state)
{
	struct bench *bench = *state;
	int first;

	assert_true(hello(bench));
	first = bench->client;
	assert_true(hello(bench));
	assert_int_equal(bench->reply.error, EBUSY);
	close(bench->client);
	bench->client = first;
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
}

static void a_client_that_reads_no_replies_is_dropped(void **state)
{
	struct bench *bench = *state;
	int r = 0;

	assert_true(hello(bench));
	bench->request = (struct message_request){.op = MESSAGE_KEEP, .number = 2};
	for (int i = 0; i < 10000 && !r; i++) {
		r = peer_send(bench->client, &bench->request, message_request_size(&bench->request),
			      -1);
		serve(bench);
	}
	assert_int_equal(r, -EPIPE);
	close(bench->client);
	assert_true(hello(bench));
}

static void descriptors_of_a_client_are_not_kept(void **state)
{
	struct bench *bench = *state;
	int spare, lowest;

	assert_true(hello(bench));
	bench->request = (struct message_request){.op = MESSAGE_KEEP, .number = 2};
	lowest = dup(0);
	close(lowest);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(peer_send(bench->client, &bench->request, 16, bench->client), 0);
		serve(bench);
		assert_true(reply_receive(bench));
	}
	spare = dup(0);
	assert_int_equal(spare, lowest);
	close(spare);
}

static void root_and_the_own_user_alone_may_connect(void **state)
{
	(void)state;
	assert_true(peer_allowed(0, 1000));
	assert_true(peer_allowed(1000, 1000));
	assert_false(peer_allowed(1001, 1000));
	assert_true(peer_allowed(0, 0));
	assert_false(peer_allowed(1000, 0));
}

/* A client of another user, who the mode of the socket would let in. */
static int stranger(struct bench *bench)
{
	const uid_t nobody = 65534;

	if (setresuid(nobody, nobody, nobody))
		return 2;
	bench->client = raw_connect(bench);
	while (recv(bench->client, &bench->reply, sizeof(bench->reply), MSG_DONTWAIT) < 0)
		usleep(1000);
	return bench->reply.error == EPERM ? 0 : 1;
}

static void another_user_is_not_served(void **state)
{
	struct bench *bench = *state;
	int status = -1;
	pid_t child;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(bench->folder.path, 0755), 0);
	assert_int_equal(chmod(bench->path, 0666), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(stranger(bench));
	while (waitpid(child, &status, WNOHANG) == 0)
		assert_int_equal(migcompat_regions_server_run(bench->server, 10), 0);
	assert_int_equal(status, 0);
	assert_true(hello(bench));
	assert_int_equal(bench->reply.error, 0);
}

/* ---------------------------------------------------------------- the server itself */

static void a_live_socket_is_not_replaced_and_a_stale_one_is(void **state)
{
	const struct migcompat_server_options options = {.struct_size = sizeof(options),
							 .version = STRING};
	struct migcompat_regions_server *second = NULL;
	struct bench *bench = *state;
	struct sockaddr_un address;
	int stale;

	assert_int_equal(
		migcompat_regions_server_new(bench->regions, bench->path, &options, &second),
		-EADDRINUSE);
	assert_contains(migcompat_regions_message(bench->regions), bench->path);
	assert_int_equal(peer_address(folder_path(&bench->folder, "stale"), &address, NULL), 0);
	stale = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
	close(stale);
	assert_int_equal(
		migcompat_regions_server_new(bench->regions, address.sun_path, &options, &second),
		0);
	migcompat_regions_server_free(second);
}

static void a_server_needs_a_version_string_and_a_short_path(void **state)
{
	struct migcompat_server_options options = {.struct_size = sizeof(options)};
	struct migcompat_regions_server *second = NULL;
	struct bench *bench = *state;
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(migcompat_regions_server_new(bench->regions, "x", &options, &second),
			 -EINVAL);
	options.version = "a b";
	assert_int_equal(migcompat_regions_server_new(bench->regions, "x", &options, &second),
			 -EINVAL);
	options.version = STRING;
	assert_int_equal(migcompat_regions_server_new(bench->regions, path, &options, &second),
			 -ENAMETOOLONG);
	assert_int_equal(migcompat_regions_server_new(bench->regions, "", &options, &second),
			 -EINVAL);
}

#define SERVED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(a_client_is_told_version_string_and_sizes),
		SERVED(the_socket_is_its_users_alone),
		SERVED(writes_are_calls_and_errors_have_the_devices_sentence),
		SERVED(a_client_that_leaves_gives_the_device_its_state_back),
		SERVED(a_state_that_is_to_be_kept_stays),
		SERVED(an_equal_string_is_accepted_whatever_its_kind),
		SERVED(nothing_is_loaded_before_the_string_was_accepted),
		SERVED(a_load_of_a_client_that_dies_is_dropped),
		SERVED(a_message_of_a_wrong_size_ends_the_connection),
		SERVED(a_message_with_a_wrong_field_ends_the_connection),
		SERVED(more_writes_than_fit_end_the_connection),
		SERVED(the_first_message_is_a_hello_of_a_known_version),
		SERVED(a_silent_client_is_dropped),
		SERVED(a_second_client_is_told_that_the_device_is_busy),
		SERVED(a_client_that_reads_no_replies_is_dropped),
		SERVED(descriptors_of_a_client_are_not_kept),
		SERVED(a_live_socket_is_not_replaced_and_a_stale_one_is),
		SERVED(a_server_needs_a_version_string_and_a_short_path),
		SERVED(another_user_is_not_served),
		cmocka_unit_test(root_and_the_own_user_alone_may_connect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
