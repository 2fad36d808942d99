#include "ctl_finding.h"

#include <stdarg.h>
#include <stdio.h>

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[FINDING_KINDS] = {
		[FINDING_LINE_UNREADABLE] = "line_unreadable",
		[FINDING_LINE_TWICE] = "line_twice",
		[FINDING_LINE_MISSING] = "line_missing",
		[FINDING_LINE_REMOVED] = "line_removed",
		[FINDING_LINE_CONTRADICTS] = "line_contradicts",
		[FINDING_ROW_MISSING] = "row_missing",
		[FINDING_ROW_TWICE] = "row_twice",
		[FINDING_ROW_UNCLEAR] = "row_unclear",
		[FINDING_VARIANT_DIFFERS] = "variant_differs",
		[FINDING_QUANTITY_DIFFERS] = "quantity_differs",
		[FINDING_SESSION_DIFFERS] = "session_differs",
		[FINDING_USER_DIFFERS] = "user_differs",
		[FINDING_ORDER_DIFFERS] = "order_differs",
		[FINDING_MAKER_DIFFERS] = "maker_differs",
		[FINDING_END_DIFFERS] = "end_differs",
		[FINDING_SWEPT_DIFFERS] = "swept_differs",
		[FINDING_RESERVED_WRONG] = "reserved_wrong",
		[FINDING_RESERVED_ABOVE_STOCK] = "reserved_above_stock",
		[FINDING_NO_VARIANT] = "no_variant",
		[FINDING_STATUS_INVALID] = "status_invalid",
		[FINDING_QUANTITY_INVALID] = "quantity_invalid",
		[FINDING_SESSION_INVALID] = "session_invalid",
		[FINDING_KEYS_INCOMPLETE] = "keys_incomplete",
		[FINDING_MARKS_OF_AN_END] = "marks_of_an_end",
		[FINDING_END_INCOMPLETE] = "end_incomplete",
		[FINDING_TIME_WRONG] = "time_wrong",
		[FINDING_TOO_OLD] = "too_old",
		[FINDING_NOT_ARCHIVED] = "not_archived",
	};

	return names[kind];
}

void finding_say(struct finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding->words, sizeof(finding->words), format, arguments);
	va_end(arguments);
}
