/* The operator's log: one line an event, on standard error. The supervisor adds the time. */
#ifndef STOK_LOG_H
#define STOK_LOG_H

/* Any thread may call these; a line is written whole. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
