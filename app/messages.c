#include "messages.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct code_words {
	const char *name;
	int status;
	const char *message[2]; /* by enum language */
};

static const struct code_words codes[CODE_COUNT] = {
	[CODE_RESERVED] = {"reserved", 201,
		{"The items are reserved for you.", "Ürünler sizin için ayrıldı."}},
	[CODE_CANCELLED] = {"cancelled", 200,
		{"The reservation is cancelled.", "Rezervasyon iptal edildi."}},
	[CODE_CONVERTED] = {"converted", 200,
		{"The reservation is converted into an order.",
			"Rezervasyon siparişe dönüştürüldü."}},
	[CODE_REVIVED] = {"revived", 200,
		{"The reservation had expired, but the items were still available: it is "
		 "converted into an order.",
			"Rezervasyonun süresi dolmuştu ama ürünler hâlâ mevcuttu: siparişe "
			"dönüştürüldü."}},
	[CODE_EXTENDED] = {"extended", 200,
		{"The reservation is extended.", "Rezervasyonun süresi uzatıldı."}},
	[CODE_MERGED] = {"merged", 200,
		{"The reservations are yours.", "Rezervasyonlar hesabınıza taşındı."}},
	[CODE_AVAILABILITY] = {"availability", 200,
		{"What is available now.", "Şu anda mevcut olanlar."}},
	[CODE_LISTED] = {"listed", 200, {"What is reserved for you.", "Sizin için ayrılanlar."}},
	[CODE_DUPLICATE] = {"duplicate", 200,
		{"The same reservation stands above; this line counts no second time.",
			"Aynı rezervasyon yukarıda var; bu satır ikinci kez sayılmaz."}},
	[CODE_WOULD_CONVERT] = {"would_convert", 200,
		{"Nothing was done: another line was refused.",
			"Hiçbir şey yapılmadı: başka bir satır reddedildi."}},
	[CODE_CLEANED] = {"cleaned", 200,
		{"Expired reservations are cleaned up.",
			"Süresi dolan rezervasyonlar temizlendi."}},
	[CODE_READY] = {"ready", 200, {"Ready.", "Hazır."}},
	[CODE_LIVE] = {"live", 200, {"Running.", "Çalışıyor."}},
	[CODE_METRICS] = {"metrics", 200, {"", ""}},
	[CODE_NOT_FOUND] = {"not_found", 404,
		{"There is no such reservation.", "Böyle bir rezervasyon yok."}},
	[CODE_VARIANT_NOT_FOUND] = {"variant_not_found", 404,
		{"There is no such product.", "Böyle bir ürün yok."}},
	[CODE_RESERVATION_NOT_FOUND] = {"reservation_not_found", 404,
		{"There is no such reservation.", "Böyle bir rezervasyon yok."}},
	[CODE_INSUFFICIENT_STOCK] = {"insufficient_stock", 409,
		{"There is not enough stock.", "Yeterli stok yok."}},
	[CODE_RESERVATION_CANCELLED] = {"reservation_cancelled", 409,
		{"The reservation was cancelled.", "Rezervasyon iptal edilmiş."}},
	[CODE_RESERVATION_EXPIRED] = {"reservation_expired", 409,
		{"The reservation has expired. Please reserve the items again.",
			"Rezervasyonun süresi doldu. Lütfen ürünleri yeniden ayırın."}},
	[CODE_ALREADY_CONVERTED] = {"already_converted", 409,
		{"The reservation is already converted into an order.",
			"Rezervasyon zaten siparişe dönüştürülmüş."}},
	[CODE_CONVERTED_FOR_OTHER_ORDER] = {"converted_for_other_order", 409,
		{"The reservation was converted for another order.",
			"Rezervasyon başka bir sipariş için dönüştürülmüş."}},
	[CODE_LATE_SHORT] = {"late_short", 409,
		{"The reservation has expired, and the items are no longer available.",
			"Rezervasyonun süresi doldu ve ürünler artık mevcut değil."}},
	[CODE_STOCK_SHORT] = {"stock_short", 409,
		{"There are fewer items in stock than were reserved.",
			"Stokta ayrılandan daha az ürün var."}},
	[CODE_LIMIT_REACHED] = {"limit_reached", 409,
		{"That is more than can be reserved at a time.",
			"Bu, aynı anda ayrılabilecek miktardan fazla."}},
	[CODE_IDEMPOTENCY_KEY_REUSED] = {"idempotency_key_reused", 422,
		{"This Idempotency-Key was used for another request.",
			"Bu Idempotency-Key başka bir istek için kullanılmış."}},
	[CODE_INVALID_REQUEST] = {"invalid_request", 400,
		{"The request is not valid.", "İstek geçerli değil."}},
	[CODE_UNAUTHORIZED] = {"unauthorized", 401,
		{"The x-api-key is missing or not valid.", "x-api-key eksik veya geçersiz."}},
	[CODE_NOT_ALLOWED] = {"not_allowed", 403,
		{"This caller may not ask for that.", "Bu istek için yetki yok."}},
	[CODE_NO_SUCH_ENDPOINT] = {"no_such_endpoint", 404,
		{"There is no such endpoint.", "Böyle bir uç nokta yok."}},
	[CODE_METHOD_NOT_ALLOWED] = {"method_not_allowed", 405,
		{"This endpoint does not know that method.", "Bu uç nokta bu yöntemi tanımıyor."}},
	[CODE_BODY_TOO_LARGE] = {"body_too_large", 413,
		{"The body of the request is too large.", "İsteğin gövdesi çok büyük."}},
	[CODE_UNSUPPORTED_MEDIA_TYPE] = {"unsupported_media_type", 415,
		{"The body of the request must be application/json.",
			"İsteğin gövdesi application/json olmalı."}},
	[CODE_BUSY] = {"busy", 503,
		{"The service is busy. Please try again.",
			"Hizmet şu anda yoğun. Lütfen yeniden deneyin."}},
	[CODE_DATABASE_UNAVAILABLE] = {"database_unavailable", 503,
		{"The database cannot be reached at the moment. Please try again.",
			"Veritabanına şu anda ulaşılamıyor. Lütfen yeniden deneyin."}},
	[CODE_INTERNAL_ERROR] = {"internal_error", 500,
		{"Something went wrong. Please try again.",
			"Bir şeyler ters gitti. Lütfen yeniden deneyin."}},
};

