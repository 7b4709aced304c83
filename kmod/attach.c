// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of attachments. A foreign device is looked up, given its files and left again
 * under one mutex, which the notifiers of its bus take, too. So nothing of ours outlives
 * the device's unbinding.
 *
 * Only a device with a bound driver is attached. While a driver probes, nothing is known:
 * after a failed probe no notification would follow. A device that is found on its bus
 * under the mutex still has its removal notification to come.
 */
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/kconfig.h>
#include <linux/kernfs.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringhash.h>
#include <linux/xarray.h>
#include "compat.h"
#include "shim.h"
#include "trace.h"

static DEFINE_MUTEX(attach_lock);
static DEFINE_XARRAY(attachments);      /* by number; all under attach_lock */
static DEFINE_XARRAY(attached_devices); /* by address; also read unlocked */
static DEFINE_HASHTABLE(attached_names, 10);
static u64 last_attachment;
static u32 attachment_count;
static int attaching; /* a device is being attached; also read without the lock */

static migcompat_bus_type *mdev_bus; /* watched; NULL: unknown. Changed by commands only */

/*
 * The removal of a device may wait for this lock, and the device may be a disk. So no
 * allocation under it may start I/O. Returns the state that table_unlock() restores.
 */
static unsigned int table_lock(void)
{
	mutex_lock(&attach_lock);
	return memalloc_noio_save();
}

static void table_unlock(unsigned int noio)
{
	memalloc_noio_restore(noio);
	mutex_unlock(&attach_lock);
}

static void attachment_remove(struct attachment *attachment)
{
	struct device *foreign = attachment->foreign;

	lockdep_assert_held(&attach_lock);
	trace_migcompat_detach(attachment);
	/* End the requests first: the removal of a file waits for callers inside it. */
	request_end_all(attachment, -ENODEV);
	if (foreign)
		sysfs_remove_group(&foreign->kobj, &attachment->group);
	hash_del(&attachment->by_name);
	xa_erase(&attachments, attachment->id);
	attachment_count--;
	class_device_remove(attachment);
	/* Last: from here on the device's removal does not wait for us. */
	if (foreign)
		xa_erase(&attached_devices, (unsigned long)foreign);
}

/*
 * May this device have an attachment, or get one? Most devices have none, and their
 * removal must not wait for attach_lock.
 *
 * The caller's driver was unbound before, or the device has left its bus. attach_on_bus()
 * checks both after it has set `attaching`, and inserts the device before it clears
 * `attaching`. So either the removal sees the flag or the device, or attaching sees the
 * removal.
 */
static bool device_may_be_attached(const struct device *device)
{
	smp_mb(); /* pairs with attach_on_bus() */
	return smp_load_acquire(&attaching) || xa_load(&attached_devices, (unsigned long)device);
}

static int bus_event(struct notifier_block *block, unsigned long action, void *data)
{
	struct attachment *attachment;
	unsigned int noio;

	switch (action) {
	case BUS_NOTIFY_UNBOUND_DRIVER:
	case BUS_NOTIFY_DEL_DEVICE:
	case BUS_NOTIFY_REMOVED_DEVICE:
		break;
	default:
		return NOTIFY_DONE;
	}
	if (!device_may_be_attached(data))
		return NOTIFY_DONE;
	noio = table_lock();
	attachment = xa_load(&attached_devices, (unsigned long)data);
	if (attachment)
		attachment_remove(attachment);
	table_unlock(noio);
	return NOTIFY_DONE;
}

static struct notifier_block pci_notifier = {.notifier_call = bus_event};
static struct notifier_block mdev_notifier = {.notifier_call = bus_event};

/* Every device is in the same kset. */
static struct kset *devices_set(void)
{
	return platform_bus.kobj.kset;
}

/*
 * The directory of PATH in sysfs. No link is followed. kernfs compares the names, because
 * devices can be renamed concurrently.
 */
static struct kernfs_node *folder_find(const char *path)
{
	struct kernfs_node *folder = devices_set()->kobj.sd, *next;
	char *copy = kstrdup(path, GFP_KERNEL), *rest = copy, *part;

	if (!copy)
		return ERR_PTR(-ENOMEM);
	kernfs_get(folder);
	strsep(&rest, "/");
	strsep(&rest, "/"); /* "", "devices" */
	while (folder && (part = strsep(&rest, "/"))) {
		/* Nothing in a namespaced directory can be attached. */
		next = kernfs_type(folder) == KERNFS_DIR && !kernfs_ns_enabled(folder)
			       ? kernfs_find_and_get(folder, part)
			       : NULL;
		kernfs_put(folder);
		folder = next;
	}
	kfree(copy);
	return folder ? folder : ERR_PTR(-ENODEV);
}

