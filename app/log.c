#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

/* One write: lines of several threads and processes never mix. */
static void write_line(const char *level, const char *format, va_list arguments)
{
	char line[1024], message[900];
	struct timespec now;
	struct text text;
	ssize_t ignored;

	vsnprintf(message, sizeof(message), format, arguments);
	clock_gettime(CLOCK_REALTIME, &now);
	text_init(&text, line, sizeof(line));
	text_add_time(&text, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	text_add(&text, " ");
	text_add(&text, program_invocation_short_name);
	text_add(&text, "[");
	text_add_u64(&text, (uint64_t)getpid());
	text_add(&text, "] ");
	text_add(&text, level);
	text_add(&text, ": ");
	text_add(&text, message);
	text_add(&text, "\n");
	ignored = write(STDERR_FILENO, text.bytes, text.length);
	(void)ignored; /* there is nowhere to complain to */
}

void log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line("info", format, arguments);
	va_end(arguments);
}

void log_warning(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line("warning", format, arguments);
	va_end(arguments);
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line("error", format, arguments);
	va_end(arguments);
}
