/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads and writes the file of holds. Everything unexpected in the file is an error, since a hold
 * must never be missed.
 */
#include "core/check/holds_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/facts/json_source.h"
#include "core/facts/json_write.h"
#include "core/facts/owner.h"
#include "core/facts/text.h"

#define FORMAT "migcompat-holds/1"
#define FILE_BYTES_MAX (16u << 20)

static int entry_read(const char *path, struct hold_list *list, const json_t *entry, size_t index,
		      struct error *err)
{
	static const char *const names[] = {"host", "device", "reason"};
	const char *texts[3];
	struct error why = {0};
	bool there;
	int r;

	for (size_t i = 0; i < 3; i++) {
		texts[i] = json_string_value(json_object_get(entry, names[i]));
		if (!texts[i])
			return error_set(err, -EINVAL, "%s: hold %zu: expected \"%s\" with a text",
					 path, index + 1, names[i]);
	}
	hold_list_index(list, texts[0], texts[1], &there);
	if (there)
		return error_set(err, -EEXIST, "%s: hold %zu: device \"%s\" is there twice", path,
				 index + 1, texts[1]);
	r = hold_list_put(list, texts[0], texts[1], texts[2], &why);
	return r ? error_set(err, r, "%s: hold %zu: %s", path, index + 1, why.text) : 0;
}

static int document_read(const char *path, struct hold_list *list, const json_t *document,
			 struct error *err)
{
	const char *format = json_string_value(json_object_get(document, "format"));
	const json_t *entries = json_object_get(document, "holds");
	int r = 0;

	if (!format || strcmp(format, FORMAT) != 0)
		return error_set(err, -EINVAL, "%s: expected \"format\" with \"" FORMAT "\"", path);
	if (!json_is_array(entries))
		return error_set(err, -EINVAL, "%s: expected \"holds\" with an array", path);
	for (size_t i = 0; i < json_array_size(entries) && !r; i++)
		r = entry_read(path, list, json_array_get(entries, i), i, err);
	return r;
}

/* A user that can write the file or its folder could lift a hold. */
static int keeper_check(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, -errno, "%s: %s", path, strerror(errno));
	return owner_check(&st, path, ", since operators' holds are kept there", err);
}

int holds_folder_open(const char *dir, struct error *err)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return error_set(err, -errno, "%s: cannot be opened: %s", dir, strerror(errno));
	r = keeper_check(fd, dir, err);
	if (!r)
		return fd;
	close(fd);
	return r;
}

static int source_read(struct json_source *source, struct hold_list *list, struct error *err)
{
	json_t *document = NULL;
	int r = keeper_check(source->fd, source->name, err);

	if (!r)
		r = json_source_value(source, "holds", FILE_BYTES_MAX, &document, err);
	if (!r)
		r = json_source_finish(source, err);
	if (!r)
		r = document_read(source->name, list, document, err);
	json_decref(document);
	return r;
}

int holds_file_read(const char *dir, const char *path, struct hold_list *list, struct error *err)
{
	struct json_source source = {.fd = -1};
	struct error why = {0};
	int folder = holds_folder_open(dir, &why);
	int r = 0;

	if (folder < 0)
		return folder == -ENOENT ? 0 : error_set(err, folder, "%s", why.text);
	/* A link to nowhere counts as a file, and is refused: its target may have holds. */
	if (faccessat(folder, HOLDS_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT)
		r = json_source_open_at(&source, folder, HOLDS_NAME, path, FILE_BYTES_MAX, err);
	if (!r && source.fd >= 0) {
		r = source_read(&source, list, err);
		json_source_close(&source);
	}
	close(folder);
	return r;
}

static char *document_text(const struct hold_list *holds)
{
	json_t *list = json_array(), *document;
	char *text = NULL;

	for (size_t i = 0; i < holds->count; i++) {
		const struct hold *hold = &holds->list[i];

		if (json_array_append_new(list,
					  json_pack("{s:s,s:s,s:s}", "host", hold->host, "device",
						    hold->device, "reason", hold->reason))) {
			json_decref(list);
			return NULL;
		}
	}
	document = json_pack("{s:s,s:o}", "format", FORMAT, "holds", list);
	if (document)
		text = json_write(document, JSON_INDENT(1));
	json_decref(document);
	return text;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		text += done;
		len -= (size_t)done;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* The folder of a path: up to its last slash, which stays, since it may be the root's; or ".". */
static int folder_of(const char *path, char folder[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	return text_format(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path + 1) : 1,
			   slash ? path : ".");
}

/* Without this a power failure could bring the old list back, without a hold. */
static int folder_sync(const char *path)
{
	char folder[PATH_MAX];
	int fd, r;

	if (folder_of(path, folder) < 0)
		return -ENAMETOOLONG;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* EINVAL: the file system cannot sync folders. */
	r = fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
	close(fd);
	return r;
}

/*
 * Let the folder's group read the file, whatever the umask: callers that may ask the service must
 * also see holds when they do not. If the folder lacks the set-group-ID bit and the group cannot be
 * set, those callers cannot read the file, which is no yes.
 */
static int share(int fd, const char *path)
{
	char folder[PATH_MAX];
	struct stat st;

	if (folder_of(path, folder) >= 0 && stat(folder, &st) == 0)
		(void)!fchown(fd, (uid_t)-1, st.st_gid);
	return fchmod(fd, 0640) < 0 ? -errno : 0;
}

int holds_file_write(const char *path, const struct hold_list *list, struct error *err)
{
	char next[PATH_MAX + 8];
	char *text = document_text(list);
	int fd, r;

	if (!text)
		return error_set(err, -ENOMEM, "out of memory");
	if (text_format(next, sizeof(next), "%s.new", path) < 0) {
		free(text);
		return error_set(err, -ENAMETOOLONG,
				 "%s could not be written: the path is too long", path);
	}
	unlink(next);
	fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	r = fd < 0 ? -errno : share(fd, path);
	if (!r)
		r = write_all(fd, text, strlen(text));
	if (fd >= 0 && close(fd) < 0 && !r)
		r = -errno;
	if (!r && rename(next, path) < 0)
		r = -errno;
	if (r && fd >= 0)
		unlink(next);
	if (!r)
		r = folder_sync(path);
	free(text);
	return r ? error_set(err, r, "%s could not be written: %s", path, strerror(-r)) : 0;
}
