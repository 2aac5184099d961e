/*
 * accounts_json - accounts on their way between the processes.
 */
#ifndef NOTIFY_DESK_ACCOUNTS_JSON_H
#define NOTIFY_DESK_ACCOUNTS_JSON_H

#include "notify/desk/accounts.h"

/* With secrets, for the sealed memfd; NULL without memory. */
json_t *accounts_pack(const struct accounts *as);
/* 0, -EBADMSG or -ENOMEM. */
int accounts_unpack(json_t *o, struct accounts *ret);

/* What the daemon may know: {"accounts":[...]}, without secrets. */
json_t *accounts_describe(const struct accounts *as);

#endif
