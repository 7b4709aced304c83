/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device that is created and removed in many rounds, while readers and writers use its
 * files. They must get the right answer, or an error that says that the device is gone.
 * Nothing of it may remain. The test attaches the device.
 */
#ifndef VISITOR_H
#define VISITOR_H

#include <stdatomic.h>
#include <sys/types.h>
#include "shim-support.h"

/*
 * It has several names in turn, because a kernel that delays releasing keeps a name for a
 * while.
 */
struct visitor {
	const char *parent;
	const char *name_format;
	unsigned int names;
	ssize_t (*come)(const char *name);
	ssize_t (*go)(const char *name);
	const char *string;                /* its string, which it accepts */
	const char *other_string;          /* a string that it refuses */
	const char *parameter;             /* file that has one digit, or NULL */
	int tolerated;                     /* an error that is accepted like ENODEV, or 0 */
	void *(*companion)(void *visitor); /* runs concurrently until stopped; or NULL */
};

extern atomic_bool visitor_stop;
/* Its present or last path. */
const char *visitor_path(const struct visitor *visitor, char path[static 256]);
void visitor_rounds(const struct visitor *visitor);

/*
 * The two visitors: an mdev of a module made of migtest.c, and the card of the
 * environment.
 */
void visitor_is_mdev(struct visitor *visitor, const char *module);
void visitor_is_card(struct visitor *visitor);

#endif
