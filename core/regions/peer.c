/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets and shared memory between processes that do not trust each other. */
#include "core/regions/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 253u /* that one message can bring (SCM_MAX_FD) */

int peer_address(const char *path, struct sockaddr_un *ret, struct error *err)
{
	size_t len = strlen(path);

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len == 0)
		return error_set(err, -EINVAL, "the path of a socket is empty");
	if (len >= sizeof(ret->sun_path))
		return error_set(err, -ENAMETOOLONG,
				 "%s: the path of a socket has at most %zu bytes", path,
				 sizeof(ret->sun_path) - 1);
	memcpy(ret->sun_path, path, len);
	return 0;
}

bool peer_allowed(uid_t peer, uid_t own)
{
	return peer == 0 || peer == own;
}

int peer_check(int socket, const char *path, struct error *err)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return error_set(err, -errno, "%s: the user at the other end is not known: %s",
				 path, strerror(errno));
	if (peer_allowed(peer.uid, geteuid()))
		return 0;
	return error_set(err, -EPERM, "%s: user %u is at the other end, expected root or user %u",
			 path, peer.uid, geteuid());
}

/* ---------------------------------------------------------------- messages */

int peer_send(int socket, const void *message, size_t size, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = size};
	struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (fd >= 0) {
		control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
						.cmsg_level = SOL_SOCKET,
						.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
		head.msg_control = &control;
		head.msg_controllen = sizeof(control);
	}
	do
		n = sendmsg(socket, &head, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* The only descriptor of a message, or -1 after all of them were closed. */
static int descriptor_take(struct msghdr *message)
{
	int fd = -1;
	size_t count = 0;

	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head;
	     head = CMSG_NXTHDR(message, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= head->cmsg_len;
		     at += sizeof(int)) {
			if (fd >= 0)
				close(fd);
			memcpy(&fd, (const char *)head + at, sizeof(int));
			count++;
		}
	}
	if (count > 1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

ssize_t peer_receive(int socket, void *message, size_t size, int *ret_fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = message, .iov_len = size};
	struct msghdr head = {.msg_iov = &part,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control)};
	ssize_t n;

	*ret_fd = -1;
	do
		n = recvmsg(socket, &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_fd = descriptor_take(&head);
	if (n > 0 && !(head.msg_flags & MSG_TRUNC))
		return n;
	if (*ret_fd >= 0)
		close(*ret_fd);
	*ret_fd = -1;
	return n == 0 ? -ECONNRESET : -EBADMSG;
}

/* ---------------------------------------------------------------- memory */

int peer_map(int fd, const struct regions_info *info, uint8_t **ret_base, size_t *ret_size,
	     struct error *err)
{
	struct migcompat_region_place places[MIGCOMPAT_REGION_ENUM_COUNT];
	const uint64_t size = regions_places(info, places);
	int seals = fcntl(fd, F_GET_SEALS);
	struct statfs system;
	struct stat st;
	void *base;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstatfs(fd, &system) < 0 ||
	    system.f_type != TMPFS_MAGIC || fstat(fd, &st) < 0 || st.st_size < 0 ||
	    (uint64_t)st.st_size != size)
		return error_set(err, -EPERM,
				 "the regions are no memfd of %llu bytes that is sealed against "
				 "shrinking",
				 (unsigned long long)size);
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return error_set(err, -errno, "regions could not be mapped: %s", strerror(errno));
	*ret_base = base;
	*ret_size = size;
	return 0;
}
