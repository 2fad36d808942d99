#include "members.h"

#include <stdio.h>
#include <string.h>

#include "number.h"
#include "text.h"

/* Writes the pointer of a member, or of an element of it (index >= 0), into `where`. */
static void point(const struct members *members, const char *name, int64_t index, char *where)
{
	if (index < 0)
		snprintf(where, FAULT_WHERE_MAX, "%s/%s", members->pointer, name);
	else
		snprintf(where, FAULT_WHERE_MAX, "%s/%s/%lld", members->pointer, name,
			(long long)index);
}

void members_fault(const struct members *members, const char *name, enum fault_kind kind)
{
	char where[FAULT_WHERE_MAX];

	point(members, name, -1, where);
	faults_add(members->faults, kind, where);
}

static struct json_object *find(const struct members *members, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(members->object, name, &value);
	return value;
}

bool members_have(const struct members *members, const char *name)
{
	return json_object_object_get_ex(members->object, name, NULL);
}

bool members_have_value(const struct members *members, const char *name)
{
	return find(members, name) != NULL;
}

/* json-c saturates what is past 64 bits, to values that are past any range of ours too. */
static bool integer_of(struct json_object *value, uint64_t *number)
{
	const char *digits;
	size_t length;

	if (json_object_is_type(value, json_type_int)) {
		if (json_object_get_int64(value) < 0)
			*number = UINT64_MAX;
		else
			*number = json_object_get_uint64(value);
		return true;
	}
	if (!json_object_is_type(value, json_type_string))
		return false;
	digits = json_object_get_string(value);
	length = (size_t)json_object_get_string_len(value);
	if (length == 0 || strspn(digits, "0123456789") != length || digits[0] == '0')
		return false;
	if (!number_read(digits, length, number))
		*number = UINT64_MAX;
	return true;
}

static bool read_integer(struct faults *faults, struct json_object *value, const char *where,
	int64_t min, int64_t max, uint64_t *number)
{
	uint64_t given;

	if (!integer_of(value, &given)) {
		faults_add(faults, FAULT_NOT_INTEGER, where);
		return false;
	}
	if (given < (uint64_t)min || given > (uint64_t)max) {
		faults_add_range(faults, FAULT_RANGE, where, min, max);
		return false;
	}
	*number = given;
	return true;
}

bool members_integer(
	const struct members *members, const char *name, int64_t min, int64_t max, uint64_t *value)
{
	char where[FAULT_WHERE_MAX];

	point(members, name, -1, where);
	if (!members_have(members, name)) {
		faults_add(members->faults, FAULT_REQUIRED, where);
		return false;
	}
	return read_integer(members->faults, find(members, name), where, min, max, value);
}

bool members_boolean(const struct members *members, const char *name, bool *value)
{
	struct json_object *member = find(members, name);

	if (!json_object_is_type(member, json_type_boolean)) {
		members_fault(members, name, FAULT_NOT_BOOLEAN);
		return false;
	}
	*value = json_object_get_boolean(member);
	return true;
}

bool members_token(
	const struct members *members, const char *name, size_t max, bool digits_too, char *value)
{
	struct json_object *member = find(members, name);
	bool is_integer = json_object_is_type(member, json_type_int);
	char where[FAULT_WHERE_MAX];
	const char *bytes;
	size_t length;

	point(members, name, -1, where);
	if (!members_have(members, name)) {
		faults_add(members->faults, FAULT_REQUIRED, where);
		return false;
	}
	if (digits_too && is_integer) {
		uint64_t number;

		if (!read_integer(members->faults, member, where, 0, INT64_MAX, &number))
			return false;
		snprintf(value, max + 1, "%llu", (unsigned long long)number);
		return true;
	}
	if (!json_object_is_type(member, json_type_string)) {
		faults_add(members->faults, FAULT_NOT_STRING, where);
		return false;
	}
	bytes = json_object_get_string(member);
	length = (size_t)json_object_get_string_len(member);
	if (length < 1 || length > max)
		faults_add_range(members->faults, FAULT_LENGTH, where, 1, (int64_t)max);
	if (!text_is_visible(bytes, length))
		faults_add(members->faults, FAULT_CHARACTERS, where);
	if (length < 1 || length > max || !text_is_visible(bytes, length))
		return false;
	memcpy(value, bytes, length + 1);
	return true;
}

uint32_t members_list(const struct members *members, const char *name, uint32_t max)
{
	struct json_object *list = find(members, name);
	char where[FAULT_WHERE_MAX];
	size_t length;

	point(members, name, -1, where);
	if (!json_object_is_type(list, json_type_array)) {
		faults_add(members->faults, FAULT_NOT_LIST, where);
		return 0;
	}
	length = json_object_array_length(list);
	if (length < 1 || length > max) {
		faults_add_range(members->faults, FAULT_LIST_LENGTH, where, 1, max);
		return 0;
	}
	return (uint32_t)length;
}

bool members_item(
	const struct members *members, const char *name, uint32_t index, struct member_item *item)
{
	struct json_object *object = json_object_array_get_idx(find(members, name), index);

	point(members, name, index, item->pointer);
	item->members = (struct members){
		.object = object, .pointer = item->pointer, .faults = members->faults};
	if (json_object_is_type(object, json_type_object))
		return true;
	faults_add(members->faults, FAULT_NOT_OBJECT, item->pointer);
	return false;
}

uint32_t members_ids(
	const struct members *members, const char *name, uint32_t max, uint64_t *values)
{
	struct json_object *list = find(members, name);
	uint32_t length = members_list(members, name, max);
	char where[FAULT_WHERE_MAX];
	bool good = true;

	for (uint32_t i = 0; i < length; i++) {
		point(members, name, i, where);
		good = read_integer(members->faults, json_object_array_get_idx(list, i), where, 1,
			       ID_MAX, &values[i]) &&
		       good;
	}
	return good ? length : 0;
}
