/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns libconfig's tree into the message. If a failed allocation cost a setting its name or text,
 * the whole tree is refused.
 */
#include "core/config/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <libconfig.h>

#include "core/config/tree.h"
#include "core/facts/macros.h"

static int put_setting(struct wire_out *out, config_setting_t *setting, bool named, size_t *left);

static int put_children(struct wire_out *out, config_setting_t *setting, bool named, size_t *left)
{
	int count = config_setting_length(setting), r = 0;

	if (count < 0 || (size_t)count > *left)
		return -EFBIG;
	*left -= (size_t)count;
	wire_put_u32(out, (uint32_t)count);
	for (int i = 0; i < count && !r; i++)
		r = put_setting(out, config_setting_get_elem(setting, (unsigned)i), named, left);
	return r;
}

static int put_string(struct wire_out *out, const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);

	if (!text)
		return -ENOMEM;
	wire_put_text(out, text, strlen(text));
	return 0;
}

static int put_fraction(struct wire_out *out, const config_setting_t *setting)
{
	double fraction = config_setting_get_float(setting);
	uint64_t bits;

	memcpy(&bits, &fraction, sizeof(bits));
	wire_put_u64(out, bits);
	return 0;
}

/* *left: the number of settings that the message may still hold. */
static int put_setting(struct wire_out *out, config_setting_t *setting, bool named, size_t *left)
{
	static const enum conf_type types[] = {
		[CONFIG_TYPE_NONE] = CONF_TYPE_COUNT, [CONFIG_TYPE_GROUP] = CONF_GROUP,
		[CONFIG_TYPE_INT] = CONF_INT,         [CONFIG_TYPE_INT64] = CONF_INT64,
		[CONFIG_TYPE_FLOAT] = CONF_FLOAT,     [CONFIG_TYPE_STRING] = CONF_STRING,
		[CONFIG_TYPE_BOOL] = CONF_BOOL,       [CONFIG_TYPE_ARRAY] = CONF_ARRAY,
		[CONFIG_TYPE_LIST] = CONF_LIST,
	};
	int type = setting ? config_setting_type(setting) : CONFIG_TYPE_NONE;
	const char *name = setting ? config_setting_name(setting) : NULL;

	if (type <= CONFIG_TYPE_NONE || (size_t)type >= COUNT(types) || !name == named)
		return -ENOMEM;
	wire_put_u32(out, (uint32_t)types[type]);
	wire_put_u32(out, (uint32_t)config_setting_source_line(setting));
	wire_put_text(out, name, name ? strlen(name) : 0);
	switch (types[type]) {
	case CONF_GROUP:
	case CONF_LIST:
	case CONF_ARRAY:
		return put_children(out, setting, types[type] == CONF_GROUP, left);
	case CONF_STRING:
		return put_string(out, setting);
	case CONF_FLOAT:
		return put_fraction(out, setting);
	case CONF_BOOL:
		wire_put_u64(out, config_setting_get_bool(setting) == CONFIG_TRUE);
		return 0;
	default:
		wire_put_u64(out, (uint64_t)config_setting_get_int64(setting));
		return 0;
	}
}

/* line 0: the error has no line. */
static int refuse(struct wire_out *out, int status, unsigned line, const char *text)
{
	wire_begin(out, 0, WIRE_CONFIG, status, CONF_REPLY_MAX);
	wire_put_u32(out, line);
	wire_put_string(out, text);
	return wire_end(out);
}

static int refuse_syntax(struct wire_out *out, const config_t *config)
{
	const char *text = config_error_text(config);
	int line = config_error_line(config);

	return refuse(out, -EINVAL, line > 0 ? (unsigned)line : 1,
		      text ? text : "cannot be parsed");
}

int conf_answer(struct wire_message *request, struct wire_out *out)
{
	const char *text = wire_get_text(&request->body, CONF_TEXT_MAX, NULL);
	size_t left = CONF_NODES_MAX;
	config_t config;
	int r;

	if (request->head.op != WIRE_CONFIG || !text || !wire_done(&request->body))
		return -EBADMSG;
	config_init(&config);
	if (config_read_string(&config, text) == CONFIG_TRUE) {
		wire_begin(out, 0, WIRE_CONFIG, 0, CONF_REPLY_MAX);
		r = put_setting(out, config_root_setting(&config), false, &left);
		if (r)
			out->error = r;
		r = wire_end(out);
		if (r)
			r = refuse(out, r == -E2BIG ? -EFBIG : r, 0, "");
	} else {
		r = refuse_syntax(out, &config);
	}
	config_destroy(&config);
	return r;
}

int conf_serve(int fd, const struct error *refusal)
{
	struct wire_out out = {0};
	struct wire_in in = {0};
	struct wire_message request;
	int r = 0;

	while (!r) {
		int n = wire_next(&in, CONF_TEXT_MAX + WIRE_TEXT_MAX, &request);

		if (n == 0) {
			r = wire_fill(&in, fd, WIRE_FOREVER);
			continue;
		}
		if (n < 0)
			r = n;
		else if (refusal && *refusal->text)
			r = refuse(&out, -EPERM, 0, refusal->text);
		else
			r = conf_answer(&request, &out);
		if (!r)
			r = wire_send(&out, fd, WIRE_FOREVER);
	}
	wire_out_free(&out);
	wire_in_free(&in);
	return r == -ECONNRESET || r == -EPIPE ? 0 : r;
}
