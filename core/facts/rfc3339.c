/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFC 3339. Parsing uses neither the locale nor the clock. */
#include "core/facts/rfc3339.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

/* A number with exactly that many digits, from least to most. */
static bool number(const char **at, unsigned digits, int least, int most, int *ret)
{
	int value = 0;

	for (unsigned i = 0; i < digits; i++, ++*at) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret = value;
	return value >= least && value <= most;
}

static bool punctuation(const char **at, const char *allowed)
{
	if (!**at || !strchr(allowed, **at))
		return false;
	++*at;
	return true;
}

static bool fraction(const char **at)
{
	int digit;

	if (**at != '.')
		return true;
	++*at;
	if (!number(at, 1, 0, 9, &digit))
		return false;
	while (**at >= '0' && **at <= '9')
		++*at;
	return true;
}

static int days(int year, int month)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

/* Seconds ahead of UTC. */
static bool offset(const char **at, int *ret)
{
	char sign = **at;
	int hours, minutes;

	*ret = 0;
	if (!punctuation(at, "Zz+-"))
		return false;
	if (sign == 'Z' || sign == 'z')
		return true;
	if (!number(at, 2, 0, 23, &hours) || !punctuation(at, ":") ||
	    !number(at, 2, 0, 59, &minutes))
		return false;
	*ret = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
	return true;
}

static bool day(const char **at, struct tm *ret)
{
	int year, month;

	if (!number(at, 4, 1, 9999, &year) || !punctuation(at, "-") ||
	    !number(at, 2, 1, 12, &month) || !punctuation(at, "-") ||
	    !number(at, 2, 1, days(year, month), &ret->tm_mday))
		return false;
	ret->tm_year = year - 1900;
	ret->tm_mon = month - 1;
	return true;
}

bool rfc3339_is_day(const char *text)
{
	struct tm parts;

	return day(&text, &parts) && !*text;
}

int rfc3339_parse(const char *text, int64_t *ret)
{
	const char *at = text;
	struct tm parts = {0};
	time_t seconds;
	int ahead;

	if (!day(&at, &parts) || !punctuation(&at, "Tt ") ||
	    !number(&at, 2, 0, 23, &parts.tm_hour) || !punctuation(&at, ":") ||
	    !number(&at, 2, 0, 59, &parts.tm_min) || !punctuation(&at, ":") ||
	    !number(&at, 2, 0, 60, &parts.tm_sec) || !fraction(&at) || !offset(&at, &ahead) || *at)
		return -EINVAL;
	seconds = timegm(&parts);
	*ret = (int64_t)seconds - ahead;
	return 0;
}

size_t rfc3339_now(char text[static RFC3339_BYTES])
{
	time_t seconds = time(NULL);
	struct tm parts;

	return gmtime_r(&seconds, &parts)
		       ? strftime(text, RFC3339_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts)
		       : 0;
}
