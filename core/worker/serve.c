/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answering requests. The data of a request is in the arena of its host or device until
 * that is closed. A host is freed with its last device, by the same rule as in the
 * library.
 */
#include "core/worker/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERRNO_MAX 4095
/* Bytes of replies that are sent before further requests are answered. */
#define ANSWERS_MAX 262144u

struct served_host {
	struct served_host *next;
	struct host host;
	struct arena arena;
	size_t devices;
	uint32_t number;
};

struct served_device {
	struct device device;
	struct arena arena;
	struct served_host *host;
	struct opened *opened;
};

/* ---------------------------------------------------------------- replies */

int server_refuse(struct server *server, uint32_t id, enum wire_op op, int status, const char *text)
{
	bool known = status < 0 && status >= -ERRNO_MAX;

	wire_begin(&server->out, id, op, known ? status : -EPROTO, WIRE_REPLY_MAX);
	wire_put_string(&server->out, text);
	return wire_end(&server->out);
}

/* Reply with an error and its sentence, which may be empty. */
static int refuse(struct server *server, const struct wire_message *request, int status,
		  const char *text)
{
	return server_refuse(server, request->head.id, (enum wire_op)request->head.op, status,
			     text);
}

static void reply_begin(struct server *server, const struct wire_message *request)
{
	wire_begin(&server->out, request->head.id, (enum wire_op)request->head.op, 0,
		   WIRE_REPLY_MAX);
}

static int reply_end(struct server *server, const struct wire_message *request)
{
	int r = wire_end(&server->out);
	struct error err = {0};

	if (!r)
		return 0;
	error_set(&err, r,
		  r == -E2BIG ? "backend %s: its answer is longer than %u bytes"
			      : "backend %s: out of memory",
		  server->provider->info.name, WIRE_REPLY_MAX);
	return refuse(server, request, r, err.text);
}

int server_introduce(struct server *server)
{
	const struct backend_info *info = &server->provider->info;

	wire_begin(&server->out, 0, WIRE_INFO, info->error ? -ELIBACC : 0, WIRE_REPLY_MAX);
	if (info->error)
		wire_put_string(&server->out, info->error);
	else
		message_put_info(&server->out, info);
	return wire_end(&server->out);
}

/* ---------------------------------------------------------------- hosts */

static struct served_host *host_find(struct server *server, uint32_t number)
{
	for (struct served_host *host = server->hosts; host; host = host->next)
		if (host->number == number)
			return host;
	return NULL;
}

static void host_free(struct server *server, struct served_host *host)
{
	for (struct served_host **at = &server->hosts; *at; at = &(*at)->next) {
		if (*at != host)
			continue;
		*at = host->next;
		break;
	}
	arena_free(&host->arena);
	free(host);
}

static int answer_host(struct server *server, struct wire_message *request)
{
	struct served_host *host = calloc(1, sizeof(*host));
	int r = -ENOMEM;

	if (host)
		r = message_get_host(&request->body, &host->arena, &host->number, &host->host);
	if (!r && host_find(server, host->number))
		r = -EBADMSG;
	if (r) {
		if (host)
			arena_free(&host->arena);
		free(host);
		/*
		 * Without memory for its facts, opening its devices fails, and nothing
		 * else does.
		 */
		return r == -ENOMEM ? 0 : r;
	}
	host->next = server->hosts;
	server->hosts = host;
	return 0;
}

/* ---------------------------------------------------------------- devices */

static void device_free(struct served_device *device)
{
	opened_close(device->opened);
	arena_free(&device->arena);
	free(device);
}

/* Find a free number. The table doubles up to its limit. */
static int number_find(struct server *server, uint32_t *ret)
{
	struct served_device **devices;
	uint32_t room = server->room ? server->room * 2 : 16;

	while (server->lowest < server->room && server->devices[server->lowest])
		server->lowest++;
	if (server->lowest == SERVE_DEVICES_MAX)
		return -EMFILE;
	if (server->lowest == server->room) {
		devices = realloc(server->devices, room * sizeof(struct served_device *));
		if (!devices)
			return -ENOMEM;
		memset(devices + server->room, 0,
		       (room - server->room) * sizeof(struct served_device *));
		server->devices = devices;
		server->room = room;
	}
	*ret = server->lowest;
	return 0;
}

