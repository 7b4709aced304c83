// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rounds of a visiting device, with its readers and writers. In every other round the
 * device stays until it was answered once.
 */
#include "visitor.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION "migration_version"
#define READERS 4
#define NAMES 16
#define PATIENCE_MS 60000

atomic_bool visitor_stop;
static atomic_ulong checked;
static atomic_uint present; /* index of its present or last name */

static const char *visitor_name(const struct visitor *visitor, char name[static 64])
{
	snprintf(name, 64, visitor->name_format, present % visitor->names);
	return name;
}

const char *visitor_path(const struct visitor *visitor, char path[static 256])
{
	char name[64];

	snprintf(path, 256, "%s/%s", visitor->parent, visitor_name(visitor, name));
	return path;
}

static bool is_absence(const struct visitor *visitor, ssize_t result)
{
	return result == -ENOENT || result == -ENODEV ||
	       (visitor->tolerated && result == -visitor->tolerated);
}

static void *reader_run(void *argument)
{
	const struct visitor *visitor = argument;
	ssize_t length = (ssize_t)strlen(visitor->string);
	char buffer[4096], path[256];

	while (!visitor_stop) {
		const char *device = visitor_path(visitor, path), *own = shim_file(device, VERSION);
		ssize_t result = attr_read(own, buffer, sizeof(buffer));

		shim_expect(is_absence(visitor, result) ||
				    (result == length + 1 &&
				     !memcmp(buffer, visitor->string, (size_t)length)),
			    "reading gives %s", shim_name(result));
		result = attr_write(shim_class_file(device, VERSION), visitor->string,
				    strlen(visitor->string));
		shim_expect(is_absence(visitor, result) || result == length, "writing gives %s",
			    shim_name(result));
		result = attr_write(own, visitor->other_string, strlen(visitor->other_string));
		shim_expect(is_absence(visitor, result) || result == -EINVAL,
			    "a wrong string gives %s", shim_name(result));
		if (visitor->parameter) {
			result = attr_read(shim_class_file(device, visitor->parameter), buffer,
					   sizeof(buffer));
			shim_expect(is_absence(visitor, result) || result == 2,
				    "a parameter gives %s", shim_name(result));
		}
		checked++;
	}
	return NULL;
}

/* Wait for an answer, and return it. */
static ssize_t answer_wait(const struct visitor *visitor, const char *path)
{
	ssize_t result = -ENOENT;

	for (int waited = 0; is_absence(visitor, result) && waited < PATIENCE_MS; waited += 2) {
		result = attr_write(shim_file(path, VERSION), visitor->string,
				    strlen(visitor->string));
		if (is_absence(visitor, result))
			sleep_ms(2);
	}
	return result;
}

void visitor_rounds(const struct visitor *visitor)
{
	long rounds = shim_number("SHIM_ROUNDS", 1000), answered = 0;
	pthread_t readers[READERS], companion;
	double start = seconds_now();
	char path[256], name[64];

	visitor_stop = false;
	checked = present = 0;
	for (int i = 0; i < READERS; i++)
		pthread_create(&readers[i], NULL, reader_run, (void *)visitor);
	if (visitor->companion)
		pthread_create(&companion, NULL, visitor->companion, (void *)visitor);
	for (long round = 0; round < rounds; round++) {
		present = (unsigned int)round;
		visitor_path(visitor, path);
		EXPECT_RESULT(0, visitor->come(visitor_name(visitor, name)));
		/* In the other rounds it is removed while it is being attached. */
		if (round % 2 == 0)
			answered += answer_wait(visitor, path) == (ssize_t)strlen(visitor->string);
		EXPECT_RESULT(0, visitor->go(name));
		shim_expect(access(shim_file(path, VERSION), F_OK) != 0, "the files are left");
		shim_expect(access(shim_class_file(path, ""), F_OK) != 0,
			    "the class device is left");
	}
	visitor_stop = true;
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	if (visitor->companion)
		pthread_join(companion, NULL);
	printf("  %ld rounds in %.0f s: answered in %ld, read %lu times\n", rounds,
	       seconds_now() - start, answered, (unsigned long)checked);
	EXPECT_RESULT((rounds + 1) / 2, answered);
}

static char mdev_module[64];

static ssize_t mdev_come(const char *uuid)
{
	char path[256];

	snprintf(path, sizeof(path),
		 "/sys/devices/virtual/%s/%s/mdev_supported_types/%s-small/create", mdev_module,
		 mdev_module, mdev_module);
	return shim_mdev_create(path, uuid);
}

static ssize_t mdev_go(const char *uuid)
{
	char path[256];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", uuid);
	return attr_put(path, "1");
}

void visitor_is_mdev(struct visitor *visitor, const char *module)
{
	static char parent[256];

	snprintf(mdev_module, sizeof(mdev_module), "%s", module);
	snprintf(parent, sizeof(parent), "/devices/virtual/%s/%s", module, module);
	visitor->parent = parent;
	visitor->name_format = "5a1f1a52-1f0e-4c5f-9a63-%012u";
	visitor->names = NAMES;
	visitor->come = mdev_come;
	visitor->go = mdev_go;
}

static ssize_t card_come(const char *address)
{
	return attr_put("/sys/bus/pci/drivers/vfio-pci/bind", address);
}

static ssize_t card_go(const char *address)
{
	return attr_put("/sys/bus/pci/drivers/vfio-pci/unbind", address);
}

void visitor_is_card(struct visitor *visitor)
{
	static char parent[256];
	const char *address = strrchr(shim_card, '/') + 1;

	snprintf(parent, sizeof(parent), "%.*s", (int)(address - 1 - shim_card), shim_card);
	visitor->parent = parent;
	visitor->name_format = address; /* contains no % */
	visitor->names = 1;
	visitor->come = card_come;
	visitor->go = card_go;
}
