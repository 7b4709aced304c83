/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a parsed configuration file to the policy: what keys there are is written down in tables.c
 * and nowhere else. */
#ifndef CORE_POLICY_TABLES_H
#define CORE_POLICY_TABLES_H

#include "core/policy/schema.h"

/*
 * Take in one file: plain settings replace those of earlier ones, rules and known-bad entries are
 * put behind. root is the file's root group.
 */
int tables_read(struct reader *reader, const struct conf_node *root);

/* Call one for each element of a list, which must be a group; stops where policy_ends. */
typedef int tables_one_fn(struct reader *reader, const struct conf_node *group, size_t i,
			  void *arg);
int tables_each_group(struct reader *reader, const struct conf_node *list, const char *what,
		      size_t max, tables_one_fn *one, void *arg);

schema_read_fn namespace_read;
schema_read_fn rules_read;
schema_read_fn known_bad_read;

/* Top-level keys, for the nearest one to an unknown section. */
size_t tables_keys(const struct schema_key **ret);

#endif
