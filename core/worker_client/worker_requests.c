/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests are collected, so that one write sends all that a call needs. */
#include "core/worker_client/worker_requests.h"

#include <errno.h>
#include <stdlib.h>

static void request_begin(struct requests *requests, enum wire_op op)
{
	wire_begin(&requests->out, ++requests->last, op, 0, WIRE_REQUEST_MAX);
}

/* A request that cannot be made is removed, with all requests from mark on. */
static int request_end(struct requests *requests, size_t mark, struct error *err)
{
	int r = wire_end(&requests->out);

	if (!r)
		return 0;
	requests->out.len = mark;
	if (r == -E2BIG)
		return error_set(err, r, "backend %s: the request takes more than %u bytes",
				 requests->info->name, WIRE_REQUEST_MAX);
	return error_set(err, r, "out of memory");
}

static struct sent_host *host_find(struct requests *requests, const struct host *host)
{
	for (struct sent_host **at = &requests->hosts; *at; at = &(*at)->next) {
		struct sent_host *found = *at;

		if (found->host != host)
			continue;
		*at = found->next;
		found->next = requests->hosts;
		requests->hosts = found;
		return found;
	}
	return NULL;
}

static int host_send(struct requests *requests, const struct host *host, struct sent_host **ret,
		     struct error *err)
{
	struct sent_host *sent = calloc(1, sizeof(*sent));
	int r;

	if (!sent)
		return error_set(err, -ENOMEM, "out of memory");
	sent->host = host;
	sent->number = ++requests->hosts_sent;
	request_begin(requests, WIRE_HOST);
	message_put_host(&requests->out, sent->number, host, requests->info);
	r = request_end(requests, requests->out.start, err);
	if (r) {
		free(sent);
		return r;
	}
	sent->next = requests->hosts;
	requests->hosts = sent;
	*ret = sent;
	return 0;
}

static int settings_send(struct requests *requests, const struct settings *settings,
			 struct error *err)
{
	int r;

	if (settings->values == requests->settled)
		return 0;
	request_begin(requests, WIRE_SETTINGS);
	message_put_settings(&requests->out, requests->info, settings);
	r = request_end(requests, requests->out.start, err);
	if (!r)
		requests->settled = settings->values;
	return r;
}

int requests_open(struct requests *requests, const struct device *device,
		  const struct settings *settings, struct sent_host **ret_host, struct error *err)
{
	struct sent_host *host = host_find(requests, device->host);
	int r = settings_send(requests, settings, err);
	size_t mark = requests->out.len;

	if (!r && !host)
		r = host_send(requests, device->host, &host, err);
	if (r || !host)
		return r;
	request_begin(requests, WIRE_OPEN);
	message_put_device(&requests->out, host->number, device, requests->info);
	r = request_end(requests, mark, err);
	if (r)
		requests_release(requests, host, false);
	else
		*ret_host = host;
	return r;
}

int requests_call(struct requests *requests, const struct device_request *request,
		  struct error *err)
{
	request_begin(requests, request->op);
	wire_put_u32(&requests->out, request->device);
	wire_put_u32(&requests->out, request->which);
	wire_put_text(&requests->out, request->payload, request->len);
	return request_end(requests, requests->out.start, err);
}

int requests_stream(struct requests *requests, uint32_t device, const struct stream_head *head,
		    struct error *err)
{
	request_begin(requests, WIRE_STREAM);
	wire_put_u32(&requests->out, device);
	wire_put_u64(&requests->out, head->size);
	wire_put_text(&requests->out, head->len ? head->bytes : "", head->len);
	return request_end(requests, requests->out.start, err);
}

int requests_close(struct requests *requests, uint32_t device)
{
	request_begin(requests, WIRE_CLOSE);
	wire_put_u32(&requests->out, device);
	return wire_end(&requests->out);
}

void requests_keep(struct sent_host *host)
{
	host->devices++;
}

void requests_release(struct requests *requests, struct sent_host *host, bool was_kept)
{
	host->devices -= was_kept;
	if (host->devices)
		return;
	for (struct sent_host **at = &requests->hosts; *at; at = &(*at)->next) {
		if (*at != host)
			continue;
		*at = host->next;
		break;
	}
	free(host);
}

void requests_reset(struct requests *requests)
{
	while (requests->hosts) {
		struct sent_host *host = requests->hosts;

		requests->hosts = host->next;
		free(host);
	}
	requests->out.len = 0;
	requests->settled = NULL;
}

void requests_free(struct requests *requests)
{
	requests_reset(requests);
	wire_out_free(&requests->out);
}
