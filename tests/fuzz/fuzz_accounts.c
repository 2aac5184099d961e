/*
 * fuzz_accounts - any bytes as the accounts that evddns-notify is handed: what
 * was read is packed and read again, and is the same.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "notify/desk/accounts.h"
#include "notify/desk/accounts_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct accounts as = { 0 }, back = { 0 };
	json_t *o = json_loadb((const char *)data, len, 0, NULL), *again;

	if (!o || accounts_unpack(o, &as) < 0) {
		json_decref(o);
		return 0;
	}
	json_decref(o);
	o = accounts_pack(&as);
	if (!o || accounts_unpack(o, &back) < 0)
		abort();
	again = accounts_pack(&back);
	if (!json_equal(o, again))
		abort();
	json_decref(o);
	json_decref(again);
	accounts_done(&as);
	accounts_done(&back);
	return 0;
}
