/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/facts/kernel_word.h"

#include <string.h>

/* Was the fact collected? A fact that exists was, whatever the inventory's globs say. */
static bool is_collected(const struct device *device, const char *key)
{
	const struct wanted *wanted =
		device->wanted.globs ? &device->wanted : &device->host->wanted;

	return !wanted->globs || fact_glob_any(wanted->globs, wanted->count, key) ||
	       factset_find(&device->facts, key);
}

/* Is word one of the lines of text? */
static bool has_line(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (;; text++) {
		size_t size = strcspn(text, "\n");

		if (size == len && memcmp(text, word, len) == 0)
			return true;
		text += size;
		if (!*text)
			return false;
	}
}

/*
 * The kernel makes a folder for each VFIO device, but files in it only if the driver can
 * migrate (drivers/vfio/debugfs.c). A file that cannot be read exists, too.
 */
uint32_t kernel_word(const struct device *device)
{
	const struct fact *features = factset_find(&device->facts, KERNEL_WORD_FEATURES);
	const char *folder = factset_text(&device->facts, KERNEL_WORD_FOLDER);
	const char *listed = factset_text(&device->facts, KERNEL_WORD_FEATURES);

	/* A file that is no text does not list it either. */
	if (features && !features->error && !(listed && has_line(listed, "stop-copy")))
		return MIGCOMPAT_NO;
	if (features || factset_find(&device->facts, KERNEL_WORD_STATE))
		return MIGCOMPAT_YES;
	if (folder && strcmp(folder, "yes") == 0 && is_collected(device, KERNEL_WORD_STATE) &&
	    is_collected(device, KERNEL_WORD_FEATURES))
		return MIGCOMPAT_NO;
	return MIGCOMPAT_UNKNOWN;
}
