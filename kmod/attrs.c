// SPDX-License-Identifier: GPL-2.0-only
/*
 * migration_type and migration_version, in the device's own directory and in that of the
 * class device. Both pairs answer alike. The callbacks take no lock under which the files
 * are removed.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "shim.h"

static ssize_t type_show(struct attachment *attachment, char *buffer)
{
	const struct shim_text *type;
	ssize_t count = request_may_ask(attachment);

	if (count)
		return count;
	rcu_read_lock();
	type = rcu_dereference(attachment->type);
	count = type->error ? type->error : sysfs_emit(buffer, "%s\n", type->bytes);
	rcu_read_unlock();
	return count;
}

static int question_ask(struct attachment *attachment, u32 op, const char *string, size_t length,
			struct request **ret_request)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(waiters);
	/*
	 * The removal of an attached device waits for this call, and the device may be a
	 * disk.
	 */
	unsigned int noio = memalloc_noio_save();
	struct request *request = request_new(op, attachment, string, length);
	int error;

	memalloc_noio_restore(noio);
	if (!request)
		return -ENOMEM;
	request->waiters = &waiters;
	error = request_submit(request);
	if (!error)
		error = request_wait(request);
	if (error)
		request_put(request);
	else
		*ret_request = request;
	return error;
}

static ssize_t version_show(struct attachment *attachment, char *buffer)
{
	struct request *request;
	ssize_t count = question_ask(attachment, MIGCOMPAT_BROKER_OP_READ, NULL, 0, &request);

	if (count)
		return count;
	memcpy(buffer, request->answer, request->answer_length);
	count = request->answer_length;
	buffer[count++] = '\n';
	request_put(request);
	return count;
}

/*
 * Returns COUNT or an error. After a short write the caller would send the rest as
 * another string.
 */
static ssize_t version_store(struct attachment *attachment, const char *buffer, size_t count)
{
	struct request *request;
	size_t length;
	int error;

	error = string_accept(buffer, count, &length);
	if (!error)
		error = question_ask(attachment, MIGCOMPAT_BROKER_OP_WRITE, buffer, length,
				     &request);
	if (error)
		return error;
	request_put(request);
	return count;
}

static ssize_t group_type_show(struct device *device, struct device_attribute *attribute,
			       char *buffer)
{
	return type_show(container_of(attribute, struct attachment, type_attribute), buffer);
}

static ssize_t group_version_show(struct device *device, struct device_attribute *attribute,
				  char *buffer)
{
	return version_show(container_of(attribute, struct attachment, version_attribute), buffer);
}

static ssize_t group_version_store(struct device *device, struct device_attribute *attribute,
				   const char *buffer, size_t count)
{
	return version_store(container_of(attribute, struct attachment, version_attribute), buffer,
			     count);
}

/*
 * Each attachment has attributes of its own: the foreign device has no room for a pointer
 * to it.
 */
void attrs_init(struct attachment *attachment)
{
	struct device_attribute *type = &attachment->type_attribute,
				*version = &attachment->version_attribute;

	sysfs_attr_init(&type->attr);
	type->attr.name = "migration_type";
	type->attr.mode = 0444;
	type->show = group_type_show;
	sysfs_attr_init(&version->attr);
	version->attr.name = "migration_version";
	version->attr.mode = 0600;
	version->show = group_version_show;
	version->store = group_version_store;
	attachment->attributes[0] = &type->attr;
	attachment->attributes[1] = &version->attr;
	attachment->group.attrs = attachment->attributes;
}

static ssize_t migration_type_show(struct device *device, struct device_attribute *attribute,
				   char *buffer)
{
	return type_show(container_of(device, struct attachment, device), buffer);
}
static DEVICE_ATTR_RO(migration_type);

static ssize_t migration_version_show(struct device *device, struct device_attribute *attribute,
				      char *buffer)
{
	return version_show(container_of(device, struct attachment, device), buffer);
}

static ssize_t migration_version_store(struct device *device, struct device_attribute *attribute,
				       const char *buffer, size_t count)
{
	return version_store(container_of(device, struct attachment, device), buffer, count);
}
static DEVICE_ATTR_ADMIN_RW(migration_version);

static struct attribute *class_attributes[] = {
	&dev_attr_migration_type.attr,
	&dev_attr_migration_version.attr,
	NULL,
};

static const struct attribute_group class_group = {.attrs = class_attributes};

const struct attribute_group *attrs_class_groups[] = {&class_group, NULL};
