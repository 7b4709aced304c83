/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * unix:PATH: a device that another process of this host serves. That process alone decides what it
 * takes: policy and holds are about devices of VFIO.
 */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "core/check/json.h"
#include "core/cli/output.h"
#include "core/cli/state_regions.h"
#include "core/cli/state_watch.h"
#include "core/cli/verdict_table.h"
#include "core/regions/client.h"

#define TIMEOUT_MS 10000 /* to connect, and for each reply */

/* A connection, and the device as verdicts and documents name it. */
struct served {
	struct regions_side side;
	struct device device;
	struct host host;
	struct utsname system;
};

/* Options about VFIO, policies and kernel drivers mean nothing here. */
static int options_fit(const struct cli *cli)
{
	static const uint32_t foreign[] = {CLI_OPTION_FORCE, CLI_OPTION_INTERFACE,
					   CLI_OPTION_FINGERPRINT, CLI_OPTION_MECHANISM};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (cli->options.given & foreign[i])
			return output_fail(cli, -EINVAL,
					   "unix:PATH takes no %s: the process there decides",
					   options_name(foreign[i]));
	return 0;
}

/* Returns 0, or CLI_TROUBLE after saying what is wrong; to be closed in both cases. */
static int served_open(struct cli *cli, const char *argument, struct served *served)
{
	struct client_options options = {.timeout_ms = TIMEOUT_MS};
	struct version_string parts;
	struct error err = {0};
	int status = options_fit(cli), r;

	*served = (struct served){
		.side = {.cli = cli, .device = argument, .version = "", .served = true}};
	if (status)
		return status;
	uname(&served->system);
	served->host.name = served->side.host = served->system.nodename;
	served->device.id = argument;
	served->device.host = &served->host;
	options.stop = served->side.stop = interrupts_take();
	r = client_connect(state_unix(argument), &options, &served->side.port, &err);
	if (r) {
		(void)output_fail(cli, r, "%s", err.text);
		return CLI_TROUBLE;
	}
	served->side.version = client_version(served->side.port);
	r = version_string_parse(served->side.version, strlen(served->side.version), &parts, &err);
	if (r)
		return output_fail(cli, -EIO, "%s: its version string: %s", argument, err.text);
	served->device.kind = parts.kind;
	return 0;
}

static void served_close(struct served *served)
{
	port_close(served->side.port);
}

/* ---------------------------------------------------------------- the verdict */

static void type_put(struct verdict_side *side, const struct version_string *parts)
{
	snprintf(side->type, sizeof(side->type), "%.*s:%.*s", (int)parts->namespace_len,
		 parts->namespace, (int)parts->type_len, parts->type);
}

static bool parts_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* What the strings differ in; NONE: in KIND at most. */
static enum migcompat_limit difference(const struct version_string *source,
				       const struct version_string *target)
{
	if (!parts_equal(source->namespace, source->namespace_len, target->namespace,
			 target->namespace_len))
		return MIGCOMPAT_LIMIT_NAMESPACE;
	if (!parts_equal(source->type, source->type_len, target->type, target->type_len))
		return MIGCOMPAT_LIMIT_TYPE;
	if (!parts_equal(source->payload, source->payload_len, target->payload,
			 target->payload_len))
		return MIGCOMPAT_LIMIT_PARAMETER;
	return MIGCOMPAT_LIMIT_NONE;
}

/* The process says yes or no to the string. A yes to another type would be none. */
static int judge_string(struct served *served, const struct state_reader *reader,
			struct migcompat_verdict *verdict)
{
	const char *ours = served->side.version;
	enum migcompat_limit limit = MIGCOMPAT_LIMIT_FORMAT;
	struct version_string source = {0}, target = {0};
	struct error err = {0}, text = {0};
	int r;

	(void)version_string_parse(ours, strlen(ours), &target, NULL);
	type_put(&verdict->target, &target);
	if (version_string_parse(reader->version, reader->version_len, &source, &text) == 0) {
		type_put(&verdict->source, &source);
		verdict->source.kind = source.kind;
		verdict->source.kind_known = true;
		limit = difference(&source, &target);
	}
	r = client_check(served->side.port, reader->version, reader->version_len, &err);
	if (r && !client_lives(served->side.port))
		return output_fail(served->side.cli, r, "%s", err.text);
	if (!r && limit != MIGCOMPAT_LIMIT_NONE && limit != MIGCOMPAT_LIMIT_PARAMETER)
		r = error_set(&err, -EINVAL, "%s",
			      *text.text ? text.text : "the migration types differ");
	result_add_text(&verdict->result, "version", MIGCOMPAT_RULE_INFO,
			r ? MIGCOMPAT_STATUS_BAD : MIGCOMPAT_STATUS_OK,
			r && limit == MIGCOMPAT_LIMIT_NONE ? MIGCOMPAT_LIMIT_PARAMETER : limit,
			reader->version, ours, r ? err.text : NULL);
	/* It takes a string that is not equal to its own. */
	if (!r && limit != MIGCOMPAT_LIMIT_NONE)
		verdict->result.extra = 1;
	return 0;
}

