/* A bar on the terminal for work that takes long. Without a terminal it is silent. */
#ifndef STOK_CTL_PROGRESS_H
#define STOK_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

struct progress {
	bool on;
	bool visible;
	const char *what; /* the step: "reading the logs" */
	const char *unit; /* "lines" */
	int64_t began_ms; /* on the monotonic clock */
	int64_t shown_ms;
};

/* Standard error decides whether it is on. */
void progress_init(struct progress *progress);

/* A new step begins. Both texts are borrowed. */
void progress_begin(struct progress *progress, const char *what, const char *unit);

/* `done` of `total` of the way, and `count` units; may be called as often as one likes. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total, uint64_t count);

/* Takes the bar away, for what is printed next. */
void progress_hide(struct progress *progress);

/* The bar's words: after so many milliseconds, in at most 79 columns. */
void progress_words(struct text *text, const struct progress *progress, int64_t elapsed_ms,
	uint64_t done, uint64_t total, uint64_t count);

#endif
