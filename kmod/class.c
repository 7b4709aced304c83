// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/migcompat, with one class device an attachment. It counts the attachment's
 * references, and sends events to udev.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "compat.h"
#include "shim.h"

static struct kmem_cache *attachment_cache;

static struct class migcompat_class = {
	.name = "migcompat",
	.dev_groups = attrs_class_groups,
};

static void attachment_release(struct device *device)
{
	struct attachment *attachment = container_of(device, struct attachment, device);

	kfree(rcu_access_pointer(attachment->type));
	kfree(attachment->path);
	kmem_cache_free(attachment_cache, attachment);
	shim_object_put();
}

/*
 * Create an attachment, which is in no table yet. PARENT is referenced from
 * class_device_add() to class_device_remove().
 */
struct attachment *class_device_new(const char *name, const char *path, struct device *parent,
				    u32 kind)
{
	struct attachment *attachment = kmem_cache_zalloc(attachment_cache, GFP_KERNEL);

	if (!attachment)
		return NULL;
	shim_object_get();
	device_initialize(&attachment->device);
	attachment->device.class = &migcompat_class;
	attachment->device.parent = parent;
	attachment->device.release = attachment_release;
	device_set_pm_not_required(&attachment->device);
	attachment->kind = kind;
	INIT_LIST_HEAD(&attachment->parameters);
	INIT_LIST_HEAD(&attachment->requests);
	INIT_HLIST_NODE(&attachment->by_name);
	attrs_init(attachment);
	attachment->path = kstrdup(path, GFP_KERNEL);
	if (!attachment->path || dev_set_name(&attachment->device, "%s", name)) {
		put_device(&attachment->device);
		return NULL;
	}
	return attachment;
}

/* Send the event after all files exist, so that udev rules find them. */
int class_device_add(struct attachment *attachment)
{
	int error;

	dev_set_uevent_suppress(&attachment->device, true);
	error = device_add(&attachment->device);
	if (error)
		return error;
	error = params_create(attachment);
	if (error) {
		/*
		 * Its files may be open, and their removal waits for callers inside them.
		 */
		request_end_all(attachment, -ENODEV);
		device_del(&attachment->device);
		return error;
	}
	dev_set_uevent_suppress(&attachment->device, false);
	kobject_uevent(&attachment->device.kobj, KOBJ_ADD);
	return 0;
}

void class_device_remove(struct attachment *attachment)
{
	params_remove(attachment);
	device_unregister(&attachment->device);
}

void class_device_changed(struct attachment *attachment)
{
	kobject_uevent(&attachment->device.kobj, KOBJ_CHANGE);
}

int class_init(void)
{
	int error;

	attachment_cache = kmem_cache_create("migcompat_attachment", sizeof(struct attachment), 0,
					     MIGCOMPAT_SLAB_FLAGS, NULL);
	if (!attachment_cache)
		return -ENOMEM;
	error = class_register(&migcompat_class);
	if (error)
		kmem_cache_destroy(attachment_cache);
	return error;
}

void class_exit(void)
{
	class_unregister(&migcompat_class);
}

/* Call it after the last release function returned. */
void class_exit_cache(void)
{
	kmem_cache_destroy(attachment_cache);
}
