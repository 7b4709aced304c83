/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Initialises jansson. */
#ifndef CORE_FACTS_JSON_SEED_H
#define CORE_FACTS_JSON_SEED_H

/*
 * Seed jansson's hashes before the first object is made. It may be called many times,
 * from any thread. Without it, jansson reads /dev/urandom, which is an empty file on a
 * recorded host: that read would never end.
 */
void json_seed(void);

#endif
