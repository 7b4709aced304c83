/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of a client to a served device, and replies of a server. The first byte says which. A
 * message to the device is a length of two bytes and as many bytes. After the client has left, the
 * device is in the state that it had, or that the client had it keep, and nothing is staged.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/regions/message.h"
#include "core/regions/peer.h"
#include "tests/support/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES 5u
#define STRING "card:physical:plain:1;x"

static struct {
	struct card card;
	struct migcompat_regions *regions;
	struct migcompat_regions_server *server;
	struct sockaddr_un address;
} device;

static void device_make(void)
{
	const struct migcompat_server_options options = {.struct_size = sizeof(options),
							 .version = STRING};
	char path[64];

	snprintf(path, sizeof(path), "/tmp/fuzz_served.%d", getpid());
	card_make(&device.card, PAGES, MIGCOMPAT_CAP_LOGGING | MIGCOMPAT_CAP_SYSTEM_MEMORY);
	if (peer_address(path, &device.address, NULL) ||
	    migcompat_regions_new(&card_table, &device.card, &device.regions) ||
	    migcompat_regions_server_new(device.regions, path, &options, &device.server))
		abort();
}

static void serve(void)
{
	for (int i = 0; i < 2; i++)
		if (migcompat_regions_server_run(device.server, 0))
			abort();
}

static void message_send(int client, const void *message, size_t size)
{
	char reply[sizeof(struct message_reply)];
	int fd;

	(void)send(client, message, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	serve();
	(void)peer_receive(client, reply, sizeof(reply), &fd);
	if (fd >= 0)
		close(fd);
}

static void run_client(const uint8_t *data, size_t size)
{
	const struct message_request hello = {
		.op = MESSAGE_HELLO, .number = 1, .count = MESSAGE_VERSION};
	int client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (!device.server)
		device_make();
	if (client < 0 ||
	    connect(client, (struct sockaddr *)&device.address, sizeof(device.address)))
		abort();
	serve();
	message_send(client, &hello, message_request_size(&hello));
	while (size >= 2) {
		size_t len = data[0] | (size_t)data[1] << 8;

		len = len < size - 2 ? len : size - 2;
		message_send(client, data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	close(client);
	serve();
	if (device.card.staging || device.card.state > (uint32_t)MIGCOMPAT_DEVICE_STATE_MASK)
		abort();
}

/* No size or position that is taken lies outside of the regions. */
static void read_reply(const uint8_t *data, size_t size)
{
	static const struct regions_info info = {16384, 100, MIGCOMPAT_CAP_DEVICE_MEMORY, 0};
	static struct message_reply reply;
	struct state_port port = {.info = info};
	struct migcompat_control control;

	memset(&reply, 0, sizeof(reply));
	memcpy(&reply, data, size < sizeof(reply) ? size : sizeof(reply));
	regions_places(&info, port.places);
	if (size > sizeof(reply) || !message_reply_sound(&reply, size) ||
	    message_control_get(&reply.control, &port, &control))
		return;
	if (control.memory.size > 16384 || control.memory.position > 16384 ||
	    control.config.size > 100 || control.device_state > MIGCOMPAT_DEVICE_STATE_MASK ||
	    reply.len > MESSAGE_TEXT_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] & 1)
		read_reply(data + 1, size - 1);
	else
		run_client(data + 1, size - 1);
	return 0;
}
