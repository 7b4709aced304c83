/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the filters' maker and their user share. */
#ifndef CORE_WORKER_FILTER_H
#define CORE_WORKER_FILTER_H

#define FILTER_PID                                                                              \
	0x7fdead00 /* stands for the process's own number, which no build knows; no process has \
		      this one */

#endif
