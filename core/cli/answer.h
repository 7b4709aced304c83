/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The questions that both this program's own workers and the service answer, with the same
 * documents. Each returns 0 and a document that is yours, or CLI_TROUBLE after saying what is
 * wrong.
 */
#ifndef CORE_CLI_ANSWER_H
#define CORE_CLI_ANSWER_H

#include <jansson.h>

#include "core/cli/cli.h"

/* One row of the list, in its order; it lives until the return. */
typedef void answer_row_fn(void *arg, json_t *row);

struct answers {
	/* *ret_findings: warnings about all of it, a list that is yours. */
	int (*list)(struct cli *cli, answer_row_fn *row, void *arg, json_t **ret_findings);
	int (*device)(struct cli *cli, json_t **ret); /* the first argument */
	int (*check)(struct cli *cli, struct cli_source *source, json_t **ret);
	int (*ask)(struct cli *cli, struct cli_source *source, json_t **ret);
	int (*params)(struct cli *cli, json_t **ret); /* of a device that cannot migrate: none, with
							 "verdict" and "reason" */
	int (*backends)(struct cli *cli, json_t **ret);
};

extern const struct answers answers_own;     /* answer_own.c */
extern const struct answers answers_service; /* answer_service.c */

/* Choose by the options and by what is there. */
int answer_choose(struct cli *cli, const struct answers **ret);

/* "migcompat-parameters/1" of the device of this document, which has none since it cannot migrate.
 * NULL: out of memory. */
json_t *answer_no_params(const json_t *device, const char *reason);

#endif
