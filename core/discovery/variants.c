/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads modules.alias and keeps the aliases for VFIO. */
#include "core/discovery/variants.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/discovery/sysfs.h"
#include "core/facts/array.h"

#define FILE_MAX (64u << 20)
#define ALIAS "alias vfio_pci:"
#define EVERY "v*d*" /* an alias for all vendors and devices belongs to no variant */
/*
 * The unit of the service hides the folder of modules and binds the file to this place.
 */
#define UNIT_FILE "/run/migcompat/modules.alias"

struct variant {
	const char *pattern; /* "v000015B3d…" */
	const char *module;
};

/* The caller frees the text, which is zero-terminated. */
static int file_read(const char *path, char **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	int r = -EINVAL;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		goto out;
	text = malloc((size_t)st.st_size + 1);
	r = text ? sysfs_read_open(fd, text, (size_t)st.st_size, &len) : -ENOMEM;
	if (r)
		goto out;
	text[len] = '\0';
	*ret = text;
	text = NULL;
out:
	free(text);
	close(fd);
	return r;
}

static int variant_add(struct variants *variants, const char *pattern, const char *module)
{
	struct variant *list = array_grow(variants->list, variants->count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	variants->list = list;
	list[variants->count++] = (struct variant){.pattern = pattern, .module = module};
	return 0;
}

/* Splits "v000015B3d0000101E* mlx" in place. */
static int line_take(struct variants *variants, char *line)
{
	char *module = strchr(line, ' ');

	if (!module || strncmp(line, EVERY, strlen(EVERY)) == 0)
		return 0;
	*module++ = '\0';
	module[strcspn(module, " \t\r")] = '\0';
	return *module ? variant_add(variants, line, module) : 0;
}

int variants_load(struct variants *variants, const char *path)
{
	char *next;
	int r = file_read(path, &variants->text);

	variants->error = r;
	variants->loaded = true;
	if (r)
		return r;
	/* Few lines of this long file are for VFIO. */
	for (char *at = variants->text; !r && (at = strstr(at, ALIAS)); at = next) {
		bool begins = at == variants->text || at[-1] == '\n' || at[-1] == '\0';

		at += strlen(ALIAS);
		next = at + strcspn(at, "\n");
		if (*next)
			*next++ = '\0';
		if (begins)
			r = line_take(variants, at);
	}
	variants->error = r;
	return r;
}

static int load(struct variants *variants)
{
	struct utsname names;
	char path[PATH_MAX];
	int r, other;

	if (uname(&names) < 0)
		return -errno;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.alias", names.release);
	r = variants_load(variants, path);
	if (r && r != -ENOMEM) {
		other = variants_load(variants, UNIT_FILE);
		if (other == -ENOENT)
			variants->error = r;
	}
	return variants->error;
}

void variants_free(struct variants *variants)
{
	free(variants->list);
	free(variants->text);
	*variants = (struct variants){0};
}

static int text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once, one per line, without a newline at the end. */
static char *lines_join(const char **modules, size_t count)
{
	size_t size = 1, len = 0;
	char *text;

	qsort(modules, count, sizeof(*modules), text_order);
	for (size_t i = 0; i < count; i++)
		size += strlen(modules[i]) + 1;
	text = calloc(1, size);
	for (size_t i = 0; text && i < count; i++)
		if (i == 0 || strcmp(modules[i - 1], modules[i]) != 0)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? "\n" : "",
						modules[i]);
	return text;
}

int variants_find(struct variants *variants, const char *modalias, char **ret)
{
	static const char bus[] = "pci:";
	const char **modules;
	size_t count = 0;
	int r = variants->loaded ? variants->error : load(variants);

	*ret = NULL;
	if (r || !variants->count || strncmp(modalias, bus, strlen(bus)) != 0)
		return r == -ENOENT ? 0 : r;
	modules = calloc(variants->count, sizeof(*modules));
	if (!modules)
		return -ENOMEM;
	for (size_t i = 0; i < variants->count; i++)
		if (fnmatch(variants->list[i].pattern, modalias + strlen(bus), 0) == 0)
			modules[count++] = variants->list[i].module;
	if (count)
		*ret = lines_join(modules, count);
	free(modules);
	return count && !*ret ? -ENOMEM : 0;
}
