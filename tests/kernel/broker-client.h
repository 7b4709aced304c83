/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A minimal daemon's end of /dev/migcompat-broker, for tests in a guest of the kernel
 * lab. It shares only the protocol's header with the service. Otherwise a mistake in both
 * ends could go unnoticed.
 */
#ifndef BROKER_CLIENT_H
#define BROKER_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <linux/migcompat.h>

#define BROKER_PATH "/dev/migcompat-broker"

union broker_message {
	struct migcompat_broker_header header;
	struct migcompat_broker_hello hello;
	struct migcompat_broker_hello_reply hello_reply;
	struct migcompat_broker_list list;
	struct migcompat_broker_list_reply list_reply;
	struct migcompat_broker_attach attach;
	struct migcompat_broker_attach_reply attach_reply;
	struct migcompat_broker_detach detach;
	struct migcompat_broker_publish publish;
	struct migcompat_broker_request request;
	struct migcompat_broker_write_reply write_reply;
	char bytes[MIGCOMPAT_BROKER_READ_SIZE];
};

struct broker {
	int fd;
	uint64_t epoch;
	uint64_t command;
	struct migcompat_broker_hello_reply hello;
};

/* Each returns 0 or a negative errno. */
int broker_hello(struct broker *broker, int fd); /* version 1 */
int broker_hello_version(struct broker *broker, int fd, uint32_t version);
/* Open the broker, send HELLO, and detach everything. */
int broker_open_clean(struct broker *broker);
int broker_send(struct broker *broker, void *message, size_t size);
int broker_receive(struct broker *broker, union broker_message *message);
int broker_attach(struct broker *broker, uint32_t op, const char *subject, const char *type,
		  uint64_t *ret_id);
int broker_detach(struct broker *broker, uint64_t id);
int broker_list(struct broker *broker, uint64_t after, union broker_message *reply);
/* A parameter is "NAME=type|value|allowed|init|off|runtime"; "-": no such value. */
int broker_publish(struct broker *broker, uint64_t id, const char *type, char **parameters,
		   unsigned int count);

int broker_reply_text(struct broker *broker, const union broker_message *request, const char *text,
		      size_t length);
int broker_reply_yes(struct broker *broker, const union broker_message *request);
int broker_reply_error(struct broker *broker, const union broker_message *request, int error);

#endif
