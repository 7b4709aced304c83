/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moves the state of one VFIO device into another one with the kernel's interface (type1
 * container, group, migration v2), and prints the result. Tests compare verdicts with it.
 * It knows no vendor. If a transfer cannot be tried (no such device, a group that does
 * not open), the result is an error, never a "no".
 *
 * Output is one line: "yes BYTES" (status 0), "no ERRNO" (status 1) or "error ERRNO"
 * (status 2). The step is printed to standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { STATE_MAX = 1 << 20, SCRATCH_REGISTER = 7 };

struct session {
	const char *id;
	int container;
	int group;
	int device;
};

struct stream {
	size_t length;
	unsigned char bytes[STATE_MAX];
};

/* A refusal by a device is a "no". All failures before that are an "error". */
enum outcome { OUTCOME_YES, OUTCOME_NO, OUTCOME_ERROR };

static int complain(const struct session *session, const char *step, int error)
{
	fprintf(stderr, "vfio-transfer: %s: %s: %s\n", session->id, step, strerror(error));
	return -error;
}

/*
 * The number of the device's IOMMU group, which is the name in /dev/vfio. Each bus is
 * tried.
 */
static int group_path(const char *id, char *path, size_t size)
{
	static const char *const buses[] = {"mdev", "pci"};

	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
		char link[256], target[PATH_MAX] = "";

		snprintf(link, sizeof(link), "/sys/bus/%s/devices/%s/iommu_group", buses[i], id);
		if (readlink(link, target, sizeof(target) - 1) < 0)
			continue;

		const char *slash = strrchr(target, '/');

		return snprintf(path, size, "/dev/vfio/%s", slash ? slash + 1 : target) < (int)size
			       ? 0
			       : -ENAMETOOLONG;
	}
	return -ENODEV;
}

/* A descriptor that was not opened is -1, for which close() fails harmlessly. */
static void session_close(const struct session *session)
{
	close(session->device);
	close(session->group);
	close(session->container);
}

static int session_open(struct session *session, const char *id)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[PATH_MAX];

	*session = (struct session){.id = id, .container = -1, .group = -1, .device = -1};

	int r = group_path(id, path, sizeof(path));

	if (r < 0)
		return complain(session, "find its IOMMU group", -r);
	session->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (session->container < 0)
		return complain(session, "open /dev/vfio/vfio", errno);
	session->group = open(path, O_RDWR | O_CLOEXEC);
	if (session->group < 0)
		return complain(session, path, errno);
	if (ioctl(session->group, VFIO_GROUP_GET_STATUS, &status) < 0)
		return complain(session, "read the group's status", errno);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return complain(session, "not every device of the group is bound to VFIO", EBUSY);
	if (ioctl(session->group, VFIO_GROUP_SET_CONTAINER, &session->container) < 0)
		return complain(session, "put the group into a container", errno);
	if (ioctl(session->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		return complain(session, "set the container's IOMMU", errno);
	session->device = ioctl(session->group, VFIO_GROUP_GET_DEVICE_FD, id);
	if (session->device < 0)
		return complain(session, "open the device", errno);
	return 0;
}

/* The feature's payload follows the header, in one aligned buffer. */
static int feature(int device, uint32_t flags, void *payload, size_t size)
{
	union {
		struct vfio_device_feature head;
		unsigned char room[64];
	} request = {0};
	const size_t head = sizeof(request.head);

	if (head + size > sizeof(request))
		return -E2BIG;
	request.head.argsz = (uint32_t)(head + size);
	request.head.flags = flags;
	memcpy(request.room + head, payload, size);
	if (ioctl(device, VFIO_DEVICE_FEATURE, &request) < 0)
		return -errno;
	memcpy(payload, request.room + head, size);
	return 0;
}

static int migration_supported(int device)
{
	struct vfio_device_feature_migration migration = {0};
	int r = feature(device, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &migration,
			sizeof(migration));

	if (r < 0)
		return r;
	return migration.flags & VFIO_MIGRATION_STOP_COPY ? 0 : -ENOTTY;
}

/* Sets ret_fd to the data descriptor of the transition, or to -1 if it has none. */
static int state_set(int device, enum vfio_device_mig_state state, int *ret_fd)
{
	struct vfio_device_feature_mig_state request = {.device_state = (uint32_t)state,
							.data_fd = -1};
	int r = feature(device, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			&request, sizeof(request));

	if (r < 0)
		return r;
	if (ret_fd)
		*ret_fd = request.data_fd;
	else if (request.data_fd >= 0)
		close(request.data_fd);
	return 0;
}

static int stream_read(int fd, struct stream *stream)
{
	for (stream->length = 0;;) {
		ssize_t got = read(fd, stream->bytes + stream->length,
				   sizeof(stream->bytes) - stream->length);

		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		stream->length += (size_t)got;
		if (stream->length == sizeof(stream->bytes))
			return -EFBIG;
	}
}

/* The device is left in STOP. */
static int state_save(int device, struct stream *stream)
{
	int fd = -1;
	int r = state_set(device, VFIO_DEVICE_STATE_STOP, NULL);

	if (r < 0)
		return r;
	r = state_set(device, VFIO_DEVICE_STATE_STOP_COPY, &fd);
	if (r < 0)
		return r;
	r = stream_read(fd, stream);
	close(fd);

	int stopped = state_set(device, VFIO_DEVICE_STATE_STOP, NULL);

	return r < 0 ? r : stopped;
}

static int state_load(int device, const struct stream *stream)
{
	int fd = -1;
	int r = state_set(device, VFIO_DEVICE_STATE_STOP, NULL);

	if (r < 0)
		return r;
	r = state_set(device, VFIO_DEVICE_STATE_RESUMING, &fd);
	if (r < 0)
		return r;

	ssize_t put = write(fd, stream->bytes, stream->length);

	if (put != (ssize_t)stream->length)
		r = put < 0 ? -errno : -EIO;
	close(fd);
	return r < 0 ? r : state_set(device, VFIO_DEVICE_STATE_STOP, NULL);
}

/* Make the source's state unique, by a byte in a 16550's scratch register. */
static int scratch_write(int device, unsigned char value)
{
	struct vfio_region_info region = {.argsz = sizeof(region),
					  .index = VFIO_PCI_BAR0_REGION_INDEX};

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region) < 0)
		return -errno;
	if (region.size <= SCRATCH_REGISTER)
		return -ERANGE;
	return pwrite(device, &value, 1, (off_t)region.offset + SCRATCH_REGISTER) == 1 ? 0 : -errno;
}

