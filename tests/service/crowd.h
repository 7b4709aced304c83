/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many clients at once, each with one call after another. Each reply is compared with the
 * one that a single client got. A child that is another user may run it, so it does not
 * use cmocka.
 */
#ifndef TESTS_SERVICE_CROWD_H
#define TESTS_SERVICE_CROWD_H

#include <poll.h>

#include "tests/service/daemon.h"

#define CROWD_CLIENTS 200u
#define CROWD_ROUNDS 20u
#define CROWD_REPLY_MAX 65536u

static const char *const crowd_calls[] = {
	CHECK(DUAL, CARD_2),
	METHOD("List", "\"types\":true"),
	CHECK(DUAL, CARD_1),
	METHOD("Ask", "\"source\":\"" DUAL "\""),
	METHOD("Describe", "\"device\":\"" CARD_2 "\""),
	CHECK(SINGLE, CARD_1),
	METHOD("Version", "\"device\":\"" SINGLE "\""),
};

#define CROWD_CALLS (sizeof(crowd_calls) / sizeof(crowd_calls[0]))

struct crowd_client {
	int fd;         /* -1: between two connections */
	unsigned round; /* CROWD_ROUNDS: done */
	size_t len;
	char reply[CROWD_REPLY_MAX];
};

struct crowd {
	const struct daemon *daemon;
	char expected[CROWD_CALLS][CROWD_REPLY_MAX];
	struct crowd_client clients[CROWD_CLIENTS];
	unsigned done;
	const char *problem; /* NULL: none */
};

static inline unsigned crowd_call(const struct crowd *crowd, const struct crowd_client *client)
{
	return (unsigned)((size_t)(client - crowd->clients) + client->round) % CROWD_CALLS;
}

/* Connect if needed, and send the client's next call. */
static inline void crowd_send(struct crowd *crowd, struct crowd_client *client)
{
	const char *text = crowd_calls[crowd_call(crowd, client)];

	if (client->fd < 0)
		client->fd = client_try(crowd->daemon);
	if (client->fd < 0)
		crowd->problem = "a client is not let in";
	else if (!client_send_bytes(client->fd, text, strlen(text) + 1))
		crowd->problem = "a call cannot be sent";
	client->len = 0;
}

/* A call has ended. Every second client keeps its connection for the next call. */
static inline void crowd_answered(struct crowd *crowd, struct crowd_client *client)
{
	if (strcmp(client->reply, crowd->expected[crowd_call(crowd, client)]) != 0) {
		crowd->problem = "a reply is wrong";
		fprintf(stderr, "%s\n", client->reply);
		return;
	}
	client->round++;
	if (client->round == CROWD_ROUNDS)
		crowd->done++;
	if ((client - crowd->clients) % 2 || client->round == CROWD_ROUNDS) {
		close(client->fd);
		client->fd = -1;
	}
	if (client->round < CROWD_ROUNDS)
		crowd_send(crowd, client);
}

static inline void crowd_receive(struct crowd *crowd, struct crowd_client *client)
{
	ssize_t got = recv(client->fd, client->reply + client->len,
			   sizeof(client->reply) - client->len, MSG_DONTWAIT);

	if (got <= 0) {
		crowd->problem = "a connection ended without a reply";
		return;
	}
	client->len += (size_t)got;
	if (client->reply[client->len - 1] == '\0')
		crowd_answered(crowd, client);
	else if (client->len == sizeof(client->reply))
		crowd->problem = "a reply is too long";
}

/* Get the replies of a single client. */
static inline void crowd_expect(struct crowd *crowd)
{
	struct crowd_client *client = &crowd->clients[0];

	for (size_t i = 0; i < CROWD_CALLS && !crowd->problem; i++) {
		client->fd = -1;
		client->round = (unsigned)i;
		crowd_send(crowd, client);
		client->reply[0] = 'x';
		while (!crowd->problem && (!client->len || client->reply[client->len - 1])) {
			ssize_t got = recv(client->fd, client->reply + client->len,
					   sizeof(client->reply) - client->len, 0);

			if (got <= 0)
				crowd->problem = "a client alone has no reply";
			else
				client->len += (size_t)got;
		}
		if (!crowd->problem)
			documents_keep(client->reply);
		if (!crowd->problem && !strstr(client->reply, "\"error\""))
			memcpy(crowd->expected[i], client->reply, client->len);
		else if (!crowd->problem)
			crowd->problem = "a client alone is refused";
		close(client->fd);
	}
}

/* Run all rounds of all clients. NULL, or an error. */
static inline const char *crowd_run(const struct daemon *daemon)
{
	static struct crowd crowd;
	static struct pollfd fds[CROWD_CLIENTS];

	memset(&crowd, 0, sizeof(crowd));
	crowd.daemon = daemon;
	crowd_expect(&crowd);
	for (size_t i = 0; i < CROWD_CLIENTS; i++)
		crowd.clients[i] = (struct crowd_client){.fd = -1};
	for (size_t i = 0; i < CROWD_CLIENTS && !crowd.problem; i++)
		crowd_send(&crowd, &crowd.clients[i]);
	while (crowd.done < CROWD_CLIENTS && !crowd.problem) {
		for (size_t i = 0; i < CROWD_CLIENTS; i++)
			fds[i] = (struct pollfd){.fd = crowd.clients[i].fd, .events = POLLIN};
		if (poll(fds, CROWD_CLIENTS, WAIT_MS) <= 0)
			crowd.problem = "no reply comes";
		for (size_t i = 0; i < CROWD_CLIENTS && !crowd.problem; i++)
			if (fds[i].revents)
				crowd_receive(&crowd, &crowd.clients[i]);
	}
	for (size_t i = 0; i < CROWD_CLIENTS; i++)
		if (crowd.clients[i].fd >= 0)
			close(crowd.clients[i].fd);
	return crowd.problem;
}

#endif
