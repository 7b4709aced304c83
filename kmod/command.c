// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's commands. Each message is checked as a whole before anything is done. The
 * daemon is not trusted: lengths are added in 64 bits.
 */
#include <linux/capability.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "shim.h"

static int command_hello(const struct migcompat_broker_header *header)
{
	const struct migcompat_broker_hello *hello = (const void *)header;
	u32 version;

	/* A process that merely inherited the descriptor must not become the daemon. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (header->size != sizeof(*hello) || header->epoch || !header->id || !hello->version_min ||
	    hello->version_min > hello->version_max)
		return -EINVAL;
	version = min_t(u32, hello->version_max, MIGCOMPAT_BROKER_VERSION_MAX);
	if (version < hello->version_min || version < MIGCOMPAT_BROKER_VERSION_MIN)
		return -EPROTONOSUPPORT;
	return request_hello(header->id, version, attach_count());
}

static int command_list(const struct migcompat_broker_header *header)
{
	const struct migcompat_broker_list *list = (const void *)header;
	size_t name_length = 0, path_length = 0;
	struct migcompat_broker_list_reply *reply;
	struct attachment *attachment;
	struct broker_answer *answer;
	int error;

	if (header->size != sizeof(*list))
		return -EINVAL;
	error = request_admit(header);
	if (error)
		return error;
	if (request_answers_are_full())
		return -EBUSY;
	attachment = attach_next(list->after);
	if (attachment) {
		name_length = strlen(dev_name(&attachment->device));
		path_length = strlen(attachment->path);
	}
	answer = broker_answer_new(sizeof(*reply) + name_length + path_length, header->op,
				   header->id);
	if (!answer) {
		error = -ENOMEM;
		goto put;
	}
	reply = (struct migcompat_broker_list_reply *)answer->header;
	if (attachment) {
		reply->attachment = attachment->id;
		reply->kind = attachment->kind;
		reply->name_length = name_length;
		reply->path_length = path_length;
		memcpy(reply + 1, dev_name(&attachment->device), name_length);
		memcpy((char *)(reply + 1) + name_length, attachment->path, path_length);
	}
	request_answer_add(answer);
put:
	if (attachment)
		put_device(&attachment->device);
	return error;
}

/* Either a type, or the error that reading it gives. */
static bool type_is_well_formed(const char *type, u32 length, s32 type_error)
{
	if (type_error)
		return length == 0 && request_error_is_known(type_error);
	return length > 0 && length <= MIGCOMPAT_BROKER_TYPE_MAX && string_is_graphic(type, length);
}

static int command_attach(const struct migcompat_broker_header *header)
{
	const struct migcompat_broker_attach *attach = (const void *)header;
	const char *subject = (const char *)(attach + 1);
	struct migcompat_broker_attach_reply *reply;
	struct broker_answer *answer = NULL;
	struct shim_text *type = NULL;
	char *name = NULL;
	bool known;
	int error;

	if (header->size < sizeof(*attach) || attach->reserved ||
	    header->size != (u64)sizeof(*attach) + attach->subject_length + attach->type_length)
		return -EINVAL;
	known = header->op == MIGCOMPAT_BROKER_OP_ATTACH
			? string_is_path(subject, attach->subject_length)
			: string_is_type_name(subject, attach->subject_length);
	if (!known || !type_is_well_formed(subject + attach->subject_length, attach->type_length,
					   attach->type_error))
		return -EINVAL;
	error = request_admit(header);
	if (error)
		return error;

	error = -ENOMEM;
	name = kmemdup_nul(subject, attach->subject_length, GFP_KERNEL);
	type = shim_text_new(subject + attach->subject_length, attach->type_length,
			     attach->type_error);
	answer = broker_answer_new(sizeof(*reply), header->op, header->id);
	if (!name || !type || !answer)
		goto free;
	/* Check it before attaching: the result of ATTACH must always be delivered. */
	error = -EBUSY;
	if (request_answers_are_full())
		goto free;
	reply = (struct migcompat_broker_attach_reply *)answer->header;
	error = header->op == MIGCOMPAT_BROKER_OP_ATTACH
			? attach_device(name, type, &reply->attachment)
			: attach_type(name, type, &reply->attachment);
	if (error)
		goto free;
	type = NULL;
	request_answer_add(answer);
	answer = NULL;
free:
	kfree(answer);
	kfree(type);
	kfree(name);
	return error;
}

static int command_detach(const struct migcompat_broker_header *header)
{
	const struct migcompat_broker_detach *detach = (const void *)header;
	int error;

	if (header->size != sizeof(*detach))
		return -EINVAL;
	error = request_admit(header);
	return error ? error : attach_remove(detach->attachment);
}

/*
 * Point SOURCE into the message, and advance *TEXT. False: a length exceeds the message,
 * or a byte is not allowed.
 */
static bool parameter_parse(const struct migcompat_broker_parameter *parameter, const char **text,
			    const char *end, struct parameter_source *source)
{
	int i;

	if (parameter->reserved || parameter->name_length > end - *text ||
	    !string_is_parameter_name(*text, parameter->name_length))
		return false;
	source->name = *text;
	source->name_length = parameter->name_length;
	*text += parameter->name_length;
	for (i = 0; i < MIGCOMPAT_BROKER_VALUES; i++) {
		u32 length = parameter->value_length[i];

		source->value[i] = NULL;
		source->value_length[i] = 0;
		if (length == MIGCOMPAT_BROKER_VALUE_ABSENT)
			continue;
		if (length > MIGCOMPAT_BROKER_PARAMETER_VALUE_MAX || length > end - *text ||
		    !string_is_line(*text, length))
			return false;
		source->value[i] = *text;
		source->value_length[i] = length;
		*text += length;
	}
	return true;
}

static bool parameter_is_new(const struct parameter_source *sources, u32 count)
{
	const struct parameter_source *last = &sources[count];
	u32 i;

	for (i = 0; i < count; i++)
		if (sources[i].name_length == last->name_length &&
		    !memcmp(sources[i].name, last->name, last->name_length))
			return false;
	return true;
}

static int command_publish(const struct migcompat_broker_header *header)
{
	const struct migcompat_broker_publish *publish = (const void *)header;
	const struct migcompat_broker_parameter *parameters = (const void *)(publish + 1);
	const char *end = (const char *)header + header->size, *text, *type_text;
	struct parameter_source *sources = NULL;
	struct shim_text *type = NULL;
	int error = -EINVAL;
	u32 i;

	if (header->size < sizeof(*publish) || publish->reserved ||
	    publish->parameters > MIGCOMPAT_BROKER_PARAMETERS_MAX ||
	    header->size - sizeof(*publish) < publish->parameters * sizeof(*parameters))
		return -EINVAL;
	text = (const char *)(parameters + publish->parameters);
	if (publish->type_length > end - text ||
	    !type_is_well_formed(text, publish->type_length, publish->type_error))
		return -EINVAL;
	type_text = text;
	text += publish->type_length;
	sources = kvcalloc(publish->parameters + 1, sizeof(*sources), GFP_KERNEL);
	if (!sources)
		return -ENOMEM;
	for (i = 0; i < publish->parameters; i++)
		if (!parameter_parse(&parameters[i], &text, end, &sources[i]) ||
		    !parameter_is_new(sources, i))
			goto free;
	if (text != end)
		goto free;
	error = request_admit(header);
	if (error)
		goto free;
	error = -ENOMEM;
	type = shim_text_new(type_text, publish->type_length, publish->type_error);
	if (!type)
		goto free;
	error = attach_publish(publish->attachment, type, sources, publish->parameters);
	if (error)
		kfree(type);
free:
	kvfree(sources);
	return error;
}

static int command_dispatch(const struct migcompat_broker_header *header)
{
	switch (header->op) {
	case MIGCOMPAT_BROKER_OP_HELLO:
		return command_hello(header);
	case MIGCOMPAT_BROKER_OP_LIST:
		return command_list(header);
	case MIGCOMPAT_BROKER_OP_ATTACH:
	case MIGCOMPAT_BROKER_OP_ATTACH_TYPE:
		return command_attach(header);
	case MIGCOMPAT_BROKER_OP_DETACH:
		return command_detach(header);
	case MIGCOMPAT_BROKER_OP_PUBLISH:
		return command_publish(header);
	default:
		return -EINVAL;
	}
}

/*
 * Run one command. header->size bytes of the message are valid.
 *
 * Commands are serialized: no epoch begins between a command and its answer, the room for
 * an answer remains free once it was checked, and mdev_bus needs no lock.
 */
int command_run(const struct migcompat_broker_header *header)
{
	static DEFINE_MUTEX(command_lock);
	int error;

	if (header->error)
		return -EINVAL;
	error = mutex_lock_killable(&command_lock);
	if (error)
		return error;
	error = command_dispatch(header);
	mutex_unlock(&command_lock);
	return error;
}