static struct served_device *device_find(struct server *server, uint32_t number)
{
	return number < server->room ? server->devices[number] : NULL;
}

struct opened *server_device(struct server *server, uint32_t number)
{
	struct served_device *device = device_find(server, number);

	return device ? device->opened : NULL;
}

/* Open a device. Its host is missing if there was no memory for it. */
static int open_device(struct server *server, struct served_device *device, uint32_t *ret_number,
		       struct error *err)
{
	const char *name = server->provider->info.name;
	int r = number_find(server, ret_number);

	if (r == -EMFILE)
		return error_set(err, r, "backend %s: more than %u devices are open", name,
				 SERVE_DEVICES_MAX);
	if (r || !device->host)
		return error_set(err, -ENOMEM, "backend %s: its worker has no memory for the facts",
				 name);
	device->device.host = &device->host->host;
	return provider_open(server->provider, &device->device, &device->opened, err);
}

/* Free a device that was not opened, and hosts that were sent for it alone. */
static int answer_not_open(struct server *server, struct wire_message *request,
			   struct served_device *device, int r, const struct error *err)
{
	struct served_host *next;

	if (device)
		device_free(device);
	for (struct served_host *host = server->hosts; host; host = next) {
		next = host->next;
		if (!host->devices)
			host_free(server, host);
	}
	return r == -EBADMSG ? r
			     : refuse(server, request, r, *err->text ? err->text : "out of memory");
}

static int answer_open(struct server *server, struct wire_message *request)
{
	struct served_device *device = calloc(1, sizeof(*device));
	struct error err = {0};
	uint32_t number = 0, host_number = 0;
	int r = -ENOMEM;

	if (device)
		r = message_get_device(&request->body, &device->arena, &host_number,
				       &device->device);
	if (r)
		return answer_not_open(server, request, device, r, &err);
	device->host = host_find(server, host_number);
	r = open_device(server, device, &number, &err);
	if (!r) {
		reply_begin(server, request);
		message_put_opened(&server->out, number, device->opened);
		r = wire_end(&server->out);
	}
	/* A backend may return -EBADMSG, too. */
	if (r || !device->host)
		return answer_not_open(server, request, device, r == -EBADMSG ? -EPROTO : r, &err);
	server->devices[number] = device;
	device->host->devices++;
	return 0;
}

static int answer_close(struct server *server, struct wire_message *request)
{
	uint32_t number = wire_get_u32(&request->body);
	struct served_device *device = device_find(server, number);
	struct served_host *host;

	if (!device || !wire_done(&request->body))
		return -EBADMSG;
	host = device->host;
	server_state_close(server, number);
	server->devices[number] = NULL;
	if (number < server->lowest)
		server->lowest = number;
	/* The backend may use facts of the host until it has closed the device. */
	device_free(device);
	if (--host->devices == 0)
		host_free(server, host);
	return 0;
}

/* ---------------------------------------------------------------- calls on a device */

static int answer_compare(struct server *server, struct wire_message *request)
{
	struct served_device *device = device_find(server, wire_get_u32(&request->body));
	struct error err = {0};
	const char *payload;
	size_t len = 0;
	int r;

	wire_get_enum(&request->body, 0);
	payload = wire_get_text(&request->body, WIRE_REQUEST_MAX, &len);
	if (!device || !payload || !wire_done(&request->body))
		return -EBADMSG;
	r = result_reset(&server->result);
	if (!r)
		r = opened_compare(device->opened, payload, len, &server->result, &err);
	if (r)
		return refuse(server, request, r, *err.text ? err.text : "out of memory");
	reply_begin(server, request);
	message_put_result(&server->out, &server->result);
	return reply_end(server, request);
}