/* The bus of mediated devices is not exported. It is found through its first device. */
static bool bus_is_ours(migcompat_bus_type *bus)
{
	return bus && (bus == &pci_bus_type ||
		       (IS_ENABLED(CONFIG_VFIO_MDEV) && !strcmp(bus->name, "mdev")));
}

/*
 * If this path is that of a mediated device, remember the bus, and watch it.
 *
 * A device in the kset is not freed, nor is its bus, so no reference is needed. mdev.ko
 * cannot be unloaded before us (main.c). Not under attach_lock: registering a notifier
 * waits for running notifiers, which wait for attach_lock.
 */
static int bus_learn(const char *path)
{
	struct kset *devices = devices_set();
	struct kernfs_node *folder = folder_find(path);
	migcompat_bus_type *bus = NULL;
	struct kobject *kobj;
	int error = -ENODEV;

	if (IS_ERR(folder))
		return PTR_ERR(folder);
	spin_lock(&devices->list_lock);
	list_for_each_entry(kobj, &devices->list, entry) {
		if (kobj->sd != folder)
			continue;
		bus = kobj_to_dev(kobj)->bus;
		error = bus_is_ours(bus) ? 0 : -EOPNOTSUPP;
		break;
	}
	spin_unlock(&devices->list_lock);
	kernfs_put(folder);
	if (error || bus == &pci_bus_type || bus == mdev_bus)
		return error;
	error = bus_register_notifier(bus, &mdev_notifier);
	if (!error)
		mdev_bus = bus;
	return error;
}

static int device_match_path(struct device *device, const void *data)
{
	const char *path = data;
	char *own;
	int match;

	/*
	 * Compare names first: there may be thousands of devices. Those of these buses
	 * are not renamed.
	 */
	if (strcmp(dev_name(device), kbasename(path)))
		return 0;
	own = kobject_get_path(&device->kobj, GFP_KERNEL);
	match = own && !strcmp(own, path);
	kfree(own);
	return match;
}

/* A reference to the device, if its bus is watched; otherwise NULL. */
static struct device *device_find(const char *path)
{
	struct device *device = bus_find_device(&pci_bus_type, NULL, path, device_match_path);

	if (!device && mdev_bus)
		device = bus_find_device(mdev_bus, NULL, path, device_match_path);
	return device;
}

/* A driver may create files of these names itself. */
static bool device_has_files(struct device *device, const struct attribute_group *group)
{
	struct attribute **attribute;
	struct kernfs_node *file;

	for (attribute = group->attrs; *attribute; attribute++) {
		file = kernfs_find_and_get(device->kobj.sd, (*attribute)->name);
		if (file) {
			kernfs_put(file);
			return true;
		}
	}
	return false;
}