/* {min} and {max} stand for the bounds. */
static const char *const fault_words[FAULT_KIND_COUNT][2] = {
	[FAULT_SYNTAX] = {"is not valid JSON", "geçerli bir JSON değil"},
	[FAULT_ENCODING] = {"has text that is not valid UTF-8, or a NUL",
		"geçerli UTF-8 olmayan bir metin ya da NUL içeriyor"},
	[FAULT_DEPTH] = {"is nested too deeply", "çok derin iç içe geçmiş"},
	[FAULT_MEMBERS] = {"has too many members", "çok fazla üye içeriyor"},
	[FAULT_DUPLICATE_MEMBER] = {"stands more than once", "birden fazla kez verilmiş"},
	[FAULT_NOT_OBJECT] = {"must be a JSON object", "bir JSON nesnesi olmalı"},
	[FAULT_REQUIRED] = {"is required", "zorunlu"},
	[FAULT_EXCLUSIVE] = {"cannot be given together with reservationId",
		"reservationId ile birlikte verilemez"},
	[FAULT_EXCLUSIVE_ITEMS] = {"cannot be given together with items",
		"items ile birlikte verilemez"},
	[FAULT_REPEATED_ID] = {"names a reservation that another line names too",
		"başka bir satırın da verdiği bir rezervasyonu gösteriyor"},
	[FAULT_NOT_INTEGER] = {"must be an integer, as a number or a string of digits",
		"sayı ya da rakamlardan oluşan bir metin olarak tam sayı olmalı"},
	[FAULT_RANGE] = {"must be between {min} and {max}", "{min} ile {max} arasında olmalı"},
	[FAULT_NOT_STRING] = {"must be a string", "bir metin olmalı"},
	[FAULT_LENGTH] = {"must have {min} to {max} characters",
		"{min} ile {max} karakter arasında olmalı"},
	[FAULT_CHARACTERS] = {"may have visible ASCII characters only",
		"yalnızca görünür ASCII karakterler içerebilir"},
	[FAULT_NOT_BOOLEAN] = {"must be true or false", "true ya da false olmalı"},
	[FAULT_NOT_LIST] = {"must be a list", "bir liste olmalı"},
	[FAULT_LIST_LENGTH] = {"must have {min} to {max} elements",
		"{min} ile {max} öğe arasında olmalı"},
	[FAULT_REPEATED_HEADER] = {"stands more than once", "birden fazla kez verilmiş"},
};

