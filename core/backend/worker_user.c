/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom workers become where root starts them. Run once, before the first worker. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "core/backend/worker.h"

#define USER "migcompat-worker"
#define NOBODY 65534u /* the overflow id: owns nothing on any system */

void worker_user(const char *passwd, char *ret, size_t size)
{
	FILE *file = fopen(passwd, "re");
	struct passwd entry, *found = NULL;
	unsigned uid = NOBODY, gid = NOBODY;
	char line[4096];

	while (file && fgetpwent_r(file, &entry, line, sizeof(line), &found) == 0) {
		if (strcmp(found->pw_name, USER) != 0)
			continue;
		/* Root by another name is nobody to become. */
		if (found->pw_uid != 0 && found->pw_gid != 0) {
			uid = found->pw_uid;
			gid = found->pw_gid;
		}
		break;
	}
	if (file)
		fclose(file);
	snprintf(ret, size, "%u:%u", uid, gid);
}
