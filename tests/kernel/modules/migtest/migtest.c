// SPDX-License-Identifier: GPL-2.0-only
/*
 * A parent of mediated devices for tests, with any number of devices and two types. A
 * guest could not use the devices. The samples of the kernel allow few devices only. All
 * names derive from the module's name, which also selects the backend: under another name
 * it is a module of another vendor. Large devices have a migration_type of this driver,
 * for which the module's files must not be mistaken.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/sysfs.h>
#include <linux/vfio.h>

static unsigned int instances = 16384;
module_param(instances, uint, 0444);
MODULE_PARM_DESC(instances, "how many devices there can be");

static struct mdev_type small_type = {.sysfs_name = "small", .pretty_name = "Small test device"};
static struct mdev_type large_type = {.sysfs_name = "large", .pretty_name = "Large test device"};
static struct mdev_type *types[] = {&small_type, &large_type};

static struct class migtest_class = {.name = KBUILD_MODNAME};
static struct device *parent_device;
static struct mdev_parent parent;

static ssize_t migration_type_show(struct device *dev, struct device_attribute *attribute,
				   char *buffer)
{
	return sysfs_emit(buffer, "the driver's own\n");
}
static DEVICE_ATTR_RO(migration_type);

static int migtest_probe(struct mdev_device *mdev)
{
	return mdev->type == &large_type ? device_create_file(&mdev->dev, &dev_attr_migration_type)
					 : 0;
}

static void migtest_remove(struct mdev_device *mdev)
{
	if (mdev->type == &large_type)
		device_remove_file(&mdev->dev, &dev_attr_migration_type);
}

static struct mdev_driver migtest_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.driver =
		{
			.name = KBUILD_MODNAME,
			.owner = THIS_MODULE,
			.mod_name = KBUILD_MODNAME,
		},
	.probe = migtest_probe,
	.remove = migtest_remove,
};

static int __init migtest_init(void)
{
	int error;

	migtest_driver.max_instances = instances;
	error = mdev_register_driver(&migtest_driver);
	if (error)
		return error;
	error = class_register(&migtest_class);
	if (error)
		goto unregister_driver;
	parent_device = device_create(&migtest_class, NULL, MKDEV(0, 0), NULL, KBUILD_MODNAME);
	if (IS_ERR(parent_device)) {
		error = PTR_ERR(parent_device);
		goto unregister_class;
	}
	error = mdev_register_parent(&parent, parent_device, &migtest_driver, types,
				     ARRAY_SIZE(types));
	if (!error)
		return 0;
	device_unregister(parent_device);
unregister_class:
	class_unregister(&migtest_class);
unregister_driver:
	mdev_unregister_driver(&migtest_driver);
	return error;
}

static void __exit migtest_exit(void)
{
	mdev_unregister_parent(&parent);
	device_unregister(parent_device);
	class_unregister(&migtest_class);
	mdev_unregister_driver(&migtest_driver);
	/*
	 * The types are objects in this module's memory. Each of two releases may be
	 * delayed by four seconds.
	 */
	if (IS_ENABLED(CONFIG_DEBUG_KOBJECT_RELEASE))
		ssleep(12);
}

module_init(migtest_init);
module_exit(migtest_exit);

MODULE_DESCRIPTION("Parent of many mediated devices, for migcompat's tests");
MODULE_LICENSE("GPL");
