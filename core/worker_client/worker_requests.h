/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests to a worker. Settings are sent once, and the facts of a host once for all of
 * its devices. Knows no process and no socket. One thread at a time.
 */
#ifndef CORE_WORKER_CLIENT_WORKER_REQUESTS_H
#define CORE_WORKER_CLIENT_WORKER_REQUESTS_H

#include "core/wire/message.h"

/*
 * A host that the worker has. Both sides forget it with its last device, so a host at the
 * same address that is made later is never taken for it.
 */
struct sent_host {
	struct sent_host *next;
	const struct host *host;
	size_t devices; /* that are open */
	uint32_t number;
};

struct requests {
	const struct backend_info *info;
	struct wire_out out; /* all requests since the last wire_send */
	uint32_t last;       /* the id of the last request, the one that gets a reply */
	uint32_t hosts_sent;
	/*
	 * The host used last comes first: devices of one host are opened one after the
	 * other.
	 */
	struct sent_host *hosts;
	const char *const *settled; /* the settings' values that the worker has */
};

/* A comparison or a list on an open device. */
struct device_request {
	enum wire_op op;
	uint32_t device; /* its number */
	uint32_t which;  /* enum provider_list; 0 for a comparison */
	const char *payload;
	size_t len;
};

/*
 * These append a request, or fail with -E2BIG or -ENOMEM and a sentence, and then append
 * nothing.
 *
 * requests_open returns the device's host. requests_keep counts the device once it is
 * open. requests_release gives the host back if the device was not opened, or after it
 * was closed.
 */
int requests_open(struct requests *requests, const struct device *device,
		  const struct settings *settings, struct sent_host **ret_host, struct error *err);
int requests_call(struct requests *requests, const struct device_request *request,
		  struct error *err);
/* device: its number, or WIRE_NO_DEVICE. */
int requests_stream(struct requests *requests, uint32_t device, const struct stream_head *head,
		    struct error *err);
int requests_close(struct requests *requests, uint32_t device);

void requests_keep(struct sent_host *host);
void requests_release(struct requests *requests, struct sent_host *host, bool was_kept);
/* The next requests go to a new process, which knows nothing. All hosts are freed. */
void requests_reset(struct requests *requests);
void requests_free(struct requests *requests);

#endif
