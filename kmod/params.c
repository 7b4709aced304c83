// SPDX-License-Identifier: GPL-2.0-only
/*
 * params/PARAM/{type,value,allowed_values,init_value,off_value,runtime} of a class
 * device, as the daemon published them last. Changes are made under attach_lock. Readers
 * take no lock, and see an old or a new value.
 */
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "shim.h"

struct parameter {
	struct kobject kobj;
	struct list_head link;
	struct attachment *attachment; /* valid while our directory is below its own */
	struct shim_text __rcu *values[MIGCOMPAT_BROKER_VALUES];
};

struct value_attribute {
	struct attribute attribute;
	unsigned int index;
};

#define VALUE_ATTRIBUTE(field, number)                       \
	static struct value_attribute value_##field = {      \
		.attribute = {.name = #field, .mode = 0444}, \
		.index = number,                             \
	}

VALUE_ATTRIBUTE(type, MIGCOMPAT_BROKER_VALUE_TYPE);
VALUE_ATTRIBUTE(value, MIGCOMPAT_BROKER_VALUE_VALUE);
VALUE_ATTRIBUTE(allowed_values, MIGCOMPAT_BROKER_VALUE_ALLOWED);
VALUE_ATTRIBUTE(init_value, MIGCOMPAT_BROKER_VALUE_INIT);
VALUE_ATTRIBUTE(off_value, MIGCOMPAT_BROKER_VALUE_OFF);
VALUE_ATTRIBUTE(runtime, MIGCOMPAT_BROKER_VALUE_RUNTIME);

static struct attribute *value_attributes[] = {
	&value_type.attribute,
	&value_value.attribute,
	&value_allowed_values.attribute,
	&value_init_value.attribute,
	&value_off_value.attribute,
	&value_runtime.attribute,
	NULL,
};

static unsigned int value_index(struct attribute *attribute)
{
	return container_of(attribute, struct value_attribute, attribute)->index;
}

static umode_t value_is_visible(struct kobject *kobj, struct attribute *attribute, int number)
{
	struct parameter *parameter = container_of(kobj, struct parameter, kobj);

	return rcu_access_pointer(parameter->values[value_index(attribute)]) ? attribute->mode : 0;
}

static const struct attribute_group value_group = {
	.attrs = value_attributes,
	.is_visible = value_is_visible,
};

static const struct attribute_group *value_groups[] = {&value_group, NULL};

static ssize_t value_show(struct kobject *kobj, struct attribute *attribute, char *buffer)
{
	struct parameter *parameter = container_of(kobj, struct parameter, kobj);
	ssize_t count = request_may_ask(parameter->attachment);
	const struct shim_text *value;

	if (count)
		return count;
	rcu_read_lock();
	value = rcu_dereference(parameter->values[value_index(attribute)]);
	count = value ? sysfs_emit(buffer, "%s\n", value->bytes) : -ENODEV;
	rcu_read_unlock();
	return count;
}

static const struct sysfs_ops value_operations = {.show = value_show};

static void parameter_release(struct kobject *kobj)
{
	struct parameter *parameter = container_of(kobj, struct parameter, kobj);
	int i;

	for (i = 0; i < MIGCOMPAT_BROKER_VALUES; i++)
		kfree(rcu_access_pointer(parameter->values[i]));
	kfree(parameter);
	shim_object_put();
}

static const struct kobj_type parameter_type = {
	.release = parameter_release,
	.sysfs_ops = &value_operations,
	.default_groups = value_groups,
};

static void parameter_remove(struct parameter *parameter)
{
	list_del(&parameter->link);
	/* A parameter that was not added has no files to remove. */
	if (parameter->kobj.state_in_sysfs)
		kobject_del(&parameter->kobj);
	kobject_put(&parameter->kobj);
}

static void list_remove(struct list_head *parameters)
{
	struct parameter *parameter, *next;

	list_for_each_entry_safe(parameter, next, parameters, link)
		parameter_remove(parameter);
}

