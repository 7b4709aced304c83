/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service with two backends: a good one, and one that hangs when it opens its device.
 */
#ifndef TESTS_SERVICE_HANGING_H
#define TESTS_SERVICE_HANGING_H

#include "tests/service/daemon.h"

#define HUNG "hung-device"
#define DESCRIBE_HUNG METHOD("Describe", "\"device\":\"" HUNG "\"")

static inline void backend_copy(struct folder *folder, const char *from, const char *to)
{
	char *bytes = malloc(64u << 20);
	FILE *file = fopen(from, "r");
	size_t len;

	assert_non_null(bytes);
	assert_non_null(file);
	len = fread(bytes, 1, 64u << 20, file);
	fclose(file);
	folder_write_bytes(folder, to, bytes, len);
	free(bytes);
}

/* timeout: of the backends' calls. group: whose members may use the service. */
static inline void hanging_start_for(struct daemon *daemon, const char *timeout_ms,
				     const char *group)
{
	const char *more[] = {"--plugin-dir", NULL, "-i", NULL, "--group", group, NULL};
	char backends[192], inventory[192], text[64];

	*daemon = (struct daemon){.pid = 0};
	daemon_folder(daemon);
	assert_int_equal(mkdir(folder_path(&daemon->folder, "backends"), 0755), 0);
	assert_int_equal(chmod(daemon->folder.file, 0755), 0);
	assert_int_equal(chmod(daemon->folder.path, 0711), 0);
	snprintf(backends, sizeof(backends), "%s", daemon->folder.file);
	backend_copy(&daemon->folder, TEST_BACKENDS "/mtty.so", "backends/mtty.so");
	backend_copy(&daemon->folder, TEST_BUILD "/tests/backends/hang_open/hang_open.so",
		     "backends/hang_open.so");
	snprintf(
		inventory, sizeof(inventory), "%s",
		folder_write(
			&daemon->folder, "hung.json",
			"{\"format\":\"migcompat-inventory/"
			"1\",\"host\":{\"name\":\"hung\",\"facts\":{}},\"devices\":[{\"id\":\"" HUNG
			"\",\"kind\":\"mdev\",\"driver\":\"hang_open\",\"facts\":{}}]}"));
	snprintf(text, sizeof(text), "timeout_ms = %s;\n", timeout_ms);
	folder_write(&daemon->folder, "policy/migcompat.conf", text);
	more[1] = backends;
	more[3] = inventory;
	daemon_start(daemon, more);
}

static inline void hanging_start(struct daemon *daemon, const char *timeout_ms)
{
	hanging_start_for(daemon, timeout_ms, "migcompat");
}

/* True if no reply has come yet. */
static inline void client_still_waits(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
	assert_int_equal(errno, EAGAIN);
}

#endif
