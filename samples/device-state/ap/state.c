/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device state of an AP matrix: the queues and control domains of a guest. The queues
 * keep nothing between two requests, and there is no device memory, so the config is all
 * of the state. A target takes a whole matrix, or says which part it lacks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migcompat/device-state.h"
#include "state.h"

#define MAGIC "APMATRIX"
#define CONFIG_VERSION 1u

/* The config. Bit 0 of each mask is leftmost. */
struct ap_config {
	uint8_t magic[8];
	uint8_t version[4]; /* little-endian */
	uint8_t size[4];
	uint8_t adapters[32];
	uint8_t domains[32];
	uint8_t control[32];
};

struct session {
	const struct ap *ap;
	struct ap_matrix matrix; /* the guest's */
	char message[AP_TEXT_MAX];
};

static int state_open(void *handle, void **ret_session)
{
	const struct ap *ap = handle;
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->ap = ap;
	session->matrix = ap->sent;
	*ret_session = session;
	return 0;
}

static void state_close(void *arg)
{
	free(arg);
}

static int state_info(void *arg, struct migcompat_device_state_info *ret)
{
	(void)arg;
	ret->config_max = sizeof(struct ap_config);
	return 0;
}

static const char *state_message(void *arg)
{
	const struct session *session = arg;

	return session->message;
}

/* Only an administrator changes a matrix, so a state changes nothing. */
static int state_set(void *arg, uint32_t state)
{
	(void)arg;
	(void)state;
	return 0;
}

static void le32_put(uint8_t bytes[4], uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
}

static uint32_t le32_get(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static int state_config_read(void *arg, void *buffer, size_t size)
{
	const struct session *session = arg;
	struct ap_config *config = buffer;

	if (size < sizeof(*config))
		return -ENOBUFS;
	memcpy(config->magic, MAGIC, sizeof(config->magic));
	le32_put(config->version, CONFIG_VERSION);
	le32_put(config->size, sizeof(*config));
	mask_bytes(&session->matrix.adapters, config->adapters);
	mask_bytes(&session->matrix.domains, config->domains);
	mask_bytes(&session->matrix.control, config->control);
	return (int)sizeof(*config);
}

/* ---------------------------------------------------------------- loading */

/* Does the target have every queue and control domain? If not, session->message names the
 * first that it lacks. */
static bool matrix_fits(struct session *session, const struct ap_matrix *matrix)
{
	const struct ap *ap = session->ap;
	struct ap_mask offered = cards_control(ap);
	struct ap_mask missing = mask_without(&matrix->control, &offered);

	if (!mask_empty(&missing)) {
		snprintf(session->message, sizeof(session->message),
			 "control domain %04x is not there", mask_next(&missing, 0));
		return false;
	}
	mask_each(adapter, &matrix->adapters)
	{
		missing = mask_without(&matrix->domains, &ap->usable[adapter]);
		if (mask_empty(&missing))
			continue;
		snprintf(session->message, sizeof(session->message), "queue %02x.%04x is not there",
			 adapter, mask_next(&missing, 0));
		return false;
	}
	return true;
}

static int state_config_write(void *arg, const void *bytes, size_t len)
{
	struct session *session = arg;
	struct ap_config config;
	struct ap_matrix matrix;

	if (len != sizeof(config)) {
		snprintf(session->message, sizeof(session->message),
			 "it has %zu bytes, expected %zu", len, sizeof(config));
		return -EINVAL;
	}
	memcpy(&config, bytes, sizeof(config));
	if (memcmp(config.magic, MAGIC, sizeof(config.magic)) != 0 ||
	    le32_get(config.version) != CONFIG_VERSION || le32_get(config.size) != sizeof(config)) {
		snprintf(session->message, sizeof(session->message),
			 "it is not a matrix, or its version is not known");
		return -EINVAL;
	}
	matrix.adapters = mask_from_bytes(config.adapters);
	matrix.domains = mask_from_bytes(config.domains);
	matrix.control = mask_from_bytes(config.control);
	if (!matrix_fits(session, &matrix))
		return -EINVAL;
	session->matrix = matrix;
	return 0;
}

const struct migcompat_device_state ap_state = {
	.struct_size = sizeof(ap_state),
	.open = state_open,
	.close = state_close,
	.info = state_info,
	.message = state_message,
	.set_state = state_set,
	.config_read = state_config_read,
	.config_write = state_config_write,
};
