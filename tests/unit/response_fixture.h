/*
 * What the tests of the answers share: an outcome built line by line, and the answer read back by
 * another parser. State is kept between calls; every test begins with `begin` and ends with
 * `finish`.
 */
#ifndef STOK_TESTS_RESPONSE_FIXTURE_H
#define STOK_TESTS_RESPONSE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json.h>

#include "response.h"

#define NOW	INT64_C(1763827200123) /* 2025-11-22T16:00:00.123Z */
#define REQUEST "0123456789abcdef0123456789abcdef"
#define SESSION "the-session-that-nobody-may-read"

/* What is answered: at NOW, to the storefront, about SESSION, in English. */
extern struct response response;
extern struct command command;
extern struct outcome outcome;
extern struct refusal refusal;
extern enum language language;
extern bool legacy; /* to an old client */
extern struct json_object *body;
int begin(void **state);
int finish(void **state);
void came_to(enum code code, bool success);
/* One more line of the outcome: three units of variant 40 + id. */
struct outcome_line *line(enum code code, bool success, uint64_t id);

/* Write an answer, check the form of its head, and read its body back. */
void decided(enum action action, int32_t swept);
void refused(enum code code);
void failed(enum code code);

/* The value of a header that stands at most once. NULL: it is not there. */
const char *header(const char *name);
void assert_header(const char *name, const char *value);

/* Members by name and type. */
struct json_object *member(struct json_object *object, const char *name, json_type type);
struct json_object *element(const char *list, size_t i, size_t length);
void assert_number(struct json_object *object, const char *name, int64_t value);
void assert_string(struct json_object *object, const char *name, const char *value);
void assert_boolean(struct json_object *object, const char *name, bool value);
void assert_null_member(struct json_object *object, const char *name);
void assert_absent(struct json_object *object, const char *name);

/* All that answers of one kind have in common. */
void assert_success(const char *status);
void assert_problem(enum code code);
/* A problem that an old client is told with 200. */
void assert_softened(enum code code);

#endif
