/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients that watch the service, and the events they get. */
#ifndef TESTS_SERVICE_WATCHING_H
#define TESTS_SERVICE_WATCHING_H

#include "tests/service/daemon.h"

#define WATCH "{\"method\":\"io.migcompat.Watch\",\"more\":true}"
#define WATCH_TYPES \
	"{\"method\":\"io.migcompat.Watch\",\"parameters\":{\"types\":true},\"more\":true}"

static inline int watch_open(const struct daemon *daemon, const char *text)
{
	int fd = client_open(daemon);

	client_send(fd, text);
	return fd;
}

/*
 * The next event, which must be this one, of this device or of none (NULL). The caller
 * owns it.
 */
static inline json_t *watch_receive(int fd, const char *event, const char *device)
{
	json_t *document = client_receive(fd);

	assert_non_null(document);
	assert_text(document, "event", event);
	if (device)
		assert_text(document, "device", device);
	else
		assert_null(json_object_get(json_object_get(document, "parameters"), "device"));
	assert_true(json_is_true(json_object_get(document, "continues")));
	return document;
}

static inline void watch_expect(int fd, const char *event, const char *device)
{
	json_decref(watch_receive(fd, event, device));
}

/* Receive present devices up to "ready". Returns their number. */
static inline size_t watch_until_ready(int fd)
{
	for (size_t count = 0;; count++) {
		json_t *document = client_receive(fd);
		const char *event;
		bool ready;

		assert_non_null(document);
		event = text_at(document, "event");
		assert_non_null(event);
		ready = strcmp(event, "ready") == 0;
		if (!ready)
			assert_text(document, "event", "present");
		json_decref(document);
		if (ready)
			return count;
	}
}

#endif
