/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making jansson ready. */
#ifndef CORE_FACTS_JSON_SEED_H
#define CORE_FACTS_JSON_SEED_H

/*
 * Seed jansson's hashing before its first object, any number of times, from any threads. Left to
 * itself it reads /dev/urandom, which is an empty file on a recorded host: a read that never ends.
 */
void json_seed(void);

#endif
