/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's end of /dev/migcompat-broker (include/uapi/linux/migcompat.h): makes, sends and
 * receives messages, and knows nothing of what they are about. For any threads, once it is open.
 */
#ifndef CORE_SERVICE_KERNEL_BROKER_H
#define CORE_SERVICE_KERNEL_BROKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/facts/error.h"

#define BROKER_PATH "/dev/migcompat-broker"
#define BROKER_STRING_MAX 4094u
#define BROKER_NAME_MAX 255u
#define BROKER_LINES_MAX 262144u
#define BROKER_PARAMETERS_MAX 256u
#define BROKER_SESSIONS_MAX 320u /* that may wait for an answer at once */

struct broker {
	int fd; /* -1: there is none */
	uint64_t epoch;
	/* Between a command and its answer nobody else may read: the answer comes first. */
	pthread_mutex_t reading;
	uint64_t command; /* id of the last one */
	/* Requests that came in one read and were not received yet: */
	char *ahead;
	size_t ahead_at;
	size_t ahead_end;
	/* From the kernel's answer to HELLO: */
	uint32_t version;
	uint32_t attachments;
	uint32_t requeued; /* requests that an earlier daemon left unanswered */
	unsigned timeout_ms;
};

/*
 * Open the device and begin an epoch; passed: a descriptor of it that was handed over and is taken,
 * else -1. -ENOENT and -ENXIO: the module is not there. -EBUSY: another process has it, err says
 * which. -EPERM, -EPROTONOSUPPORT, or what the kernel said.
 */
int broker_open(int passed, struct broker *ret, struct error *err);
void broker_close(struct broker *broker);

struct broker_listed {
	uint64_t attachment; /* 0: there is none left */
	bool is_type;
	char name[BROKER_NAME_MAX + 1]; /* of the class device */
};
/* The first attachment behind a number. */
int broker_list(struct broker *broker, uint64_t after, struct broker_listed *ret);

/* A device, by its "/devices/…" path, or a type, by PARENT!TYPE-ID. type: NAMESPACE:TYPE, or NULL
 * and the error that reading it gives. */
int broker_attach(struct broker *broker, bool is_type, const char *subject, const char *type,
		  int type_error, uint64_t *ret_attachment);
int broker_detach(struct broker *broker, uint64_t attachment);

enum broker_value {
	BROKER_VALUE_TYPE,
	BROKER_VALUE_VALUE,
	BROKER_VALUE_ALLOWED,
	BROKER_VALUE_INIT,
	BROKER_VALUE_OFF,
	BROKER_VALUE_RUNTIME,
	BROKER_VALUES,
};

struct broker_parameter {
	const char *name;
	const char *values[BROKER_VALUES]; /* NULL: the file is not there */
};
/* Replace type and parameters. */
int broker_publish(struct broker *broker, uint64_t attachment, const char *type, int type_error,
		   const struct broker_parameter *parameters, size_t count);

enum broker_op {
	BROKER_READ,
	BROKER_WRITE,
	BROKER_ASK,
	BROKER_CANCEL, /* nobody waits for the request of this id any more */
};

struct broker_request {
	enum broker_op op;
	uint64_t id;
	uint64_t attachment; /* 0 in an ask */
	uint64_t received_us;
	size_t len;
	char string[BROKER_STRING_MAX + 1]; /* zero-terminated */
};
/* 1: a request; 0: none waits; -EPROTO or what the kernel said: there is no going on. */
int broker_receive(struct broker *broker, struct broker_request *ret);
/* Whether requests were read already, of which poll(2) therefore knows nothing. For whoever alone
 * receives. */
bool broker_ahead(const struct broker *broker);

/* Codes that the protocol does not know become -EIO. -EINVAL: too late, nobody waits any more. */
int broker_refuse(const struct broker *broker, enum broker_op op, uint64_t id, int error);
/* Yes, to a write of a string of that length. */
int broker_accept(const struct broker *broker, uint64_t id, size_t len);
/* To a read, the string; to an ask, its lines. */
int broker_tell(const struct broker *broker, enum broker_op op, uint64_t id, const char *text,
		size_t len);

#define BROKER_REPLIES_MAX 64u
#define BROKER_REPLY_BYTES 40u
/* Replies to writes that go out together. Begins as {0}. */
struct broker_replies {
	size_t count;
	_Alignas(8) char bytes[BROKER_REPLIES_MAX * BROKER_REPLY_BYTES];
};
/* As broker_accept and broker_refuse. There must be room. */
void broker_replies_yes(struct broker_replies *replies, uint64_t id, size_t len);
void broker_replies_no(struct broker_replies *replies, uint64_t id, int error);
/* Those that come too late, and for which nobody waits any more, keep none of the others. */
void broker_replies_send(const struct broker *broker, struct broker_replies *replies);

#endif
