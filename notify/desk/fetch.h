/*
 * fetch - HTTPS reflectors: a page that holds an address, and nothing else.
 *
 * To the desk it is an account of a type of its own, so that its jobs are
 * counted, answered and cancelled as all others are.
 */
#ifndef NOTIFY_FETCH_H
#define NOTIFY_FETCH_H

#include "notify/core/type.h"

extern const struct type type_fetch;

#endif
