/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the messages between a program and its worker hold, each written and read beside the other. Readers take
 * nothing on trust: 0, -EBADMSG where anything is wrong, or -ENOMEM; ret_ outputs are untouched unless 0.
 */
#ifndef CORE_BACKEND_MESSAGE_H
#define CORE_BACKEND_MESSAGE_H

#include "core/backend/provider.h"
#include "core/backend/wire.h"

/* ---------------------------------------------------------------- to a worker (message_facts.c) */

/* The values of the backend's settings, in its own order. What is read lives in the arena. */
void message_put_settings(struct wire_out *out, const struct backend_info *info, const struct settings *settings);
int message_get_settings(struct wire_reader *body, const struct backend_info *info, struct arena *arena, const char *const **ret);

/* The number by which later messages call the host, the facts of it that the backend wants, and which were collected. */
void message_put_host(struct wire_out *out, uint32_t number, const struct host *host, const struct backend_info *info);
int message_get_host(struct wire_reader *body, struct arena *arena, uint32_t *ret_number, struct host *ret);

/* A device of a host that was sent. The reader leaves ret->host to its caller. */
void message_put_device(struct wire_out *out, uint32_t host, const struct device *device, const struct backend_info *info);
int message_get_device(struct wire_reader *body, struct arena *arena, uint32_t *ret_host, struct device *ret);

/* ---------------------------------------------------------------- from a worker (message_answer.c) */

/* A backend that was loaded. The reader points into the body, which the caller keeps, and has it pass info_check. */
void message_put_info(struct wire_out *out, const struct backend_info *info);
int message_get_info(struct wire_reader *body, struct arena *arena, struct backend_info *ret);

/* An opened device, by the number that the worker gave it. The reader points into the body, which the caller keeps. */
void message_put_opened(struct wire_out *out, uint32_t number, const struct opened *opened);
int message_get_opened(struct wire_reader *body, uint32_t *ret_number, struct opened *ret);

/* Findings. The reader adds them to a result and counts anew what they decide; on an error the result is as it was. */
void message_put_result(struct wire_out *out, const struct migcompat_result *result);
int message_get_result(struct wire_reader *body, struct migcompat_result *result);

/* Parameters, candidates and writes (message_list.c); the reader adds them to a sink. On an error the sink may hold some of them. */
void message_put_list(struct wire_out *out, const struct migcompat_sink *sink);
int message_get_list(struct wire_reader *body, struct migcompat_sink *sink);

#endif
