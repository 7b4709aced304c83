/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device that comes and goes for many rounds while readers and writers are at it: whoever is
 * there gets the right answer or hears that the device is gone, and nothing of it stays. Who
 * attaches it is the test's business.
 */
#ifndef VISITOR_H
#define VISITOR_H

#include <stdatomic.h>
#include <sys/types.h>
#include "shim-support.h"

/* It may bear several names in turn, since a kernel that delays releasing gives none again at once.
 */
struct visitor {
	const char *parent;
	const char *name_format;
	unsigned int names;
	ssize_t (*come)(const char *name);
	ssize_t (*go)(const char *name);
	const char *string;		   /* what it reads and takes */
	const char *other_string;	   /* what it refuses */
	const char *parameter;		   /* file that reads as one digit, or NULL */
	int tolerated;			   /* an error that is as good as ENODEV, or 0 */
	void *(*companion)(void *visitor); /* runs beside it until told to stop; NULL: none */
};

extern atomic_bool visitor_stop;
/* Where it is now, or was last. */
const char *visitor_path(const struct visitor *visitor, char path[static 256]);
void visitor_rounds(const struct visitor *visitor);

/* The two visitors that there are: an mdev of a module made of migtest.c, and the card of the
 * environment. */
void visitor_is_mdev(struct visitor *visitor, const char *module);
void visitor_is_card(struct visitor *visitor);

#endif
