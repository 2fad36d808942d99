#include "ctl_time.h"

struct reader {
	const char *at;
	const char *end;
};

static bool take(struct reader *reader, char expected)
{
	if (reader->at == reader->end || *reader->at != expected)
		return false;
	reader->at++;
	return true;
}

static bool take_digits(struct reader *reader, int count, int64_t *number)
{
	*number = 0;
	for (int i = 0; i < count; i++) {
		if (reader->at == reader->end || *reader->at < '0' || *reader->at > '9')
			return false;
		*number = *number * 10 + (*reader->at++ - '0');
	}
	return true;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Of the Gregorian calendar; a year is counted from its March, so that its leap day comes last. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = month > 2 ? month - 3 : month + 9;
	int64_t y = month > 2 ? year : year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

static bool take_date(struct reader *reader, int64_t *seconds)
{
	int64_t year, month, day;

	if (!take_digits(reader, 4, &year) || !take(reader, '-') ||
		!take_digits(reader, 2, &month) || !take(reader, '-') ||
		!take_digits(reader, 2, &day))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	*seconds = days_since_epoch(year, month, day) * 86400;
	return true;
}

static bool take_clock(struct reader *reader, int64_t *seconds)
{
	int64_t hour, minute, second;

	if (!take_digits(reader, 2, &hour) || !take(reader, ':') ||
		!take_digits(reader, 2, &minute) || !take(reader, ':') ||
		!take_digits(reader, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*seconds += hour * 3600 + minute * 60 + second;
	return true;
}

static bool take_offset(struct reader *reader, int64_t *seconds)
{
	int64_t hour, minute, sign;

	if (reader->at == reader->end || take(reader, 'Z'))
		return true;
	sign = *reader->at == '-' ? -1 : 1;
	if (!take(reader, '+') && !take(reader, '-'))
		return false;
	if (!take_digits(reader, 2, &hour) || !take(reader, ':') ||
		!take_digits(reader, 2, &minute) || hour > 15 || minute > 59)
		return false;
	*seconds -= sign * (hour * 3600 + minute * 60);
	return true;
}

bool time_read(const char *text, size_t length, int64_t *ms)
{
	struct reader reader = {.at = text, .end = text + length};
	int64_t seconds, fraction = 0;

	if (!take_date(&reader, &seconds))
		return false;
	if (take(&reader, 'T') || take(&reader, ' ')) {
		if (!take_clock(&reader, &seconds))
			return false;
		if (take(&reader, '.') && !take_digits(&reader, 3, &fraction))
			return false;
		if (!take_offset(&reader, &seconds))
			return false;
	}
	if (reader.at != reader.end || seconds < 0)
		return false;
	*ms = seconds * 1000 + fraction;
	return true;
}