/* Store the stream, for comparison with other readers. */
static int stream_dump(const struct stream *stream, const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -errno;

	size_t put = fwrite(stream->bytes, 1, stream->length, file);

	return fclose(file) == 0 && put == stream->length ? 0 : -EIO;
}

/*
 * Open a device, and query whether it supports migration. The caller closes the session
 * in any case.
 */
static enum outcome begin(struct session *session, const char *id, int *ret_error)
{
	int r = session_open(session, id);

	*ret_error = -r;
	if (r < 0)
		return OUTCOME_ERROR;
	r = migration_supported(session->device);
	if (r < 0)
		complain(session, "ask for migration support", -r);
	*ret_error = -r;
	return r < 0 ? OUTCOME_NO : OUTCOME_YES;
}

/* After a failed load, other transitions make some drivers use freed memory. */
static enum outcome fail(const struct session *session, enum outcome outcome, const char *step,
			 int error)
{
	complain(session, step, error);
	if (ioctl(session->device, VFIO_DEVICE_RESET) < 0)
		complain(session, "reset", errno);
	return outcome;
}

static enum outcome save_source(struct session *session, int mark, struct stream *stream,
				int *ret_error)
{
	int r = mark < 0 ? 0 : scratch_write(session->device, (unsigned char)mark);

	if (r == 0)
		r = state_save(session->device, stream);
	if (r == 0)
		r = state_set(session->device, VFIO_DEVICE_STATE_RUNNING, NULL);
	*ret_error = -r;
	return r < 0 ? fail(session, OUTCOME_ERROR, "save its state", -r) : OUTCOME_YES;
}

/* After a successful load, the target must give the same state back. */
static enum outcome load_target(struct session *session, const struct stream *stream,
				int *ret_error)
{
	static struct stream again;
	int r = state_load(session->device, stream);

	*ret_error = -r;
	if (r < 0)
		return fail(session, OUTCOME_NO, "load the state", -r);
	r = state_save(session->device, &again);
	if (r == 0 && (again.length != stream->length ||
		       memcmp(again.bytes, stream->bytes, again.length) != 0))
		r = -EBADMSG;
	if (r == 0)
		r = state_set(session->device, VFIO_DEVICE_STATE_RUNNING, NULL);
	*ret_error = -r;
	return r < 0 ? fail(session, OUTCOME_ERROR, "read the loaded state back", -r) : OUTCOME_YES;
}

int main(int argc, char **argv)
{
	static struct stream stream;
	const char *dump = NULL;
	int mark = -1, error = 0;

	for (; argc >= 5 && strncmp(argv[1], "--", 2) == 0; argv += 2, argc -= 2) {
		if (strcmp(argv[1], "--mark") == 0)
			mark = atoi(argv[2]) & 0xff;
		else if (strcmp(argv[1], "--dump") == 0)
			dump = argv[2];
		else
			break;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: vfio-transfer [--mark BYTE] [--dump FILE] SOURCE TARGET   "
				"(mdev UUIDs or PCI addresses)\n");
		return OUTCOME_ERROR;
	}

	/* Only one device is open at a time, so SOURCE and TARGET may be the same. */
	struct session session;
	enum outcome outcome = begin(&session, argv[1], &error);

	if (outcome == OUTCOME_YES)
		outcome = save_source(&session, mark, &stream, &error);
	session_close(&session);
	if (outcome == OUTCOME_YES && dump && (error = -stream_dump(&stream, dump)) != 0)
		outcome = OUTCOME_ERROR;
	if (outcome == OUTCOME_YES) {
		outcome = begin(&session, argv[2], &error);
		if (outcome == OUTCOME_YES)
			outcome = load_target(&session, &stream, &error);
		session_close(&session);
	}
	if (outcome == OUTCOME_YES)
		printf("yes %zu\n", stream.length);
	else
		printf("%s %s\n", outcome == OUTCOME_NO ? "no" : "error", strerrorname_np(error));
	return (int)outcome;
}
