/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A constant that make_filters.c and sandbox.c share. */
#ifndef CORE_WORKER_FILTER_H
#define CORE_WORKER_FILTER_H

/* Stands for the worker's own process number in filters. No process has this number. */
#define FILTER_PID 0x7fdead00

#endif
