/*
 * The simulation: random work on a small stock, carts that change and change hands, keys that are
 * used again and COMMITs whose answer is lost; every answer and every row compared with the books
 * of an auditor of its own mind. SIM_COMMANDS says how many commands (100000), SIM_SEED repeats a
 * run.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "decide.h"
#include "report.h"
#include "run.h"

#define COMMANDS      100000
#define COVER_FROM    100000 /* commands; with fewer a rare answer may not come */
#define COUNT_OF(all) (sizeof(all) / sizeof((all)[0]))

/* An answer that must have been given at least once. */
struct answer {
	enum action action;
	enum code code;
};

static const struct answer requests[] = {
	{ACTION_RESERVE, CODE_RESERVED},
	{ACTION_RESERVE, CODE_VARIANT_NOT_FOUND},
	{ACTION_RESERVE, CODE_INSUFFICIENT_STOCK},
	{ACTION_RESERVE, CODE_IDEMPOTENCY_KEY_REUSED},
	{ACTION_RESERVE, CODE_RESERVATION_NOT_FOUND},
	{ACTION_RESERVE, CODE_RESERVATION_CANCELLED},
	{ACTION_RESERVE, CODE_ALREADY_CONVERTED},
	{ACTION_RESERVE, CODE_LIMIT_REACHED},
	{ACTION_CANCEL, CODE_CANCELLED},
	{ACTION_CANCEL, CODE_RESERVATION_NOT_FOUND},
	{ACTION_CONVERT, CODE_CONVERTED},
	{ACTION_CONVERT, CODE_RESERVATION_NOT_FOUND},
	{ACTION_CONVERT, CODE_RESERVATION_CANCELLED},
	{ACTION_CONVERT, CODE_CONVERTED_FOR_OTHER_ORDER},
	{ACTION_CONVERT, CODE_LATE_SHORT},
	{ACTION_CONVERT, CODE_INSUFFICIENT_STOCK},
	{ACTION_EXTEND, CODE_EXTENDED},
	{ACTION_EXTEND, CODE_RESERVATION_NOT_FOUND},
	{ACTION_EXTEND, CODE_RESERVATION_CANCELLED},
	{ACTION_EXTEND, CODE_RESERVATION_EXPIRED},
	{ACTION_MERGE, CODE_MERGED},
	{ACTION_CLEANUP, CODE_CLEANED},
};

static const struct answer lines[] = {
	{ACTION_RESERVE, CODE_RESERVED},
	{ACTION_CANCEL, CODE_CANCELLED},
	{ACTION_CANCEL, CODE_ALREADY_CONVERTED},
	{ACTION_CANCEL, CODE_DUPLICATE},
	{ACTION_CANCEL, CODE_NOT_FOUND},
	{ACTION_CONVERT, CODE_CONVERTED},
	{ACTION_CONVERT, CODE_REVIVED},
	{ACTION_CONVERT, CODE_ALREADY_CONVERTED},
	{ACTION_CONVERT, CODE_DUPLICATE},
	{ACTION_CONVERT, CODE_WOULD_CONVERT},
	{ACTION_CONVERT, CODE_NOT_FOUND},
	{ACTION_CONVERT, CODE_RESERVATION_CANCELLED},
	{ACTION_CONVERT, CODE_CONVERTED_FOR_OTHER_ORDER},
	{ACTION_CONVERT, CODE_LATE_SHORT},
	{ACTION_CONVERT, CODE_STOCK_SHORT},
	{ACTION_EXTEND, CODE_EXTENDED},
	{ACTION_EXTEND, CODE_ALREADY_CONVERTED},
	{ACTION_EXTEND, CODE_DUPLICATE},
	{ACTION_EXTEND, CODE_NOT_FOUND},
	{ACTION_EXTEND, CODE_RESERVATION_CANCELLED},
	{ACTION_EXTEND, CODE_RESERVATION_EXPIRED},
	{ACTION_MERGE, CODE_MERGED},
};

static const enum action comes_back[] = {ACTION_RESERVE, ACTION_CONVERT, ACTION_CLEANUP};

/* Names what never happened, and returns how much of it there is. */
static uint32_t missing(const struct tally *tally)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < COUNT_OF(requests); i++) {
		if (tally->requests[requests[i].action][requests[i].code] > 0)
			continue;
		printf("# never: %s answered %s\n", report_action(requests[i].action),
			report_code(requests[i].code));
		count++;
	}
	for (uint32_t i = 0; i < COUNT_OF(lines); i++) {
		if (tally->lines[lines[i].action][lines[i].code] > 0)
			continue;
		printf("# never: a line of %s answered %s\n", report_action(lines[i].action),
			report_code(lines[i].code));
		count++;
	}
	for (uint32_t i = 0; i < COUNT_OF(comes_back); i++) {
		if (tally->again[comes_back[i]] > 0)
			continue;
		printf("# never: %s came back for more\n", report_action(comes_back[i]));
		count++;
	}
	for (uint32_t i = 0; i < EVENT_COUNT; i++) {
		if (tally->events[i] > 0 || i == EVENT_FOUND_PART || i == EVENT_MORE)
			continue;
		printf("# never: %s\n", report_event((enum event)i));
		count++;
	}
	return count;
}

int main(void)
{
	static const struct decider decider = {"decide", decide};
	static struct tally tally;
	uint64_t seed = run_seed();
	uint64_t commands = run_number("SIM_COMMANDS", COMMANDS);
	char accusation[512];

	printf("1..2\n# SIM_SEED=0x%016" PRIx64 " SIM_COMMANDS=%" PRIu64 "\n", seed, commands);
	fflush(stdout); /* also if an assertion stops it */
	if (!run_simulation(&decider, seed, commands, true, &tally, accusation)) {
		printf("not ok 1 - after %" PRIu64 " commands, seed 0x%016" PRIx64 ": %s\n",
			tally.commands, seed, accusation);
		printf("not ok 2 - not all was seen\n");
		return EXIT_FAILURE;
	}
	printf("ok 1 - %" PRIu64 " commands, seed 0x%016" PRIx64 "\n", tally.commands, seed);
	report_tally(&tally);
	if (commands < COVER_FROM) {
		printf("ok 2 - every answer was given # SKIP fewer than %d commands\n", COVER_FROM);
		return EXIT_SUCCESS;
	}
	if (missing(&tally) > 0) {
		printf("not ok 2 - every answer was given, seed 0x%016" PRIx64 "\n", seed);
		return EXIT_FAILURE;
	}
	printf("ok 2 - every answer was given\n");
	return EXIT_SUCCESS;
}