/* Create a parameter with its values, which is not in sysfs yet. */
static struct parameter *parameter_new(struct attachment *attachment,
				       const struct parameter_source *source)
{
	struct parameter *parameter = kzalloc(sizeof(*parameter), GFP_KERNEL);
	int i;

	if (!parameter)
		return NULL;
	shim_object_get();
	kobject_init(&parameter->kobj, &parameter_type);
	INIT_LIST_HEAD(&parameter->link);
	parameter->attachment = attachment;
	for (i = 0; i < MIGCOMPAT_BROKER_VALUES; i++) {
		struct shim_text *text;

		if (!source->value[i])
			continue;
		text = shim_text_new(source->value[i], source->value_length[i], 0);
		if (!text)
			goto put;
		rcu_assign_pointer(parameter->values[i], text);
	}
	if (!kobject_set_name(&parameter->kobj, "%.*s", (int)source->name_length, source->name))
		return parameter;
put:
	kobject_put(&parameter->kobj);
	return NULL;
}

/* Do both have the same files? */
static bool parameter_has_shape(const struct parameter *parameter, const struct parameter *other)
{
	int i;

	for (i = 0; i < MIGCOMPAT_BROKER_VALUES; i++)
		if (!rcu_access_pointer(parameter->values[i]) !=
		    !rcu_access_pointer(other->values[i]))
			return false;
	return true;
}

static struct parameter *parameter_find(struct list_head *parameters, const char *name)
{
	struct parameter *parameter;

	list_for_each_entry(parameter, parameters, link)
		if (!strcmp(kobject_name(&parameter->kobj), name))
			return parameter;
	return NULL;
}

/* Move the values of FRESH to SHOWN, whose readers may still use the old ones. */
static void parameter_update(struct parameter *shown, struct parameter *fresh)
{
	int i;

	for (i = 0; i < MIGCOMPAT_BROKER_VALUES; i++) {
		struct shim_text *text = rcu_replace_pointer(fresh->values[i], NULL, true);

		text = rcu_replace_pointer(shown->values[i], text, true);
		if (text)
			kfree_rcu(text, rcu);
	}
}

static int fresh_create(struct attachment *attachment, const struct parameter_source *sources,
			u32 count, struct list_head *fresh)
{
	struct parameter *parameter;
	u32 i;

	for (i = 0; i < count; i++) {
		parameter = parameter_new(attachment, &sources[i]);
		if (!parameter)
			return -ENOMEM;
		list_add_tail(&parameter->link, fresh);
	}
	return 0;
}

/* Directories that remain are updated in place, so that readers see no gap. */
static void shown_update(struct attachment *attachment, struct list_head *fresh)
{
	struct parameter *shown, *next, *successor;

	list_for_each_entry_safe(shown, next, &attachment->parameters, link) {
		successor = parameter_find(fresh, kobject_name(&shown->kobj));
		if (successor && parameter_has_shape(shown, successor)) {
			parameter_update(shown, successor);
			parameter_remove(successor);
		} else {
			parameter_remove(shown);
		}
	}
}

/* If memory runs out, no parameter is left: a part must not pass for the whole. */
int params_publish(struct attachment *attachment, const struct parameter_source *sources, u32 count)
{
	struct parameter *parameter, *next;
	LIST_HEAD(fresh);
	int error;

	error = fresh_create(attachment, sources, count, &fresh);
	if (error)
		goto remove_fresh;
	shown_update(attachment, &fresh);
	list_for_each_entry_safe(parameter, next, &fresh, link) {
		error = kobject_add(&parameter->kobj, attachment->params, "%s",
				    kobject_name(&parameter->kobj));
		if (error) {
			list_remove(&attachment->parameters);
			goto remove_fresh;
		}
		list_move_tail(&parameter->link, &attachment->parameters);
	}
	return 0;

remove_fresh:
	list_remove(&fresh);
	return error;
}

int params_create(struct attachment *attachment)
{
	attachment->params = kobject_create_and_add("params", &attachment->device.kobj);
	return attachment->params ? 0 : -ENOMEM;
}

void params_remove(struct attachment *attachment)
{
	list_remove(&attachment->parameters);
	kobject_del(attachment->params);
	kobject_put(attachment->params);
	attachment->params = NULL;
}
