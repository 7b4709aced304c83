/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions that both the own workers and the service answer, with the same documents.
 * Tables are made from these documents, so both ways read the same. Each function returns
 * 0 and a document that the caller owns, or CLI_TROUBLE after printing a message.
 */
#ifndef CORE_CLI_ANSWER_H
#define CORE_CLI_ANSWER_H

#include <jansson.h>

#include "core/cli/cli.h"

/* Gets one row of the list, in its order. row is valid during the call. */
typedef void answer_row_fn(void *arg, json_t *row);

struct answers {
	/* ret_findings gets the warnings about the whole list. The caller owns it. */
	int (*list)(struct cli *cli, answer_row_fn *row, void *arg, json_t **ret_findings);
	int (*device)(struct cli *cli, json_t **ret); /* of the first argument */
	int (*check)(struct cli *cli, struct cli_source *source, json_t **ret);
	int (*ask)(struct cli *cli, struct cli_source *source, json_t **ret);
	/*
	 * if the device cannot migrate: without parameters, with "verdict" and "reason"
	 */
	int (*params)(struct cli *cli, json_t **ret);
	int (*backends)(struct cli *cli, json_t **ret);
};

extern const struct answers answers_own;     /* answer_local.c */
extern const struct answers answers_service; /* answer_service.c */

/* Choose by the options, and by whether a service is running. */
int answer_choose(struct cli *cli, const struct answers **ret);

/*
 * "migcompat-parameters/1" of a device that cannot migrate, and so has no parameters.
 * device is its document. NULL: out of memory.
 */
json_t *answer_no_params(const json_t *device, const char *reason);

#endif
