/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls to the service, and what its errors mean to the user. */
#ifndef CORE_CLI_SERVICE_H
#define CORE_CLI_SERVICE_H

#include "core/cli/cli.h"
#include "core/cli/document.h"

#define SERVICE_SOCKET "/run/migcompat/io.migcompat"
#define SERVICE_TIMEOUT_MS \
	60000u /* a backend's time-out is much shorter; others may stand before us */

/* An error that the service answered with; name "": none. */
struct refusal {
	char name[128]; /* "DeviceHeld" of io.migcompat, or whole */
	int error;	/* negative errno */
	char reason[ERROR_TEXT_MAX];
};

/* Connect. 0; or a negative errno with a sentence that is not said. */
int service_connect(struct cli *cli, struct error *err);

/* One call of io.migcompat: parameters are taken over, NULL: out of memory. 0, or CLI_TROUBLE after
 * saying what is wrong. */
int service_call(struct cli *cli, const char *method, json_t *parameters, bool more);
/*
 * Its next reply, checked; *ret is yours. An error of the service's is said, unless refusal is
 * given: then *ret is NULL. ret_continues NULL: one reply is expected. *ret is also NULL where the
 * wait was ended from outside.
 */
int service_reply(struct cli *cli, const struct shape *shape, json_t **ret, struct refusal *refusal,
		  bool *ret_continues);
/* Both, for one reply. */
int service_ask(struct cli *cli, const char *method, json_t *parameters, const struct shape *shape,
		json_t **ret, struct refusal *refusal);
/* Say an error of the service's. Returns CLI_TROUBLE. */
int service_refused(const struct cli *cli, const struct refusal *refusal);
/* Say that an answer does not make sense. Returns CLI_TROUBLE. */
int service_nonsense(const struct cli *cli, const char *what);

#endif
