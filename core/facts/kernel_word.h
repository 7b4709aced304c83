/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's word on a device's migration: files in VFIO's debugfs. They are collected
 * as facts; this module knows what they mean together. A file that exists means yes, and
 * a folder without it means no. If the folder cannot be read, or one of these facts was
 * not collected, the kernel has no word.
 */
#ifndef CORE_FACTS_KERNEL_WORD_H
#define CORE_FACTS_KERNEL_WORD_H

#include "core/facts/model.h"

#define KERNEL_WORD_FOLDER "vfio/debugfs"
#define KERNEL_WORD_STATE "vfio/migration/state"
#define KERNEL_WORD_FEATURES "vfio/migration/features"

/* An enum migcompat_state. UNKNOWN: the kernel has no word. */
uint32_t kernel_word(const struct device *device);

#endif