const char *language_tag(enum language language)
{
	return language == LANGUAGE_TURKISH ? "tr" : "en";
}

/* The weight of a range, in thousandths: "tr;q=0.8" is 800. */
static int weight_of(const char *range, size_t length)
{
	const char *q = memchr(range, ';', length), *end = range + length;
	int weight = 1000, digit = 100;

	while (q != NULL && q < end && *q != '=')
		q++;
	if (q == NULL || q >= end)
		return weight;
	q++;
	weight = q < end && *q == '1' ? 1000 : 0;
	for (q += 2; q < end && *q >= '0' && *q <= '9' && weight < 1000; q++) {
		weight += (*q - '0') * digit;
		digit /= 10;
	}
	return weight;
}

static bool is_range_of(const char *range, size_t length, const char *tag)
{
	size_t name = strlen(tag);

	return length >= name && strncasecmp(range, tag, name) == 0 &&
	       (length == name || strchr("-; \t", range[name]) != NULL);
}

/* Keeps the highest weight that a language was given. -1: it was not named. */
static void weigh(int *weight, int given)
{
	if (given > *weight)
		*weight = given;
}

enum language language_of(const char *accept_language, enum language otherwise)
{
	int english = -1, turkish = -1, any = -1;

	for (const char *at = accept_language; *at != '\0';) {
		size_t length;

		at += strspn(at, ", \t");
		length = strcspn(at, ",");
		if (is_range_of(at, length, "tr"))
			weigh(&turkish, weight_of(at, length));
		if (is_range_of(at, length, "en"))
			weigh(&english, weight_of(at, length));
		if (is_range_of(at, length, "*"))
			weigh(&any, weight_of(at, length));
		at += length;
	}
	/* The asterisk stands for whatever is not named. */
	english = english < 0 ? any : english;
	turkish = turkish < 0 ? any : turkish;
	/* Not named is no worse than refused. */
	if (turkish == english || (turkish <= 0 && english <= 0))
		return otherwise;
	return turkish > english ? LANGUAGE_TURKISH : LANGUAGE_ENGLISH;
}

const char *action_name(enum action action)
{
	switch (action) {
	case ACTION_NONE:
		return "";
	case ACTION_RESERVE:
		return "reserve";
	case ACTION_CANCEL:
		return "cancel";
	case ACTION_CONVERT:
		return "convert";
	case ACTION_EXTEND:
		return "extend";
	case ACTION_MERGE:
		return "merge";
	case ACTION_CLEANUP:
		return "cleanup";
	case ACTION_AVAILABILITY:
		return "availability";
	case ACTION_LIST:
		return "list";
	case ACTION_READY:
		return "ready";
	case ACTION_LIVE:
		return "live";
	case ACTION_METRICS:
		return "metrics";
	}
	assert(!"an action");
	return "";
}

const char *caller_name(enum caller caller)
{
	static const char *const names[] = {"public", "storefront", "cron"};

	return names[caller];
}

const char *status_name(enum hold_status status)
{
	static const char *const names[] = {"ACTIVE", "COMPLETED", "CANCELLED"};

	return names[status];
}

const char *reason_name(enum cancel_reason reason)
{
	static const char *const names[] = {"", "CUSTOMER", "REPLACED", "EXPIRED", "OPERATOR"};

	assert(reason != REASON_NONE);
	return names[reason];
}

const char *limit_name(enum limit limit)
{
	static const char *const names[] = {"", "quantity", "holds", "units"};

	assert(limit != LIMIT_NONE);
	return names[limit];
}

const char *code_name(enum code code)
{
	return codes[code].name;
}

int code_status(enum code code)
{
	return codes[code].status;
}

const char *status_phrase(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 201:
		return "Created";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 413:
		return "Content Too Large";
	case 422:
		return "Unprocessable Content";
	case 415:
		return "Unsupported Media Type";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

const char *code_message(enum code code, enum language language)
{
	return codes[code].message[language];
}

void fault_message(struct text *text, const struct fault *fault, enum language language)
{
	for (const char *at = fault_words[fault->kind][language]; *at != '\0';) {
		size_t plain = strcspn(at, "{");

		text_add_bytes(text, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		text_add_i64(text, at[2] == 'i' ? fault->min : fault->max);
		at += strlen("{min}");
	}
}
