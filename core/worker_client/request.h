/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to be sent to a worker, and what it was sent before: settings once, a host's facts once
 * for all of its devices. Knows no process and no socket. One thread at a time.
 */
#ifndef CORE_WORKER_CLIENT_REQUEST_H
#define CORE_WORKER_CLIENT_REQUEST_H

#include "core/wire/message.h"

/*
 * A host that the worker has. It forgets it with the last device of it, and so does this: a host
 * that is freed afterwards and another one at the same address are not mixed up.
 */
struct sent_host {
	struct sent_host *next;
	const struct host *host;
	size_t devices; /* that are open */
	uint32_t number;
};

struct requests {
	const struct backend_info *info;
	struct wire_out out; /* also holds what needs no reply, until the next request goes out */
	uint32_t last;	     /* the id of the last request, the one that a reply is due for */
	uint32_t hosts_sent;
	struct sent_host
		*hosts; /* the one used last comes first: devices of a host stand together */
	const char *const *settled; /* the settings' values that the worker has */
};

/*
 * Append a request. -E2BIG or -ENOMEM with a sentence: then nothing of it stays. ret_host is the
 * device's: it is counted by requests_keep once the device is open, and given back by
 * requests_release if it is not, or once it is closed.
 */
int requests_open(struct requests *requests, const struct device *device,
		  const struct settings *settings, struct sent_host **ret_host, struct error *err);
int requests_call(struct requests *requests, enum wire_op op, uint32_t device, uint32_t which,
		  const char *payload, size_t len, struct error *err);
/* device: its number, or WIRE_NO_DEVICE. */
int requests_stream(struct requests *requests, uint32_t device, const struct stream_head *head,
		    struct error *err);
int requests_close(struct requests *requests, uint32_t device);

void requests_keep(struct sent_host *host);
void requests_release(struct requests *requests, struct sent_host *host, bool was_kept);
/* Another process is to be spoken to, which knows nothing yet. Hosts that were handed out are gone.
 */
void requests_reset(struct requests *requests);
void requests_free(struct requests *requests);

#endif
