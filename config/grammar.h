/*
 * grammar - one configuration text into sections, by recursive descent.
 *
 *     file    := { section | include }
 *     include := "include" "(" text ")"
 *     section := word [ text ] "{" { setting | section } "}"
 *     setting := word "=" ( text | "{" [ text { "," text } [ "," ] ] "}" )
 *     text    := word | string
 *
 * Knows nothing of files. Private to the reader (config/reader.c).
 */
#ifndef CONFIG_GRAMMAR_H
#define CONFIG_GRAMMAR_H

#include "config/lexer.h"
#include "config/tree.h"

/* path is borrowed. 0, or -errno and the reading ends. */
typedef int grammar_include_fn(void *user, const char *path,
			       unsigned int line);

struct grammar {
	/* The caller's to set; all borrowed, the tree is added to. */
	struct lexer lx;
	struct config_tree *tree;
	config_wanted_fn *wanted; /* NULL: all */
	grammar_include_fn *include;
	void *user;
	const char *file; /* what nodes carry: lives as long as the tree */
	mode_t file_mode;
	gid_t file_gid;

	struct lexer_token tok;  /* the one that is looked at */
	const char *outermost;   /* type of the section that we are in */
	unsigned int value_line; /* where the last value ended */
};

/* Reads it all. 0, or -errno with a fault added. */
int grammar_run(struct grammar *g);

#endif
