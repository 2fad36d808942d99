#include "ctl_progress.h"

#include <stdio.h>
#include <unistd.h>

#include "monotonic.h"

#define EVERY_MS  200
#define BAR_WIDTH 20
#define COLUMNS	  79
#define AFTER_MS  500 /* before that, a guess of the time left is worth nothing */

void progress_init(struct progress *progress)
{
	*progress = (struct progress){.on = isatty(STDERR_FILENO) == 1};
}

void progress_begin(struct progress *progress, const char *what, const char *unit)
{
	progress_hide(progress);
	progress->what = what;
	progress->unit = unit;
	progress->began_ms = monotonic_ms();
	progress->shown_ms = progress->began_ms;
}

static void add_left(struct text *text, int64_t seconds)
{
	char words[32];

	if (seconds < 100)
		snprintf(words, sizeof(words), ", %d s left", (int)seconds);
	else
		snprintf(words, sizeof(words), ", %d min left", (int)((seconds + 59) / 60));
	text_add(text, words);
}

static void add_rate(struct text *text, uint64_t count, int64_t elapsed_ms, const char *unit)
{
	char words[64];

	snprintf(words, sizeof(words), "%llu %s/s",
		(unsigned long long)(count * 1000 / (uint64_t)elapsed_ms), unit);
	text_add(text, words);
}

void progress_words(struct text *text, const struct progress *progress, int64_t elapsed_ms,
	uint64_t done, uint64_t total, uint64_t count)
{
	uint64_t percent;

	if (done > total)
		done = total;
	percent = total > 0 ? done * 100 / total : 0;
	text_add(text, progress->what);
	text_add(text, " [");
	for (uint64_t i = 0; i < BAR_WIDTH; i++)
		text_add(text, i < percent * BAR_WIDTH / 100 ? "#" : ".");
	text_add(text, "] ");
	text_add_u64(text, percent);
	text_add(text, " %, ");
	add_rate(text, count, elapsed_ms > 0 ? elapsed_ms : 1, progress->unit);
	if (done > 0 && elapsed_ms >= AFTER_MS)
		add_left(text, (int64_t)((double)elapsed_ms * (double)(total - done) /
						 (double)done / 1000 +
					 0.5));
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total, uint64_t count)
{
	int64_t now_ms;
	char memory[256];
	struct text text;

	if (!progress->on)
		return;
	now_ms = monotonic_ms();
	if (now_ms - progress->shown_ms < EVERY_MS)
		return;
	progress->shown_ms = now_ms;
	progress->visible = true;
	text_init(&text, memory, sizeof(memory));
	progress_words(&text, progress, now_ms - progress->began_ms, done, total, count);
	/* \033[K clears the rest of the line. */
	fprintf(stderr, "\r%.*s\033[K", COLUMNS, text.bytes);
}

void progress_hide(struct progress *progress)
{
	if (progress->visible)
		fputs("\r\033[K", stderr);
	progress->visible = false;
}
