/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inventory files, "migcompat-inventory/1". One device at a time is parsed, so a file of
 * 100,000 devices is never in memory as a tree. The input is hostile.
 */
#ifndef CORE_FACTS_INVENTORY_JSON_H
#define CORE_FACTS_INVENTORY_JSON_H

#include <stdio.h>

#include "core/facts/model.h"

/* bytes of a file; a larger one is refused before it is read */
#define INVENTORY_FILE_MAX (512u << 20)
/* bytes of JSON text of one device or of the host */
#define INVENTORY_DEVICE_MAX (16u << 20)

#define INVENTORY_FOLDER_MAX (1u << 20) /* files of one folder */
#define INVENTORY_STANDARD "-"          /* stands for standard input */

/*
 * Append an inventory. path is a file, a folder (each *.json in the order of names,
 * hidden ones are ignored), or standard input. On an error nothing is appended. -ENODATA:
 * the folder has no inventory. -EFBIG: it has too many. For each file the errors are
 * those of inventory_read_file.
 */
int inventory_read(struct inventory *inventory, const char *path, struct error *err);
/* Append standard input, which may be a pipe. It can be read only once. */
int inventory_read_standard(struct inventory *inventory, struct error *err);
/*
 * Append the host and the devices of a file. On an error nothing is appended. err is then
 * one sentence that begins with the path, and says what is there and what was expected.
 * It names a device by its number, from 1, and by its id if that is known. -ENOENT,
 * -EACCES or another errno: the file cannot be read. -EFBIG: the file, or a part of it,
 * is too large. -EINVAL: its content is wrong.
 */
int inventory_read_file(struct inventory *inventory, const char *path, struct error *err);
/* The same from memory. name replaces the path in messages. */
int inventory_read_buffer(struct inventory *inventory, const char *name, const char *bytes,
			  size_t len, struct error *err);

/*
 * Write one host and its devices as one document. Keys have a fixed order and facts are
 * sorted. Reading it gives what was written. keep(arg, device, key) says whether a fact
 * is written; device is NULL for a fact of the host. keep may be NULL, then all facts are
 * written. keep is also called for each glob of "wanted": a glob of which no fact is kept
 * must not be listed, or a reader would take the facts that were left out for missing.
 * The stream is flushed. Errors are those of the stream, or -EILSEQ: a text is not UTF-8.
 */
typedef bool inventory_keep_fn(void *arg, const struct device *device, const char *key);
int inventory_write(const struct inventory *inventory, const struct host *host, FILE *out,
		    inventory_keep_fn *keep, void *arg);

/*
 * Stated facts, from each *.json of a folder in the order of names. Hidden files are
 * ignored. The content of a file is:
 *     {"format":"migcompat-facts/1","stated":"2026-11-21",
 *      "devices":{"ID":{"KEY":"VALUE"}},"host":{"KEY":"VALUE"}}
 * Each value becomes the facts "stated/KEY" and "stated/KEY@date" of the device or the
 * host. A folder that does not exist is no error. -EPERM: users other than root or the
 * caller can write the folder or a file. -EEXIST: two files state different values; err
 * names both. -EINVAL: the content is wrong, for example a member is unknown. Other
 * errors: it cannot be read. stated_add adds the facts of one id (NULL: the host's) to a
 * builder.
 */
struct stated;
int stated_load(const char *folder, struct stated **ret, struct error *err);
/*
 * Check all files of a folder. It goes on after a wrong file: list gets the first error
 * of each file. Returns the first error.
 */
int stated_check(const char *folder, const struct error_list *list, struct error *err);
int stated_add(const struct stated *stated, const char *id, struct factset_builder *builder);
struct stated *stated_free(struct stated *stated); /* takes NULL, returns NULL */

#endif
