/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inventory files, format "migcompat-inventory/1": read and written with jansson, one device at a
 * time so that a file of 100,000 devices never stands in memory as a tree. Input is hostile.
 */
#ifndef CORE_FACTS_INVENTORY_JSON_H
#define CORE_FACTS_INVENTORY_JSON_H

#include <stdio.h>

#include "core/facts/model.h"

#define INVENTORY_FILE_MAX (512u << 20)	 /* bytes; a larger file is refused before it is read */
#define INVENTORY_DEVICE_MAX (16u << 20) /* bytes of JSON text of one device or of the host */

#define INVENTORY_FOLDER_MAX (1u << 20) /* files of one folder */
#define INVENTORY_STANDARD "-"		/* stands for standard input */

/*
 * Append what a path names: a file, each *.json of a folder in name order (hidden ones are
 * ignored), or standard input. On any error nothing of it stays. -ENODATA: the folder holds none;
 * -EFBIG: too many. The rules of inventory_read_file hold for each file.
 */
int inventory_read(struct inventory *inventory, const char *path, struct error *err);
/* Standard input may be a pipe; it can be read once. */
int inventory_read_standard(struct inventory *inventory, struct error *err);
/*
 * Append a file's host and devices. On any error nothing stays of it and err is one sentence that
 * begins with the path: what, where (device number from 1, and its id once known), what was
 * expected. -ENOENT, -EACCES, …: unreadable; -EFBIG: too large, or a part of it is; -EINVAL:
 * anything wrong inside.
 */
int inventory_read_file(struct inventory *inventory, const char *path, struct error *err);
/* The same from memory; name stands for the path in messages. */
int inventory_read_buffer(struct inventory *inventory, const char *name, const char *bytes,
			  size_t len, struct error *err);

/*
 * Write one host and its devices as one document, keys in a fixed order, facts sorted; what is read
 * from it is equal to what was written. keep(arg, device or NULL for a host fact, key) says whether
 * a fact is written; NULL: all. It is asked for the globs of "wanted" too, of the host and of each
 * device: one of which it keeps nothing must not stand there as collected, or a reader would take
 * what was left out for missing. -errno of the stream, which is flushed; -EILSEQ: a text that is
 * not UTF-8.
 */
typedef bool inventory_keep_fn(void *arg, const struct device *device, const char *key);
int inventory_write(const struct inventory *inventory, const struct host *host, FILE *out,
		    inventory_keep_fn *keep, void *arg);

/*
 * Stated facts: each *.json in folder, in name order, hidden ones passed over:
 * {"format":"migcompat-facts/1","stated":"2026-11-21",
 * "devices":{"ID":{"KEY":"VALUE"}},"host":{"KEY":"VALUE"}}. They become facts "stated/KEY" (of the
 * device or of the host) and "stated/KEY@date". A missing folder is no error. -EPERM: others than
 * root or the caller can write the folder or a file; -EEXIST: two files state different values, err
 * names both; -EINVAL: anything else that is wrong, an unknown member too; or why it cannot be
 * read. The caller merges them: stated_add puts those of one id (NULL: the host's) into a builder.
 */
struct stated;
int stated_load(const char *folder, struct stated **ret, struct error *err);
/* Is all of a folder right? Goes on behind a file that is not: each file's first error is told.
 * Returns the first one. */
int stated_check(const char *folder, const struct error_list *list, struct error *err);
int stated_add(const struct stated *stated, const char *id, struct factset_builder *builder);
struct stated *stated_free(struct stated *stated); /* returns NULL; takes NULL */

#endif
