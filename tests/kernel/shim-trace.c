// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tests of the module's tracepoints: each event has the device's name, and none has a
 * whole string.
 */
#include "shim-support.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define TRACE "/sys/kernel/tracing/"
#define VERSION "migration_version"
#define STRING "mtty:mdev:serial:1:secret"

static char trace[65536];

static void trace_read(void)
{
	int fd = open(TRACE "trace", O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t count;

	while (fd >= 0 && (count = read(fd, trace + used, sizeof(trace) - 1 - used)) > 0)
		used += (size_t)count;
	trace[used] = '\0';
	close(fd);
}

/* Does a line of the trace have all of these words? */
static bool trace_has(const char *event, const char *first, const char *second)
{
	char *copy = strdup(trace), *rest = copy, *line;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n")))
		found = strstr(line, event) && strstr(line, first) && strstr(line, second);
	free(copy);
	return found;
}

static void each_event_is_traced(void)
{
	struct broker_process broker;
	const char *name = strrchr(shim_mdev_a, '/') + 1;
	char buffer[64];
	ssize_t id;

	/* An earlier run may have mounted it. */
	shim_expect(mount("tracefs", TRACE, "tracefs", 0, NULL) == 0 || errno == EBUSY,
		    "no tracefs: %s", strerror(errno));
	broker_start_clean(&broker);
	EXPECT_RESULT(0, attr_put(TRACE "trace", "\n"));
	EXPECT_RESULT(0, attr_put(TRACE "events/migcompat/enable", "1"));
	id = broker_do_attach(&broker, shim_mdev_a, STRING);
	EXPECT_RESULT(0, attr_put(shim_file(shim_mdev_a, VERSION), STRING));
	EXPECT_RESULT(-EINVAL, attr_put(shim_file(shim_mdev_a, VERSION), STRING "1"));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "answer %zd hang", id));
	shim_set_timeout(100);
	EXPECT_RESULT(-ETIMEDOUT,
		      attr_read(shim_file(shim_mdev_a, VERSION), buffer, sizeof(buffer)));
	shim_set_timeout(SHIM_TIMEOUT_MS);
	EXPECT_RESULT((ssize_t)strlen(STRING),
		      attr_write("/dev/migcompat", STRING, strlen(STRING)));
	EXPECT_RESULT(0, broker_say(&broker, NULL, 0, "detach %zd", id));
	EXPECT_RESULT(0, attr_put(TRACE "events/migcompat/enable", "0"));
	broker_stop(&broker);

	trace_read();
	shim_expect(trace_has("migcompat_attach:", name, "kind=1"), "attaching is not traced");
	shim_expect(trace_has("migcompat_request:", name, "op=write length=25"),
		    "a write is not traced");
	shim_expect(trace_has("migcompat_request:", name, "op=read length=0"),
		    "a read is not traced");
	shim_expect(trace_has("migcompat_request:", "name=-", "op=ask length=25"),
		    "a question is not traced");
	shim_expect(trace_has("migcompat_reply:", name, "op=write error=0"), "a yes is not traced");
	shim_expect(trace_has("migcompat_reply:", name, "op=write error=-22"),
		    "a no is not traced");
	shim_expect(trace_has("migcompat_timeout:", name, "op=read"), "a time-out is not traced");
	shim_expect(trace_has("migcompat_detach:", name, "kind=1"), "detaching is not traced");
	shim_expect(!strstr(trace, "secret"), "a string is in the trace");
}

static const struct shim_test tests[] = {{"each_event_is_traced", each_event_is_traced}};

int main(void)
{
	shim_find_devices();
	return shim_run(tests, 1, NULL) != 0;
}
