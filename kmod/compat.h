/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that this module is built for, all of them, and nothing else.
 */
#ifndef MIGCOMPAT_COMPAT_H
#define MIGCOMPAT_COMPAT_H

#include <linux/device.h>
#include <linux/slab.h>
#include <linux/version.h>

/* Only kernels with a driver that needs them have mediated devices. All have PCI functions. */
#if IS_ENABLED(CONFIG_VFIO_MDEV)
#include <linux/mdev.h>
#define MIGCOMPAT_MDEV_SYMBOL mdev_register_driver
#else
#define MIGCOMPAT_MDEV_SYMBOL NULL
#endif
#if BITS_PER_LONG != 64
#error "migcompat needs 64-bit numbers that are never used again as indices"
#endif

/* Bus types became const. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define migcompat_bus_type const struct bus_type
#else
#define migcompat_bus_type struct bus_type
#endif

/* The source of a trace string is told once, where the field is declared. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define migcompat_assign_str(field, source) __assign_str(field)
#else
#define migcompat_assign_str(field, source) __assign_str(field, source)
#endif

/* A cache of our own must stay our own, so that unloading can tell whether it is empty. */
#ifdef SLAB_NO_MERGE
#define MIGCOMPAT_SLAB_FLAGS (SLAB_ACCOUNT | SLAB_NO_MERGE)
#else
#define MIGCOMPAT_SLAB_FLAGS SLAB_ACCOUNT
#endif

#endif
