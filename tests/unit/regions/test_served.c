/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device that is served on a socket: its clients, and the server itself. */
#include "tests/support/served_bench.h"

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

/* Also if the server learns of both at the same time, the new one first. */
static void the_next_client_is_welcome_once_the_one_before_has_left(void **state)
{
	struct bench *bench = *state;
	int first = raw_connect(bench), second = raw_connect(bench);

	assert_int_equal(migcompat_regions_server_run(bench->server, 0), 0);
	close(first);
	bench->client = second;
	bench->request = (struct message_request){
		.op = MESSAGE_HELLO, .number = 1, .count = MESSAGE_VERSION};
	assert_true(ask(bench));
	assert_int_equal(bench->reply.error, 0);
}

/* It has told its user that the save failed. */
static void a_request_of_a_client_that_did_not_wait_is_not_carried_out(void **state)
{
	struct bench *bench = *state;

	assert_true(hello(bench));
	assert_int_equal(field_write(bench, FIELD(device_state), MIGCOMPAT_DEVICE_STOPPED), 0);
	bench->request.op = MESSAGE_KEEP;
	assert_int_equal(peer_send(bench->client, &bench->request,
				   message_request_size(&bench->request), -1),
			 0);
	close(bench->client);
	bench->client = -1;
	serve(bench);
	assert_int_equal(bench->card.state, MIGCOMPAT_DEVICE_RUNNING);
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

/* connect(2) says of it what it says of a socket that nobody listens on. */
static void a_file_that_is_no_socket_is_not_replaced(void **state)
{
	const struct migcompat_server_options options = {.struct_size = sizeof(options),
							 .version = STRING};
	struct migcompat_regions_server *second = NULL;
	struct bench *bench = *state;
	const char *path = folder_path(&bench->folder, "file");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(migcompat_regions_server_new(bench->regions, path, &options, &second),
			 -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
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
	assert_int_equal(migcompat_regions_server_new(bench->regions, "x", NULL, &second), -EINVAL);
	options.version = "card:physical:plain";
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(a_client_is_told_version_string_and_sizes),
		SERVED(the_socket_is_its_users_alone),
		SERVED(writes_are_calls_and_errors_have_the_devices_sentence),
		SERVED(a_client_that_leaves_gives_the_device_its_state_back),
		SERVED(the_next_client_is_welcome_once_the_one_before_has_left),
		SERVED(a_request_of_a_client_that_did_not_wait_is_not_carried_out),
		SERVED(a_state_that_is_to_be_kept_stays),
		SERVED(an_equal_string_is_accepted_whatever_its_kind),
		SERVED(a_live_socket_is_not_replaced_and_a_stale_one_is),
		SERVED(a_file_that_is_no_socket_is_not_replaced),
		SERVED(a_server_needs_a_version_string_and_a_short_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
