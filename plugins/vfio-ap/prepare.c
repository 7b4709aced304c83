/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters of a matrix, and the writes that give a target the source's: one of ap_config, or one for each number on older kernels. */
#include <errno.h>
#include <stdio.h>

#include "ap.h"

#define CONFIG_TEXT_LEN (3 * MASK_TEXT_LEN + 2)

/* As the kernel shows and takes it. */
static void config_format(const struct ap_matrix *matrix, char text[CONFIG_TEXT_LEN + 1])
{
	mask_format(&matrix->adapters, text);
	text[MASK_TEXT_LEN] = ',';
	mask_format(&matrix->domains, text + MASK_TEXT_LEN + 1);
	text[2 * MASK_TEXT_LEN + 1] = ',';
	mask_format(&matrix->control, text + 2 * MASK_TEXT_LEN + 2);
}

int ap_parameters(void *handle, const char *payload, size_t len, struct migcompat_sink *sink)
{
	static const struct ap_matrix empty = {0};
	const struct ap *ap = handle;
	struct ap_source source;
	char value[CONFIG_TEXT_LEN + 1], none[CONFIG_TEXT_LEN + 1];
	const struct migcompat_parameter parameter = {
		.struct_size = sizeof(parameter),
		.name = "ap_config",
		.type = MIGCOMPAT_PARAMETER_STRING,
		.value = value,
		.init = none,
		.off = none,
		.attribute = ap->whole_write ? "ap_config" : NULL,
		.runtime = 1,
		.description = "adapters, domains and control domains, each a mask whose leftmost bit is number 0",
	};

	config_format(&empty, none);
	config_format(&ap->matrix, value);
	if (payload) {
		if (payload_read(ap, payload, len, NULL, &source))
			return -EINVAL;
		config_format(&source.matrix, value);
	}
	return ap->host->parameter(sink, &parameter);
}

/* One write for each number that the target lacks. */
static int assign(const struct ap *ap, const char *attribute, int digits, const struct ap_mask *missing, struct migcompat_sink *sink)
{
	char value[16];
	int r = 0;

	mask_each(id, missing) {
		snprintf(value, sizeof(value), "0x%0*x", digits, id);
		r = r ? r : ap->host->write(sink, attribute, value);
	}
	return r;
}

int ap_prepare(void *handle, const char *payload, size_t len, struct migcompat_sink *sink)
{
	const struct ap *ap = handle;
	const struct ap_matrix *has = &ap->matrix;
	struct ap_source source;

	if (payload_read(ap, payload, len, NULL, &source))
		return -EINVAL;
	struct ap_mask adapters = mask_without(&source.matrix.adapters, &has->adapters);
	struct ap_mask domains = mask_without(&source.matrix.domains, &has->domains);
	struct ap_mask control = mask_without(&source.matrix.control, &has->control);

	if (mask_empty(&adapters) && mask_empty(&domains) && mask_empty(&control))
		return 0;
	if (ap->whole_write) {
		char value[CONFIG_TEXT_LEN + 1];

		config_format(&source.matrix, value);
		return ap->host->write(sink, "ap_config", value);
	}
	int r = assign(ap, "assign_adapter", 2, &adapters, sink);

	r = r ? r : assign(ap, "assign_domain", 4, &domains, sink);
	return r ? r : assign(ap, "assign_control_domain", 4, &control, sink);
}
