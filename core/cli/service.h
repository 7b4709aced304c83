/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to the service, and its errors as messages. */
#ifndef CORE_CLI_SERVICE_H
#define CORE_CLI_SERVICE_H

#include "core/cli/cli.h"
#include "core/cli/document.h"

#define SERVICE_SOCKET "/run/migcompat/io.migcompat"
/* Longer than the time-out of a backend, since other callers may come first. */
#define SERVICE_TIMEOUT_MS 60000u

/* An error of the service. name "": there is none. */
struct refusal {
	/* of io.migcompat, for example "DeviceHeld"; otherwise the full name */
	char name[128];
	int error; /* negative errno */
	char reason[ERROR_TEXT_MAX];
};

/* Connect. Returns 0, or a negative errno and a message that is not printed. */
int service_connect(struct cli *cli, struct error *err);

/*
 * Call a method of io.migcompat. Takes ownership of parameters; NULL: out of memory.
 * Returns 0, or CLI_TROUBLE after a message.
 */
int service_call(struct cli *cli, const char *method, json_t *parameters, bool more);
/*
 * Get the next reply, checked. The caller owns *ret. An error of the service is printed;
 * if refusal is not NULL, it is stored there instead, and *ret is NULL. ret_continues
 * NULL: only one reply is expected. *ret is also NULL if a signal ended the wait.
 */
int service_reply(struct cli *cli, const struct shape *shape, json_t **ret, struct refusal *refusal,
		  bool *ret_continues);
/* service_call and service_reply, for one reply. */
int service_ask(struct cli *cli, const char *method, json_t *parameters, const struct shape *shape,
		json_t **ret, struct refusal *refusal);
/* Print an error of the service. Returns CLI_TROUBLE. */
int service_refused(const struct cli *cli, const struct refusal *refusal);
/* Report an answer that is wrong. Returns CLI_TROUBLE. */
int service_invalid(const struct cli *cli, const char *what);

#endif
