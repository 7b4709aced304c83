/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of a configuration file. Those of rules and known-bad entries are in rule_tables.c. */
#ifndef CORE_POLICY_TABLES_H
#define CORE_POLICY_TABLES_H

#include "core/policy/schema.h"

/*
 * Read a file into the policy; root is the file's root group. A plain setting replaces that of an
 * earlier file. Rules and known-bad entries are appended.
 */
int tables_read(struct reader *reader, const struct conf_node *root);

schema_read_fn namespace_read;
schema_read_fn rules_read;
schema_read_fn known_bad_read;

/* Set *ret to the top-level keys and return their number. */
size_t tables_keys(const struct schema_key **ret);

#endif
