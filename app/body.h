/*
 * The JSON body of each endpoint that has one, from its members to a command. What is missing or
 * wrong is told among the faults of the members.
 */
#ifndef STOK_BODY_H
#define STOK_BODY_H

#include "command.h"
#include "members.h"

void body_reserve(const struct members *body, struct command *command);
void body_cancel(const struct members *body, struct command *command);
void body_convert(const struct members *body, struct command *command);
void body_extend(const struct members *body, struct command *command);
void body_merge(const struct members *body, struct command *command);

#endif
