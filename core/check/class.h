/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device's class: devices with the same TYPE and PAYLOAD share it. A class is a label
 * for people and tools. It is never the key of an answer, since two payloads may share
 * it.
 *
 * A class is made of the newest payload, so that the setting emit_format does not split
 * it during an upgrade. If that setting is not at its initial value, the worker opens the
 * device twice: a backend may read a setting when it opens a device.
 */
#ifndef CORE_CHECK_CLASS_H
#define CORE_CHECK_CLASS_H

#include "core/backend/provider.h"

#define CLASS_SIZE 17u /* 16 digits and the zero */

/*
 * The first 8 bytes of SHA-256 over NAMESPACE:TYPE:PAYLOAD, as lower-case hex digits.
 * PAYLOAD is in its newest format. Returns ret, or NULL if the device has no payload.
 */
const char *class_name(const struct opened *opened, char ret[CLASS_SIZE]);

#endif
