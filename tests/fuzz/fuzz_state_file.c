/*
 * fuzz_state_file - any bytes as the text after a right checksum; what was
 * read is written and read again, and must be the same.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "daemon/state/state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void again(const struct state_book *book)
{
	struct buf first = BUF_INIT(1 << 20), second = BUF_INIT(1 << 20);
	struct state_book back = { 0 };
	const char *why = NULL;

	state_file_print(book, &first);
	if (first.failed)
		goto out;
	if (state_file_parse(first.data, first.len, &back, &why) < 0)
		abort();
	if (back.n_notes > book->n_notes)
		abort();
	state_file_print(&back, &second);
	if (second.failed || second.len > first.len)
		abort();
out:
	state_book_done(&back);
	buf_done(&first);
	buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf text = BUF_INIT(1 << 20);
	struct state_book book = { 0 };
	const char *why = NULL;

	if (len > 1 << 16)
		return 0;
	buf_addf(&text, "evddns-state 1 %08x\n", crc32_of(data, len));
	buf_add(&text, data, len);
	if (state_file_parse(text.data, text.len, &book, &why) == 0)
		again(&book);
	else if (!why)
		abort();
	state_book_done(&book);
	buf_done(&text);
	return 0;
}
