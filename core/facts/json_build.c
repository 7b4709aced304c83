/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts documents together. Must not know what they say. */
#include "core/facts/json_build.h"

#include <stdlib.h>
#include <string.h>

#include "core/facts/utf8.h"

json_t *json_clean(const char *text)
{
	json_t *string;
	char *clean;

	if (!text)
		return json_null();
	if (utf8_valid(text, strlen(text)))
		return json_string_nocheck(text);
	clean = strdup(text);
	if (!clean)
		return NULL;
	utf8_mend(clean, strlen(clean));
	string = json_string(clean);
	free(clean);
	return string;
}

void json_set(json_t **object, const char *key, json_t *value)
{
	if (*object && json_object_set_new(*object, key, value) != 0) {
		json_decref(*object);
		*object = NULL;
	} else if (!*object) {
		json_decref(value);
	}
}

void json_append(json_t **array, json_t *value)
{
	if (*array && json_array_append_new(*array, value) != 0) {
		json_decref(*array);
		*array = NULL;
	} else if (!*array) {
		json_decref(value);
	}
}
