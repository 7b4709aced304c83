/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The standard descriptors of a program. */
#ifndef CORE_FACTS_STANDARD_H
#define CORE_FACTS_STANDARD_H

/*
 * Call it first in main. It opens those of descriptors 0 to 2 that were closed, so that
 * no file or socket becomes one of them later. They are for reading alone: printing to
 * one that was closed then fails instead of being lost.
 */
void standard_open(void);

#endif
