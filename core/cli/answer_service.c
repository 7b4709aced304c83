/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers of the service. The service is not trusted: each answer must be about the
 * devices that were named, and must not contradict itself. Otherwise it is an error and
 * never a yes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/json.h"
#include "core/check/mechanism.h"
#include "core/check/version_string.h"
#include "core/cli/answer.h"
#include "core/cli/output.h"
#include "core/cli/service.h"
#include "core/facts/base64.h"
#include "core/facts/utf8.h"

/* Is it the device of that name, ID or HOST//ID? */
static bool is_named(const json_t *device, const char *name)
{
	const char *id = document_text(device, "device"), *host = document_text(device, "host");
	size_t len = host ? strlen(host) : 0;

	if (!id || !host)
		return false;
	return strcmp(name, id) == 0 ||
	       (strncmp(name, host, len) == 0 && strncmp(name + len, "//", 2) == 0 &&
		strcmp(name + len + 2, id) == 0);
}

/* Releases a document that contradicts itself, and reports it. */
static int refuse_answer(const struct cli *cli, json_t **document, const char *what)
{
	json_decref(*document);
	*document = NULL;
	return service_invalid(cli, what);
}

/* Takes ownership of object. NULL: out of memory. */
static json_t *add_text(json_t *object, const char *name, const char *value)
{
	if (!value || !object || json_object_set_new(object, name, json_string(value)) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *in_mode(const struct cli *cli, json_t *parameters)
{
	return add_text(parameters, "mechanism", cli->options.mechanism);
}

static int service_list(struct cli *cli, answer_row_fn *row_fn, void *arg, json_t **ret_findings)
{
	json_t *parameters = json_pack("{s:b}", "types", cli->options.types);
	int status = service_call(cli, "List", in_mode(cli, parameters), true);
	json_t *findings = json_array();
	bool continues = true;
	json_t *reply, *row;
	size_t i;

	while (!status && continues) {
		status = service_reply(cli, shape_list, &reply, NULL, &continues);
		json_array_foreach (json_object_get(reply, "devices"), i, row) {
			row_fn(arg, row);
		}
		if (json_is_array(json_object_get(reply, "findings")) &&
		    json_array_extend(findings, json_object_get(reply, "findings"))) {
			json_decref(findings);
			findings = NULL;
		}
		json_decref(reply);
	}
	if (!status && !findings)
		return output_fail(cli, -ENOMEM, "out of memory");
	if (status)
		json_decref(findings);
	else
		*ret_findings = findings;
	return status;
}

/* A type and a string are printed as they are, so they must have their form. */
static bool is_plain(const char *type, const char *version)
{
	struct version_string parts;

	for (const char *c = type ? type : ""; *c; c++)
		if (*c < 0x21 || *c > 0x7e)
			return false;
	return !version || (!strchr(version, '\n') &&
			    version_string_parse(version, strlen(version), &parts, NULL) == 0);
}

static int device_document(struct cli *cli, const char *name, json_t **ret)
{
	json_t *parameters = in_mode(cli, json_pack("{s:s}", "device", name));
	int status = service_ask(cli, "Describe", parameters, shape_device, ret, NULL);

	if (status)
		return status;
	if (!is_named(*ret, name))
		return refuse_answer(cli, ret, "another device than the one that was asked about");
	if (!is_plain(document_text(*ret, "type"), document_text(*ret, "version")))
		return refuse_answer(cli, ret, "an invalid type or version string");
	return 0;
}

static int service_device(struct cli *cli, json_t **ret)
{
	return device_document(cli, cli->arguments[0], ret);
}

/*
 * "source" or "version". "bytes" (base64) has a string that is no UTF-8, so that the
 * library says what is wrong with it. NULL: out of memory.
 */
static json_t *question(const struct cli *cli, const struct cli_source *source)
{
	char bytes[BASE64_SIZE(CLI_STRING_ROOM) + 1];

	if (!source->is_text)
		return json_pack("{s:s}", "source", cli->arguments[0]);
	if (utf8_valid(source->text, source->len) && !memchr(source->text, '\0', source->len))
		return json_pack("{s:s%}", "version", source->text, source->len);
	base64_encode(source->text, source->len, bytes);
	return json_pack("{s:s}", "bytes", bytes);
}

/* Does the requested mode of the mechanism allow this yes? */
static bool is_in_mode(const struct cli *cli, const json_t *answer)
{
	const char *state = document_state(answer, "mechanism");
	enum policy_mechanism mode;

	if (!cli->options.mechanism)
		return true;
	return policy_mechanism_word(cli->options.mechanism, &mode, NULL) == 0 &&
	       !mechanism_refuses(mode, strcmp(state, "yes") == 0       ? MIGCOMPAT_YES
					: strcmp(state, "unknown") == 0 ? MIGCOMPAT_UNKNOWN
									: MIGCOMPAT_NO);
}

/*
 * A yes has no errno, no limit and no bad finding, and it has a grade or was forced by
 * the policy.
 */
static bool is_sound(const json_t *verdict)
{
	const json_t *findings = json_object_get(verdict, "findings"), *finding;
	size_t i;

	if (!document_is(verdict, "verdict", "compatible"))
		return document_text(verdict, "errno") != NULL;
	json_array_foreach (findings, i, finding) {
		if (document_is(finding, "status", "bad"))
			return false;
	}
	return json_array_size(findings) > 0 && !document_text(verdict, "errno") &&
	       !document_text(verdict, "limit") &&
	       (document_text(verdict, "grade") != NULL) !=
		       json_is_true(json_object_get(verdict, "forced"));
}

static int service_check(struct cli *cli, struct cli_source *source, json_t **ret)
{
	json_t *parameters = add_text(add_text(question(cli, source), "target", cli->arguments[1]),
				      "fingerprint", cli->options.fingerprint);
	int status = service_ask(cli, "Check", in_mode(cli, parameters), shape_verdict, ret, NULL);

	if (status)
		return status;
	if (!is_named(json_object_get(*ret, "target"), cli->arguments[1]) ||
	    (!source->is_text && !is_named(json_object_get(*ret, "source"), cli->arguments[0])))
		return refuse_answer(cli, ret, "other devices than those that were asked about");
	if (!is_sound(*ret))
		return refuse_answer(cli, ret, "a verdict that contradicts itself");
	if (document_is(*ret, "verdict", "compatible") && !is_in_mode(cli, *ret))
		return refuse_answer(cli, ret, "a yes in another mode than --mechanism");
	if (cli->options.fingerprint && document_is(*ret, "verdict", "compatible") &&
	    !document_is(*ret, "target_fingerprint", cli->options.fingerprint))
		return refuse_answer(cli, ret, "a fingerprint that was not asked for");
	return 0;
}

/* Does each choice match the request? */
static bool choices_fit(const struct cli *cli, const json_t *answer)
{
	const struct options *options = &cli->options;
	const char *home = document_text(json_object_get(answer, "source"), "host");
	const json_t *choice;
	size_t i;

	json_array_foreach (json_object_get(answer, "choices"), i, choice) {
		const char *available = document_state(choice, "availability");

		if (!is_in_mode(cli, choice))
			return false;
		if (options->available && strcmp(available, "no") == 0)
			return false;
		if (options->other_hosts && home && document_is(choice, "host", home))
			return false;
		if (options->host && !document_is(choice, "host", options->host))
			return false;
	}
	return true;
}

static int service_ask_choices(struct cli *cli, struct cli_source *source, json_t **ret)
{
	json_t *parameters = add_text(question(cli, source), "host", cli->options.host);
	int status;

	/* Only members that are true are sent: an older service does not know them. */
	if (cli->options.available)
		json_set(&parameters, "available", json_true());
	if (cli->options.other_hosts)
		json_set(&parameters, "other_hosts", json_true());
	if (cli->options.all)
		json_set(&parameters, "all", json_true());
	status = service_ask(cli, "Ask", in_mode(cli, parameters), shape_choices, ret, NULL);

	if (status)
		return status;
	if (!source->is_text && !is_named(json_object_get(*ret, "source"), cli->arguments[0]))
		return refuse_answer(cli, ret, "another device than the one that was asked about");
	if (!choices_fit(cli, *ret))
		return refuse_answer(cli, ret, "a choice that was not asked for");
	if (document_count(*ret, "asked") < json_array_size(json_object_get(*ret, "unanswered")))
		return refuse_answer(cli, ret, "more devices that gave no answer than were asked");
	if (document_text(*ret, "verdict") && !document_text(*ret, "reason"))
		return refuse_answer(cli, ret, "an error without a reason");
	return 0;
}

static int service_params(struct cli *cli, json_t **ret)
{
	const char *name = cli->arguments[0];
	struct refusal refusal = {.name = ""};
	json_t *device = NULL;
	int status = service_ask(cli, "Params", json_pack("{s:s}", "device", name),
				 shape_parameters, ret, &refusal);

	if (status)
		return status;
	if (*ret)
		return is_named(*ret, name)
			       ? 0
			       : refuse_answer(cli, ret,
					       "another device than the one that was asked about");
	if (strcmp(refusal.name, "NotMigratable") != 0)
		return service_refused(cli, &refusal);
	status = device_document(cli, name, &device);
	if (!status) {
		size_t len = strlen(document_text(device, "device"));
		bool prefixed =
			strncmp(refusal.reason, document_text(device, "device"), len) == 0 &&
			strncmp(refusal.reason + len, ": ", 2) == 0;

		*ret = answer_no_params(device, refusal.reason + (prefixed ? len + 2 : 0));
		if (!*ret)
			status = output_fail(cli, -ENOMEM, "out of memory");
	}
	json_decref(device);
	return status;
}

static int service_backends(struct cli *cli, json_t **ret)
{
	return service_ask(cli, "Backends", json_object(), shape_backends, ret, NULL);
}

const struct answers answers_service = {
	.list = service_list,
	.device = service_device,
	.check = service_check,
	.ask = service_ask_choices,
	.params = service_params,
	.backends = service_backends,
};
