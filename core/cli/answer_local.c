/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of the own workers, about this host or inventories. */
#include <errno.h>

#include "core/check/doubts.h"
#include "core/check/json.h"
#include "core/cli/answer.h"
#include "core/cli/output.h"

/* Takes ownership of the document. */
static int hand_over(const struct cli *cli, json_t *document, json_t **ret)
{
	if (!document)
		return output_fail(cli, -ENOMEM, "out of memory");
	*ret = document;
	return 0;
}

static int own_list(struct cli *cli, answer_row_fn *row_fn, void *arg, json_t **ret_findings)
{
	const struct inventory *inventory = &cli->engine.inventory;
	struct arena arena = {0};
	struct row row;
	int status = cli_start(cli), r = 0;

	if (!status)
		status = cli_devices(cli, NULL);
	for (size_t i = 0; !status && i < inventory->ndevices && !r; i++) {
		json_t *document = NULL;

		if (!cli->options.types && inventory->devices[i].kind == MIGCOMPAT_KIND_MDEV_TYPE)
			continue;
		r = row_make(&cli->engine, &inventory->devices[i], &arena, &row);
		if (!r)
			document = json_row(&row);
		if (document)
			row_fn(arg, document);
		else
			r = -ENOMEM;
		json_decref(document);
		arena_free(&arena);
	}
	if (r)
		return output_fail(cli, r, "out of memory");
	return status ? status : hand_over(cli, doubts_list(&cli->engine), ret_findings);
}

static int device_document(struct cli *cli, const struct device *device, json_t **ret)
{
	struct arena arena = {0};
	struct row row;
	int status = hand_over(
		cli, row_make(&cli->engine, device, &arena, &row) ? NULL : json_device(&row), ret);

	arena_free(&arena);
	return status;
}

static int own_device(struct cli *cli, json_t **ret)
{
	const struct device *device;
	int status = cli_one_device(cli, &device);

	return status ? status : device_document(cli, device, ret);
}

static int own_check(struct cli *cli, struct cli_source *source, json_t **ret)
{
	struct migcompat_verdict verdict = {0};
	const struct device *target;
	int status = cli_question(cli, source, &target), r;

	if (status)
		return status;
	r = source->device ? check_devices(&cli->engine, source->device, target, &verdict)
			   : check_text(&cli->engine, source->text, source->len, target, &verdict);
	if (!r)
		verdict_expect(&verdict, cli->options.fingerprint);
	status = hand_over(cli, r ? NULL : json_verdict(&verdict), ret);
	verdict_clear(&verdict);
	return status;
}

static int own_ask(struct cli *cli, struct cli_source *source, json_t **ret)
{
	const struct options *options = &cli->options;
	const char *host = options->host;
	struct ask_question question = {
		.host = host,
		.flags = (options->all ? ASK_REFUSED | ASK_OTHERS : 0) |
			 (options->available ? ASK_AVAILABLE : 0) |
			 (options->other_hosts ? ASK_OTHER_HOSTS : 0),
	};
	struct error err = {0};
	int status = cli_question(cli, source, NULL), r;

	if (status)
		return status;
	if (host && (r = inventory_find_host(&cli->engine.inventory, host, &err)) != 0)
		return output_fail(cli, r, "%s", err.text);
	question.source = source->device;
	question.text = source->device ? NULL : source->text;
	question.len = source->len;
	r = json_ask(&cli->engine, &question, ret, &err);
	if (!r)
		return 0;
	return output_fail(cli, r, "%s%s%s", source->device ? source->device->id : "",
			   source->device ? ": " : "", err.text);
}

static int own_params(struct cli *cli, json_t **ret)
{
	struct migcompat_sink sink = {0};
	const struct device *device;
	struct error err = {0};
	json_t *document = NULL;
	int status = cli_one_device(cli, &device), r;

	if (status)
		return status;
	r = plan_parameters(&cli->engine, device, &sink, &err);
	if (r == -ENODEV) {
		status = device_document(cli, device, &document);
		if (!status)
			status = hand_over(cli, answer_no_params(document, err.text), ret);
		json_decref(document);
	} else if (r) {
		status = output_fail(cli, r, "%s: %s", device->id, err.text);
	} else {
		status = hand_over(cli, json_parameters(device, &sink), ret);
	}
	sink_free(&sink);
	return status;
}

static int own_backends(struct cli *cli, json_t **ret)
{
	struct error err = {0};
	int status = cli_start(cli), r;

	if (status)
		return status;
	r = engine_backends(&cli->engine, &err);
	return r ? output_fail(cli, r, "%s", err.text)
		 : hand_over(cli, json_backends(&cli->engine), ret);
}

const struct answers answers_own = {
	.list = own_list,
	.device = own_device,
	.check = own_check,
	.ask = own_ask,
	.params = own_params,
	.backends = own_backends,
};
