/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The service's end of /dev/migcompat-broker (include/uapi/linux/migcompat.h): builds,
 * sends and receives messages, and must not interpret strings or types. After broker_open
 * any thread may call these functions, except that only one thread at a time may receive
 * requests.
 */
#ifndef CORE_SERVICE_KERNEL_BROKER_H
#define CORE_SERVICE_KERNEL_BROKER_H

#include <linux/migcompat.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/facts/error.h"

#define BROKER_PATH "/dev/migcompat-broker"

struct broker {
	int fd; /* -1: closed */
	uint64_t epoch;
	pthread_mutex_t read_lock; /* held from a command until its answer was read */
	uint64_t last_command;     /* id; under read_lock */
	/*
	 * Requests of one read(2) that broker_receive did not return yet, under
	 * read_lock.
	 */
	char *buffer;
	size_t buffer_at;
	size_t buffer_end;
	/* From the kernel's answer to HELLO: */
	uint32_t version;
	uint32_t attachments;
	uint32_t requeued; /* requests that an earlier service read and did not answer */
	unsigned timeout_ms;
};

/*
 * Open the broker and start an epoch. passed: an open descriptor from systemd's store, of
 * which the broker takes ownership; -1: none. Errors: -ENOENT or -ENXIO if the module is
 * not loaded; -EBUSY if another process has the broker open, which err names; -EPERM,
 * -EPROTONOSUPPORT, or another error of the kernel.
 */
int broker_open(int passed, struct broker *ret, struct error *err);
/* May be called for a broker that is closed. */
void broker_close(struct broker *broker);

/* ---------------------------------------------------------------- commands */

struct broker_attachment {
	uint64_t attachment; /* 0: end of the list */
	bool is_type;
	char name[MIGCOMPAT_BROKER_NAME_MAX + 1]; /* of the class device */
};
/* The first attachment with a number greater than `after`. */
int broker_list(struct broker *broker, uint64_t after, struct broker_attachment *ret);

/*
 * subject: a device's path, "/devices/…", or, of a type, PARENT!TYPE-ID. type:
 * NAMESPACE:TYPE; NULL: reading the migration type gives type_error.
 */
int broker_attach(struct broker *broker, bool is_type, const char *subject, const char *type,
		  int type_error, uint64_t *ret_attachment);
int broker_detach(struct broker *broker, uint64_t attachment);

struct broker_parameter {
	const char *name;
	const char *values[MIGCOMPAT_BROKER_VALUES]; /* NULL: the file does not exist */
};
/* Replace type and parameters. -E2BIG: too many parameters. */
int broker_publish(struct broker *broker, uint64_t attachment, const char *type, int type_error,
		   const struct broker_parameter *parameters, size_t count);

/* ---------------------------------------------------------------- requests */

struct broker_request {
	uint32_t op;         /* MIGCOMPAT_BROKER_OP_READ, _WRITE, _ASK or _CANCEL */
	uint64_t id;         /* of a CANCEL: the request that nobody waits for any more */
	uint64_t attachment; /* 0 in ASK and CANCEL */
	uint64_t received_us;
	/*
	 * In the broker's buffer, without a terminator: valid until the next
	 * broker_receive.
	 */
	const char *string;
	size_t len;
};
/*
 * 1: a request; 0: none waits; -EPROTO or an error of read(2): the broker is of no more
 * use.
 */
int broker_receive(struct broker *broker, struct broker_request *ret);
/*
 * Does the buffer hold requests? poll(2) does not know of them. For the receiving thread.
 */
bool broker_buffered(const struct broker *broker);

/*
 * Replies. Each returns -EINVAL if the reply comes too late, because nobody waits any
 * more. An error that the protocol does not have becomes -EIO.
 */
int broker_reply_error(const struct broker *broker, uint32_t op, uint64_t id, int error);
/* Yes, to a write of len bytes. */
int broker_reply_yes(const struct broker *broker, uint64_t id, size_t len);
/* The string of a READ, or the lines of an ASK. */
int broker_reply_text(const struct broker *broker, uint32_t op, uint64_t id, const char *text,
		      size_t len);

#define BROKER_REPLIES_MAX 64u
/* Replies to writes that are sent in one write(2). Initialize with {0}. */
struct broker_replies {
	size_t count;
	struct migcompat_broker_write_reply list[BROKER_REPLIES_MAX];
};
/* As broker_reply_yes and broker_reply_error. count must be below BROKER_REPLIES_MAX. */
void broker_replies_yes(struct broker_replies *replies, uint64_t id, size_t len);
void broker_replies_error(struct broker_replies *replies, uint64_t id, int error);
/* A reply that comes too late does not prevent the others. */
void broker_replies_send(const struct broker *broker, struct broker_replies *replies);

#endif
