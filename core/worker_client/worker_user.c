/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user for workers that root starts, and the argument that passes it on. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/worker_client/worker.h"

#define USER "migcompat-worker"
#define NOBODY 65534u /* the overflow id: owns nothing on any system */

/*
 * Is this NAME:PASSWORD:UID:GID:… of the user? An entry with root's numbers is ignored.
 */
static bool line_parse(char *line, unsigned *ret_uid, unsigned *ret_gid)
{
	const char *name = strsep(&line, ":"), *password = strsep(&line, ":"),
		   *uid = strsep(&line, ":"), *gid = strsep(&line, ":");
	unsigned u, g;

	if (strcmp(name, USER) != 0 || !password || !uid || !gid || sscanf(uid, "%u", &u) != 1 ||
	    sscanf(gid, "%u", &g) != 1 || u == 0 || g == 0)
		return false;
	*ret_uid = u;
	*ret_gid = g;
	return true;
}

void worker_user(const char *passwd, char *ret, size_t size)
{
	FILE *file = fopen(passwd, "re");
	unsigned uid = NOBODY, gid = NOBODY;
	char *line = NULL;
	size_t room = 0;

	/* fgetpwent takes four times as long, since it calls fgetpos for each line. */
	while (file && getline(&line, &room, file) > 0 && !line_parse(line, &uid, &gid))
		;
	free(line);
	if (file)
		fclose(file);
	snprintf(ret, size, "%u:%u", uid, gid);
}

void worker_terms(const char *user, unsigned memory_kib, unsigned oom,
		  char ret[static TERMS_TEXT_MAX])
{
	snprintf(ret, TERMS_TEXT_MAX, "%s:%u:%u", user, memory_kib, oom);
}
