/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict for people. */
#ifndef CORE_CLI_VERDICT_TABLE_H
#define CORE_CLI_VERDICT_TABLE_H

#include "core/cli/output.h"

/* The exit status for a verdict's document. */
int verdict_document_status(const json_t *verdict);
/*
 * Print a verdict. The sentence of an error is not printed here. Returns status, or
 * CLI_TROUBLE.
 */
int verdict_print(const struct cli *cli, const json_t *verdict, int status);
/*
 * Print the answer of "check" as a document or a table. Releases the document and returns
 * the exit status.
 */
int verdict_answer(const struct cli *cli, json_t *verdict);

#endif
