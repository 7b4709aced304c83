/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device's class: devices that give the same TYPE and PAYLOAD have the same one. It is a label
 * for people and tools. No answer is looked up by it, since two payloads may share one.
 */
#ifndef CORE_CHECK_CLASS_H
#define CORE_CHECK_CLASS_H

#include "core/backend/provider.h"

#define CLASS_SIZE 17u /* 16 digits and the end */

/*
 * The first 8 bytes of SHA-256 over NAMESPACE:TYPE:PAYLOAD, in the newest format of the payload, as
 * lower-case hex digits. NULL if the device has no payload, otherwise ret.
 */
const char *class_name(const struct opened *opened, char ret[CLASS_SIZE]);

#endif