static u32 name_hash(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

static bool name_is_free(const char *name)
{
	struct attachment *attachment;

	hash_for_each_possible(attached_names, attachment, by_name, name_hash(name))
		if (!strcmp(dev_name(&attachment->device), name))
			return false;
	return true;
}

/*
 * Create the group first: the uevent of the class device triggers the udev rule that sets
 * owner and mode of the group's files.
 */
static int attachment_add(struct attachment *attachment, struct device *foreign)
{
	int error;

	lockdep_assert_held(&attach_lock);
	if (attachment_count >= MIGCOMPAT_BROKER_ATTACHMENTS_MAX)
		return -ENOSPC;
	attachment->id = ++last_attachment;
	error = xa_insert(&attachments, attachment->id, attachment, GFP_KERNEL);
	if (error)
		return error;
	if (foreign) {
		error = xa_insert(&attached_devices, (unsigned long)foreign, attachment,
				  GFP_KERNEL);
		if (error)
			goto erase;
		error = sysfs_create_group(&foreign->kobj, &attachment->group);
		if (error)
			goto erase_foreign;
	}
	error = class_device_add(attachment);
	if (error)
		goto remove_group;
	attachment->foreign = foreign;
	hash_add(attached_names, &attachment->by_name, name_hash(dev_name(&attachment->device)));
	attachment_count++;
	trace_migcompat_attach(attachment);
	return 0;

remove_group:
	request_end_all(attachment, -ENODEV);
	if (foreign)
		sysfs_remove_group(&foreign->kobj, &attachment->group);
erase_foreign:
	if (foreign)
		xa_erase(&attached_devices, (unsigned long)foreign);
erase:
	xa_erase(&attachments, attachment->id);
	return error;
}

/* Create an attachment, under attach_lock. On success it owns TYPE. */
static int attachment_make(const char *name, const char *path, struct device *foreign, u32 kind,
			   struct shim_text *type, u64 *ret_id)
{
	struct attachment *attachment;
	int error;

	if (!name_is_free(name))
		return -EEXIST;
	attachment = class_device_new(name, path, foreign, kind);
	if (!attachment)
		return -ENOMEM;
	if (foreign && device_has_files(foreign, &attachment->group)) {
		put_device(&attachment->device);
		return -EEXIST;
	}
	rcu_assign_pointer(attachment->type, type);
	error = attachment_add(attachment, foreign);
	if (error) {
		RCU_INIT_POINTER(attachment->type, NULL);
		put_device(&attachment->device);
		return error;
	}
	*ret_id = attachment->id;
	return 0;
}

/*
 * A device found on its bus still has its notifications to come, and these wait for
 * attach_lock. So the reference taken here is dropped before the device is freed. Returns
 * -ENODEV if no watched bus has such a device with a bound driver.
 */
static int attach_on_bus(const char *path, struct shim_text *type, u64 *ret_id, bool *ret_found)
{
	unsigned int noio = table_lock();
	struct device *device;
	int error;

	smp_store_mb(attaching, 1); /* pairs with device_may_be_attached() */
	device = device_find(path);
	*ret_found = !!device;
	/*
	 * UNBOUND_DRIVER is sent after this state ends, so it is still to come. During a
	 * probe it may never be sent.
	 */
	if (device && READ_ONCE(device->links.status) == DL_DEV_DRIVER_BOUND)
		error = attachment_make(dev_name(device), path, device,
					MIGCOMPAT_BROKER_KIND_DEVICE, type, ret_id);
	else
		error = -ENODEV;
	put_device(device);
	smp_store_release(&attaching, 0); /* pairs with device_may_be_attached() */
	table_unlock(noio);
	return error;
}

int attach_device(const char *path, struct shim_text *type, u64 *ret_id)
{
	bool found;
	int error;

	error = attach_on_bus(path, type, ret_id, &found);
	if (found)
		return error;
	error = bus_learn(path);
	return error ? error : attach_on_bus(path, type, ret_id, &found);
}

int attach_type(const char *name, struct shim_text *type, u64 *ret_id)
{
	unsigned int noio = table_lock();
	int error;

	error = attachment_make(name, "", NULL, MIGCOMPAT_BROKER_KIND_TYPE, type, ret_id);
	table_unlock(noio);
	return error;
}

int attach_remove(u64 id)
{
	unsigned int noio = table_lock();
	struct attachment *attachment = xa_load(&attachments, id);

	if (attachment)
		attachment_remove(attachment);
	table_unlock(noio);
	return attachment ? 0 : -EINVAL;
}

/*
 * On success the attachment owns TYPE. On failure type and parameters stay as they were,
 * unless memory runs out while files are created: then no parameter is left.
 */
int attach_publish(u64 id, struct shim_text *type, const struct parameter_source *parameters,
		   u32 count)
{
	unsigned int noio = table_lock();
	struct attachment *attachment = xa_load(&attachments, id);
	struct shim_text *old = NULL;
	int error = -EINVAL;

	if (attachment)
		error = params_publish(attachment, parameters, count);
	if (!error) {
		old = rcu_replace_pointer(attachment->type, type, lockdep_is_held(&attach_lock));
		class_device_changed(attachment);
	}
	table_unlock(noio);
	if (old)
		kfree_rcu(old, rcu);
	return error;
}

/* A reference to the first attachment with a number greater than AFTER, or NULL. */
struct attachment *attach_next(u64 after)
{
	unsigned int noio = table_lock();
	struct attachment *attachment;
	unsigned long id = after;

	attachment = xa_find_after(&attachments, &id, ULONG_MAX, XA_PRESENT);
	if (attachment)
		get_device(&attachment->device);
	table_unlock(noio);
	return attachment;
}

u32 attach_count(void)
{
	unsigned int noio = table_lock();
	u32 count = attachment_count;

	table_unlock(noio);
	return count;
}

int attach_init(void)
{
	return bus_register_notifier(&pci_bus_type, &pci_notifier);
}

/*
 * Detach everything while the notifiers still run: they detach devices that are removed
 * meanwhile.
 */
void attach_exit(void)
{
	struct attachment *attachment;
	unsigned int noio;
	unsigned long id;

	noio = table_lock();
	xa_for_each(&attachments, id, attachment)
		attachment_remove(attachment);
	table_unlock(noio);
	bus_unregister_notifier(&pci_bus_type, &pci_notifier);
	if (mdev_bus)
		bus_unregister_notifier(mdev_bus, &mdev_notifier);
	xa_destroy(&attached_devices);
	xa_destroy(&attachments);
}
