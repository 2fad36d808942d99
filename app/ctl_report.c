#include "ctl_report.h"

#include <stdarg.h>
#include <string.h>

#include "json_write.h"
#include "text.h"

#define JSON_BYTES 16384 /* a finding's words and a path, every byte escaped */
#define PATH_BYTES 1024

/* JSON is UTF-8, and a terminal is no place for control characters; a path may have both. */
static void tame(const char *string, char *to, size_t size)
{
	size_t length = 0;

	for (; string[length] != '\0' && length < size - 1; length++)
		to[length] = string[length] >= 0x20 && string[length] < 0x7f ? string[length] : '?';
	to[length] = '\0';
}

static void print_json(struct report *report, struct text *text)
{
	json_close_object(text);
	fprintf(report->out, "%s\n", text->bytes);
}

static void print_finding_json(
	struct report *report, const struct finding *finding, const char *path, const char *words)
{
	char memory[JSON_BYTES];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	json_open_object(&text, NULL);
	json_string(&text, "finding", finding_name(finding->kind));
	if (finding->hold != 0)
		json_number(&text, "reservationId", (int64_t)finding->hold);
	if (finding->variant != 0)
		json_number(&text, "variantId", (int64_t)finding->variant);
	if (finding->place.line != 0) {
		json_string(&text, "file", path);
		json_number(&text, "line", finding->place.line);
	}
	json_string(&text, "message", words);
	print_json(report, &text);
}

static void print_finding_text(
	struct report *report, const struct finding *finding, const char *path, const char *words)
{
	if (finding->hold != 0)
		fprintf(report->out, "hold %llu: ", (unsigned long long)finding->hold);
	else if (finding->variant != 0)
		fprintf(report->out, "variant %llu: ", (unsigned long long)finding->variant);
	fprintf(report->out, "%s: %s", finding_name(finding->kind), words);
	if (finding->place.line != 0)
		fprintf(report->out, " (%s:%u)", path, (unsigned int)finding->place.line);
	fputc('\n', report->out);
}

void report_finding(void *context, const struct finding *finding)
{
	struct report *report = context;
	char path[PATH_BYTES] = "", words[FINDING_WORDS];

	report->findings++;
	report->kinds[finding->kind]++;
	if (finding->place.line != 0 && report->paths != NULL)
		tame(report->paths[finding->place.file], path, sizeof(path));
	tame(finding->words, words, sizeof(words));
	progress_hide(report->progress);
	if (report->json)
		print_finding_json(report, finding, path, words);
	else
		print_finding_text(report, finding, path, words);
}

void report_note(struct report *report, const char *format, ...)
{
	char raw[FINDING_WORDS], words[FINDING_WORDS], memory[JSON_BYTES];
	struct text text;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	tame(raw, words, sizeof(words));
	progress_hide(report->progress);
	if (!report->json) {
		fprintf(report->out, "%s\n", words);
		return;
	}
	text_init(&text, memory, sizeof(memory));
	json_open_object(&text, NULL);
	json_string(&text, "note", words);
	print_json(report, &text);
}

static void print_sums_json(struct report *report, const struct sum *sums, uint32_t count)
{
	char memory[JSON_BYTES];
	struct text text;

	text_init(&text, memory, sizeof(memory));
	json_open_object(&text, NULL);
	json_boolean(&text, "agree", report->findings == 0);
	json_number(&text, "findings", (int64_t)report->findings);
	for (uint32_t i = 0; i < count; i++)
		json_number(&text, sums[i].name, (int64_t)sums[i].number);
	json_open_object(&text, "kinds");
	for (int kind = 0; kind < FINDING_KINDS; kind++) {
		if (report->kinds[kind] > 0)
			json_number(&text, finding_name((enum finding_kind)kind),
				(int64_t)report->kinds[kind]);
	}
	json_close_object(&text);
	print_json(report, &text);
}

void report_sums(struct report *report, const struct sum *sums, uint32_t count)
{
	progress_hide(report->progress);
	if (report->json) {
		print_sums_json(report, sums, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		fprintf(report->out, "%12llu %s\n", (unsigned long long)sums[i].number,
			sums[i].words);
	for (int kind = 0; kind < FINDING_KINDS; kind++) {
		if (report->kinds[kind] > 0)
			fprintf(report->out, "%12llu %s\n", (unsigned long long)report->kinds[kind],
				finding_name((enum finding_kind)kind));
	}
	if (report->findings == 0)
		fputs("They agree.\n", report->out);
	else
		fprintf(report->out, "%llu differences.\n", (unsigned long long)report->findings);
}
