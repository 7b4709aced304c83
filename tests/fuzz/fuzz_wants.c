/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads globs of backends and targets of links, one in a line. None of them leads out of
 * /sys.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/discovery/sysfs.h"
#include "core/discovery/wants.h"

#define GLOBS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_globs(const struct discovery_want *list, size_t count)
{
	struct arena arena = {0};
	struct intern intern;
	struct wants wants;

	intern_init(&intern, &arena);
	if (wants_compile(&wants, &intern, list, count, NULL) != 0)
		abort();
	for (size_t i = 0; i < wants.count; i++) {
		const char *glob = wants.globs[i];

		if (glob[0] == '/' || strcmp(glob, "..") == 0 || strncmp(glob, "../", 3) == 0 ||
		    strstr(glob, "/../"))
			abort();
	}
	intern_free(&intern);
	arena_free(&arena);
}

static void check_link(const char *target)
{
	struct sysfs_path folder, real;

	if (sysfs_path_set(&folder, "/sys/devices/a/b") < 0 ||
	    sysfs_follow(&folder, target, &real) < 0)
		return;
	if (strlen(real.text) != real.len || strncmp(real.text, "/sys", 4) != 0 ||
	    (real.text[4] && real.text[4] != '/') || strstr(real.text, "/../"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct discovery_want list[GLOBS];
	char *text = strndup((const char *)data, size), *rest = text, *line;
	size_t count = 0;

	if (!text)
		return 0;
	while (count < GLOBS && (line = strsep(&rest, "\n"))) {
		check_link(line);
		list[count] = (struct discovery_want){line, count % 2 ? MIGCOMPAT_WANT_HOST : 0};
		count++;
	}
	check_globs(list, count);
	free(text);
	return 0;
}