/* What the head of a sound file says. */
static void judge_head(const struct served *served, const struct format_head *head,
		       struct migcompat_verdict *verdict)
{
	const uint64_t memory = served->side.port->info.memory_size;
	const bool regions = head->content == FORMAT_REGIONS;
	const struct migcompat_finding finding = {
		.struct_size = sizeof(finding),
		.field = "memory",
		.noun = "bytes of memory",
		.rule = MIGCOMPAT_RULE_EQUAL,
		.status = head->memory_size == memory ? MIGCOMPAT_STATUS_OK : MIGCOMPAT_STATUS_BAD,
		.limit = MIGCOMPAT_LIMIT_RESOURCE,
		.source = {.type = MIGCOMPAT_VALUE_NUMBER, .as.number = head->memory_size},
		.target = {.type = MIGCOMPAT_VALUE_NUMBER, .as.number = memory},
	};

	result_add_text(&verdict->result, "content", MIGCOMPAT_RULE_EQUAL,
			regions ? MIGCOMPAT_STATUS_OK : MIGCOMPAT_STATUS_BAD,
			MIGCOMPAT_LIMIT_FORMAT, regions ? "regions" : "stream", "regions", NULL);
	if (regions)
		result_add(&verdict->result, &finding, true);
}

/* Returns 0, or CLI_TROUBLE after saying what is wrong. */
static int served_judge(struct served *served, const struct state_file *file,
			struct migcompat_verdict *verdict)
{
	const struct survey *survey = &file->survey;
	int status;

	if (verdict_reset(verdict))
		return output_fail(served->side.cli, -ENOMEM, "out of memory");
	verdict_side_device(&verdict->target, &served->device);
	result_availability(&verdict->result, MIGCOMPAT_YES, "");
	status = judge_string(served, &survey->reader, verdict);
	if (status)
		return status;
	if (survey->sound)
		judge_head(served, &survey->reader.head, verdict);
	verdict_settle(verdict);
	state_judge_file(survey, verdict);
	return 0;
}

/* The file, then the device. A bare stream is no state of regions. */
static int served_target(struct cli *cli, const char *argument, struct state_file *file,
			 struct served *served)
{
	int status = options_fit(cli);

	*served = (struct served){.side = {.cli = cli, .version = ""}};
	if (!status)
		status = state_read(cli, cli->arguments[0], file);
	if (!status && !file->survey.is_state) {
		(void)output_fail(cli, -EBADMSG, "%s", file->survey.reason.text);
		return CLI_TROUBLE;
	}
	return status ? status : served_open(cli, argument, served);
}

/* ---------------------------------------------------------------- the commands */

int state_unix_save(struct cli *cli, const char *argument)
{
	struct served served;
	int status = served_open(cli, argument, &served);

	if (!status)
		status = regions_save(&served.side);
	served_close(&served);
	return status;
}

int state_unix_check(struct cli *cli, const char *argument)
{
	struct migcompat_verdict verdict = {0};
	struct state_file file = {0};
	json_t *document = NULL;
	struct served served;
	int status = served_target(cli, argument, &file, &served);

	if (!status)
		status = served_judge(&served, &file, &verdict);
	if (!status) {
		document = json_verdict(&verdict);
		if (!document)
			status = output_fail(cli, -ENOMEM, "out of memory");
	}
	served_close(&served);
	state_release(&file);
	verdict_clear(&verdict);
	return document ? verdict_answer(cli, document) : status;
}

static int served_load(struct loading *loading, void *arg)
{
	const struct served *served = arg;

	regions_load(&served->side, loading);
	return 0;
}

int state_unix_load(struct cli *cli, const char *argument)
{
	struct loading loading = {.cli = cli, .file.twice = true, .regions = true};
	struct served served;
	int status = served_target(cli, argument, &loading.file, &served);

	loading.target = &served.device;
	if (!status)
		status = served_judge(&served, &loading.file, &loading.verdict);
	if (!status)
		status = loading_run(&loading, FORMAT_REGIONS, served_load, &served);
	served_close(&served);
	loading_end(&loading);
	return status;
}
