/*
 * lexer - the words, strings and signs of a configuration file.
 *
 * Pure, but for ${ENV}. Private to the reader (config/tree.c).
 */
#ifndef CONFIG_LEXER_H
#define CONFIG_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "config/faults.h"

enum lexer_type {
	LEXER_END,
	LEXER_WORD,   /* bare */
	LEXER_STRING, /* quoted */
	LEXER_BRACE_OPEN,
	LEXER_BRACE_CLOSE,
	LEXER_PAREN_OPEN,
	LEXER_PAREN_CLOSE,
	LEXER_EQUALS,
	LEXER_COMMA,
};

struct lexer {
	const char *file; /* for faults; borrowed */
	const char *text; /* borrowed */
	size_t len;
	size_t at;
	unsigned int line;
	struct faults *faults;
};

struct lexer_token {
	enum lexer_type type;
	unsigned int line; /* where it begins */
	struct buf text;   /* of a word or string that was to be kept */
	/* A fault in the string was told; the text is not to be used. */
	bool bad;
};

/*
 * Looks for bytes that no configuration holds (NUL, control characters,
 * carriage returns but those before a newline): 0, or -EINVAL with faults.
 * To be called once, first.
 */
int lexer_check(const struct lexer *lx);

/*
 * Reads the next token into *tok, whose buffer is wiped and used again.
 * Where keep is false, the text is not copied and ${ENV} is not looked up. 0,
 * -EINVAL with a fault added where nothing sensible can follow, or -ENOMEM.
 */
int lexer_next(struct lexer *lx, bool keep, struct lexer_token *tok);

#endif
