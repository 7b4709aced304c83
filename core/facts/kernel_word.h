/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel says of a device's migration, in VFIO's debugfs. The files have other uses, so
 * they are facts; this is the one place that knows what they mean together.
 */
#ifndef CORE_FACTS_KERNEL_WORD_H
#define CORE_FACTS_KERNEL_WORD_H

#include "core/facts/model.h"

#define KERNEL_WORD_FOLDER "vfio/debugfs"
#define KERNEL_WORD_STATE "vfio/migration/state"
#define KERNEL_WORD_FEATURES "vfio/migration/features"

/* enum migcompat_state: UNKNOWN if it says nothing, or if not enough was collected. */
uint32_t kernel_word(const struct device *device);

#endif
