/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watchers of a service, and what they are told. */
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

/* The next word must be that event; of that device, or of none where device is NULL. Yours. */
static inline json_t *watch_hears(int fd, const char *event, const char *device)
{
	json_t *word = client_receive(fd);

	assert_non_null(word);
	assert_text(word, "event", event);
	if (device)
		assert_text(word, "device", device);
	else
		assert_null(json_object_get(json_object_get(word, "parameters"), "device"));
	assert_true(json_is_true(json_object_get(word, "continues")));
	return word;
}

static inline void watch_told(int fd, const char *event, const char *device)
{
	json_decref(watch_hears(fd, event, device));
}

/* What there is, up to "ready"; returns how many devices. */
static inline size_t watch_until_ready(int fd)
{
	for (size_t count = 0;; count++) {
		json_t *word = client_receive(fd);
		const char *event;
		bool ready;

		assert_non_null(word);
		event = text_at(word, "event");
		assert_non_null(event);
		ready = strcmp(event, "ready") == 0;
		if (!ready)
			assert_text(word, "event", "present");
		json_decref(word);
		if (ready)
			return count;
	}
}

#endif
