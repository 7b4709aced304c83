/* SPDX-License-Identifier: GPL-2.0-only */
/* All differences between the kernels for which this module can be built. */
#ifndef MIGCOMPAT_COMPAT_H
#define MIGCOMPAT_COMPAT_H

#include <linux/device.h>
#include <linux/slab.h>
#include <linux/version.h>

/* Mediated devices are optional in the kernel. PCI is required. */
#if IS_ENABLED(CONFIG_VFIO_MDEV)
#include <linux/mdev.h>
#define MIGCOMPAT_MDEV_SYMBOL mdev_register_driver
#else
#define MIGCOMPAT_MDEV_SYMBOL NULL
#endif
#if BITS_PER_LONG != 64
#error "migcompat needs 64-bit numbers that are never used again as indices"
#endif

/* Bus types became const in 6.4. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define migcompat_bus_type const struct bus_type
#else
#define migcompat_bus_type struct bus_type
#endif

/* Since 6.10 only the declaration of the field names the source of a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define migcompat_assign_str(field, source) __assign_str(field)
#else
#define migcompat_assign_str(field, source) __assign_str(field, source)
#endif

/* The caches must not be merged with others: unloading checks that they are empty. */
#ifdef SLAB_NO_MERGE
#define MIGCOMPAT_SLAB_FLAGS (SLAB_ACCOUNT | SLAB_NO_MERGE)
#else
#define MIGCOMPAT_SLAB_FLAGS SLAB_ACCOUNT
#endif

#endif
