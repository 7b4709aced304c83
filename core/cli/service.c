/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line's connection to the service, opened at its first use. The service is
 * not trusted.
 */
#include "core/cli/service.h"

#include <errno.h>
#include <string.h>

#include "core/cli/output.h"

#define INTERFACE "io.migcompat."
#define VARLINK "org.varlink.service."

static const char *path(const struct cli *cli)
{
	return cli->options.socket ? cli->options.socket : SERVICE_SOCKET;
}

int service_connect(struct cli *cli, struct error *err)
{
	int r = varlink_open(&cli->service, path(cli), SERVICE_TIMEOUT_MS, err);

	cli->service.busy = INTERFACE "Busy";
	return r;
}

int service_invalid(const struct cli *cli, const char *what)
{
	return output_fail(cli, -EBADMSG, "the service at %s sent an invalid answer: %s", path(cli),
			   what);
}

int service_call(struct cli *cli, const char *method, json_t *parameters, bool more)
{
	char whole[64];
	struct error err = {0};
	int r;

	snprintf(whole, sizeof(whole), INTERFACE "%s", method);
	/* A second attempt would be refused because of what the first one did. */
	cli->service.once = strcmp(method, "Hold") == 0 || strcmp(method, "Release") == 0;
	r = varlink_call(&cli->service, whole, parameters, more, &err);
	return r ? output_fail(cli, r, "%s", err.text) : 0;
}

/* Make a sentence of the service's error. */
static void refusal_make(const struct cli *cli, const struct varlink_reply *reply,
			 struct refusal *ret)
{
	const char *reason = document_text(reply->parameters, "reason"),
		   *number = document_text(reply->parameters, "errno");
	const char *parameter = document_text(reply->parameters, "parameter");
	bool own = strncmp(reply->error, INTERFACE, strlen(INTERFACE)) == 0;

	snprintf(ret->name, sizeof(ret->name), "%s", reply->error + (own ? strlen(INTERFACE) : 0));
	ret->error = number ? -error_number(number) : 0;
	if (!ret->error)
		ret->error = -EPROTO;
	if (own && reason && *reason)
		snprintf(ret->reason, sizeof(ret->reason), "%s", reason);
	else if (strcmp(reply->error, VARLINK "MethodNotFound") == 0)
		snprintf(ret->reason, sizeof(ret->reason),
			 "the service at %s is older than this program: it does not know this "
			 "question",
			 path(cli));
	else if (strcmp(reply->error, VARLINK "InvalidParameter") == 0 && parameter)
		snprintf(ret->reason, sizeof(ret->reason),
			 "the service at %s does not accept this \"%.64s\"", path(cli), parameter);
	else
		snprintf(ret->reason, sizeof(ret->reason),
			 "the service at %s answered with the error \"%.64s\"", path(cli),
			 ret->name);
}

int service_refused(const struct cli *cli, const struct refusal *refusal)
{
	return output_fail(cli, refusal->error, "%s", refusal->reason);
}

int service_reply(struct cli *cli, const struct shape *shape, json_t **ret, struct refusal *refusal,
		  bool *ret_continues)
{
	struct varlink_reply reply = {.message = NULL};
	struct refusal own;
	struct error err = {0};
	int r = varlink_receive(&cli->service, &reply, &err), status = 0;

	*ret = NULL;
	if (r == -EINTR || r == -EPIPE)
		return 0;
	if (r)
		return output_fail(cli, r, "%s", err.text);
	if (reply.error) {
		refusal_make(cli, &reply, refusal ? refusal : &own);
		status = refusal ? 0 : service_refused(cli, &own);
	} else if (document_check(reply.parameters, shape, &err)) {
		status = service_invalid(cli, err.text);
	} else if (reply.continues && !ret_continues) {
		status = service_invalid(cli, "more than one reply");
	} else {
		*ret = json_incref(reply.parameters);
	}
	if (ret_continues)
		*ret_continues = reply.continues && !reply.error && !status;
	varlink_reply_clear(&reply);
	return status;
}

int service_ask(struct cli *cli, const char *method, json_t *parameters, const struct shape *shape,
		json_t **ret, struct refusal *refusal)
{
	int status = service_call(cli, method, parameters, false);

	return status ? status : service_reply(cli, shape, ret, refusal, NULL);
}