static int answer_list(struct server *server, struct wire_message *request)
{
	struct served_device *device = device_find(server, wire_get_u32(&request->body));
	uint32_t which = wire_get_enum(&request->body, PROVIDER_LIST_COUNT - 1);
	struct migcompat_sink sink = {0};
	struct error err = {0};
	const char *payload;
	size_t len = 0;
	int r;

	payload = wire_get_text(&request->body, WIRE_REQUEST_MAX, &len);
	if (!device || !wire_done(&request->body))
		return -EBADMSG;
	r = opened_list(device->opened, (enum provider_list)which, payload, len, &sink, &err);
	if (r) {
		r = refuse(server, request, r, err.text);
	} else {
		reply_begin(server, request);
		message_put_list(&server->out, &sink);
		r = reply_end(server, request);
	}
	sink_free(&sink);
	return r;
}

/* The device is optional. */
static int answer_stream(struct server *server, struct wire_message *request)
{
	uint32_t number = wire_get_u32(&request->body);
	struct served_device *device =
		number == WIRE_NO_DEVICE ? NULL : device_find(server, number);
	struct stream_head head = {.size = wire_get_u64(&request->body)};
	struct error err = {0};
	int r;

	head.bytes = wire_get_text(&request->body, MIGCOMPAT_STREAM_HEAD, &head.len);
	if ((!device && number != WIRE_NO_DEVICE) || !head.bytes || !wire_done(&request->body))
		return -EBADMSG;
	r = result_reset(&server->result);
	if (!r)
		r = provider_stream(server->provider, device ? device->opened : NULL, &head,
				    &server->result, &err);
	if (r)
		return refuse(server, request, r, *err.text ? err.text : "out of memory");
	reply_begin(server, request);
	message_put_result(&server->out, &server->result);
	return reply_end(server, request);
}

static int answer_settings(struct server *server, struct wire_message *request)
{
	struct provider *provider = server->provider;

	return message_get_settings(&request->body, &provider->info, &server->settings,
				    &provider->settings.values);
}

/* ---------------------------------------------------------------- the loop */

int server_answer(struct server *server, struct wire_message *request)
{
	static int (*const answers[WIRE_OP_COUNT])(struct server *, struct wire_message *) = {
		[WIRE_SETTINGS] = answer_settings,
		[WIRE_HOST] = answer_host,
		[WIRE_OPEN] = answer_open,
		[WIRE_COMPARE] = answer_compare,
		[WIRE_LIST] = answer_list,
		[WIRE_CLOSE] = answer_close,
		[WIRE_STREAM] = answer_stream,
		[WIRE_STATE_OPEN] = server_state_answer,
		[WIRE_STATE_RUN] = server_state_answer,
		[WIRE_STATE_CLOSE] = server_state_answer,
	};

	if (request->head.op >= WIRE_OP_COUNT || !answers[request->head.op] ||
	    request->head.status || server->provider->info.error)
		return -EBADMSG;
	return answers[request->head.op](server, request);
}

void server_start(struct server *server, struct provider *provider)
{
	*server = (struct server){.provider = provider};
}

void server_free(struct server *server)
{
	server_state_close(server, UINT32_MAX);
	for (uint32_t i = 0; i < server->room; i++)
		if (server->devices[i])
			device_free(server->devices[i]);
	while (server->hosts)
		host_free(server, server->hosts);
	free(server->devices);
	provider_free(server->provider);
	arena_free(&server->settings);
	result_free(&server->result);
	wire_out_free(&server->out);
	*server = (struct server){0};
}

static int serve_next(struct server *server, struct wire_in *in, int fd)
{
	struct wire_message request;
	int r = wire_next(in, WIRE_REQUEST_MAX, &request);

	if (r < 0)
		return r;
	if (r > 0) {
		r = server_answer(server, &request);
		return r || server->out.len < ANSWERS_MAX
			       ? r
			       : wire_send(&server->out, fd, WIRE_FOREVER);
	}
	/* All received requests are answered, so send all replies in one write. */
	r = wire_send(&server->out, fd, WIRE_FOREVER);
	if (!r && server->waiting)
		return server_state_memory(server, fd);
	return r ? r : wire_fill(in, fd, WIRE_FOREVER);
}

int serve(int fd, struct server *server)
{
	struct wire_in in = {0};
	int r = server_introduce(server);

	while (!r)
		r = serve_next(server, &in, fd);
	wire_in_free(&in);
	return r == -ECONNRESET || r == -EPIPE ? 0 : r;
}
