/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts about missing confinement. */
#include "core/wire/confinement.h"

#include <stdio.h>

#include "core/facts/macros.h"

static const struct {
	enum confinement step;
	const char *words;
} steps[] = {
	{CONFINEMENT_USER, "no user of its own: it stays root of its user namespace"},
	{CONFINEMENT_FILES,
	 "no Landlock: while it loads, it can open every file that its user can read"},
	{CONFINEMENT_CALLS, "no seccomp filter: it can make every system call"},
	{CONFINEMENT_MEMORY, "no limit of memory"},
	{CONFINEMENT_ORDER,
	 "oom_score_adj not raised: the kernel may end other processes first when memory is short"},
};

const char *confinement_text(uint32_t missing, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < COUNT(steps); i++)
		if (missing & steps[i].step && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "; " : "",
						 steps[i].words);
	return text;
}
