/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict for people. */
#ifndef CORE_CLI_VERDICT_TABLE_H
#define CORE_CLI_VERDICT_TABLE_H

#include "core/cli/output.h"

/* The exit status of a verdict's document. */
int verdict_document_status(const json_t *verdict);
/* Print it to standard output; an error's sentence is said elsewhere. Returns status, or
 * CLI_TROUBLE. */
int verdict_print(const struct cli *cli, const json_t *verdict, int status);
/* All of the answer to "check", a document or a table with what is to be said. Releases the
 * document, returns the status. */
int verdict_answer(const struct cli *cli, json_t *verdict);

#endif
