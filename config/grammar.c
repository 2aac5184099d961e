#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/grammar.h"
#include "config/node.h"

#define SECTION_MAX 8 /* levels of sections within sections */

static int grammar_next(struct grammar *g, bool keep)
{
	return lexer_next(&g->lx, keep, &g->tok);
}

static bool is_text(const struct lexer_token *tok)
{
	return tok->type == LEXER_WORD || tok->type == LEXER_STRING;
}

/* Never the text itself: it may be a part of a secret. */
static const char *token_name(enum lexer_type type)
{
	switch (type) {
	case LEXER_END:
		return "the end of the file";
	case LEXER_WORD:
		return "a word";
	case LEXER_STRING:
		return "a string";
	case LEXER_BRACE_OPEN:
		return "\"{\"";
	case LEXER_BRACE_CLOSE:
		return "\"}\"";
	case LEXER_PAREN_OPEN:
		return "\"(\"";
	case LEXER_PAREN_CLOSE:
		return "\")\"";
	case LEXER_EQUALS:
		return "\"=\"";
	case LEXER_COMMA:
		return "\",\"";
	}
	return "?";
}

static int grammar_expected(struct grammar *g, const char *what)
{
	faults_add(g->lx.faults, g->file, g->tok.line,
		   "expected %s, found %s", what, token_name(g->tok.type));
	return -EINVAL;
}

static int grammar_no_memory(struct grammar *g)
{
	faults_add_no_memory(g->lx.faults, g->file, g->tok.line);
	return -ENOMEM;
}

/* The token becomes a value, unless nobody wants it. */
static int grammar_take_value(struct grammar *g, struct config_setting *set)
{
	struct config_value v = {
		.quoted = g->tok.type == LEXER_STRING,
		.line = g->tok.line,
	};

	g->value_line = g->tok.line;
	if (g->tok.bad)
		set->skipped = true;
	if (set->skipped)
		return 0;
	if (set->n_values >= NODE_MAX_VALUES) {
		faults_add(g->lx.faults, g->file, g->tok.line,
			   "more than %d values", NODE_MAX_VALUES);
		return -EINVAL;
	}
	v.text = node_take_text(&g->tok.text);
	if (node_add_value(set, &v) < 0)
		return grammar_no_memory(g);
	return 0;
}

/* Behind "{". */
static int grammar_list(struct grammar *g, struct config_setting *set,
			bool keep)
{
	int r = grammar_next(g, keep);

	set->list = true;
	while (r == 0 && g->tok.type != LEXER_BRACE_CLOSE) {
		if (!is_text(&g->tok))
			return grammar_expected(g, "a value or \"}\"");
		r = grammar_take_value(g, set);
		if (r < 0)
			return r;
		r = grammar_next(g, false);
		if (r == 0 && g->tok.type == LEXER_COMMA)
			r = grammar_next(g, keep);
		else if (r == 0 && g->tok.type != LEXER_BRACE_CLOSE)
			return grammar_expected(g, "\",\" or \"}\" in a list");
	}
	g->value_line = g->tok.line;
	return r < 0 ? r : grammar_next(g, true);
}

static int grammar_single(struct grammar *g, struct config_setting *set)
{
	int r;

	if (!is_text(&g->tok)) {
		faults_add(g->lx.faults, g->file, set->line,
			   "\"%s\" has no value", set->name);
		return -EINVAL;
	}
	r = grammar_take_value(g, set);
	if (r == 0)
		r = grammar_next(g, true);
	if (r < 0)
		return r;
	if (g->tok.type == LEXER_COMMA) {
		faults_add(g->lx.faults, g->file, g->tok.line,
			   "a list stands in braces: {a, b}");
		return -EINVAL;
	}
	if (g->tok.type == LEXER_EQUALS && g->value_line > set->line) {
		/* "a =" and then, on the next line, "b = c". */
		faults_add(g->lx.faults, g->file, set->line,
			   "\"%s\" has no value", set->name);
		return -EINVAL;
	}
	if (g->tok.type == LEXER_EQUALS) {
		faults_add(g->lx.faults, g->file, g->tok.line,
			   "a value with = in it stands in quotes");
		return -EINVAL;
	}
	return 0;
}

/* At "=". keep: is the value wanted? */
static int grammar_value(struct grammar *g, struct config_setting *set,
			 bool keep)
{
	int r = grammar_next(g, keep);

	set->skipped = !keep;
	if (r < 0)
		return r;
	r = g->tok.type == LEXER_BRACE_OPEN ? grammar_list(g, set, keep)
					     : grammar_single(g, set);
	/* Of a list with one bad value nothing is used. */
	if (set->skipped) {
		for (size_t i = 0; i < set->n_values; i++)
			node_value_done(&set->values[i]);
		set->n_values = 0;
	}
	return r;
}

/* At "="; name is taken over. */
static int grammar_setting(struct grammar *g, struct config_section *s,
			   char *name, unsigned int line)
{
	struct config_setting set = {
		.name = name,
		.file = g->file,
		.line = line,
		.file_mode = g->file_mode,
		.file_gid = g->file_gid,
	};
	const struct config_setting *first = config_section_find(s, name);
	bool keep = !g->wanted ||
		    g->wanted(g->outermost, name);
	int r = grammar_value(g, &set, keep);

	if (r == 0 && first)
		faults_add(g->lx.faults, g->file, line,
			   "\"%s\" is already set on line %u", name,
			   first->line);
	if (r == 0 && s->n_settings >= NODE_MAX_SETTINGS) {
		faults_add(g->lx.faults, g->file, line,
			   "more than %d settings in one section",
			   NODE_MAX_SETTINGS);
		r = -EINVAL;
	}
	if (r < 0 || first) {
		node_setting_done(&set);
		return r;
	}
	return node_add_setting(s, &set) < 0 ? grammar_no_memory(g) : 0;
}

/* Behind a word that neither "=" nor "{" follows. */
static int grammar_lost(struct grammar *g, const char *name, unsigned int line,
			bool crowded)
{
	if (crowded)
		faults_add(g->lx.faults, g->file, line,
			   "a value of several words stands in quotes");
	else
		faults_add(g->lx.faults, g->file, line,
			   "\"%s\": expected \"=\" or \"{\", found %s", name,
			   token_name(g->tok.type));
	return -EINVAL;
}

static int grammar_section(struct grammar *g, char *type, unsigned int line,
			   unsigned int depth, struct config_section *ret);

/* At the first word within a section. */
static int grammar_item(struct grammar *g, struct config_section *s,
			unsigned int depth)
{
	unsigned int line = g->tok.line;
	/* "a = b c": c follows a value on its line. */
	bool crowded = g->value_line == line;
	struct config_section inner;
	char *name = node_take_text(&g->tok.text);
	int r = grammar_next(g, true);

	if (r == 0 && g->tok.type == LEXER_EQUALS)
		return grammar_setting(g, s, name, line);
	if (r == 0 && g->tok.type != LEXER_BRACE_OPEN &&
	    (!is_text(&g->tok) || g->tok.line != line || crowded))
		r = grammar_lost(g, name, line, crowded);
	if (r < 0) {
		/* It may be the second word of an unquoted secret. */
		str_wipe_free(name);
		return r;
	}
	r = grammar_section(g, name, line, depth, &inner);
	if (r < 0)
		return r;
	if (s->n_sections >= NODE_MAX_SETTINGS) {
		faults_add(g->lx.faults, g->file, line,
			   "more than %d sections in one section",
			   NODE_MAX_SETTINGS);
		node_section_done(&inner);
		return -EINVAL;
	}
	if (node_add_section(&s->sections, &s->n_sections, &inner) < 0)
		return grammar_no_memory(g);
	return 0;
}

/* Behind "{", up to "}". */
static int grammar_body(struct grammar *g, struct config_section *s,
			unsigned int depth)
{
	int r = grammar_next(g, true);

	while (r == 0 && g->tok.type != LEXER_BRACE_CLOSE) {
		if (g->tok.type == LEXER_END) {
			faults_add(g->lx.faults, g->file, s->line,
				   "the closing } of this %s is missing",
				   s->type);
			return -EINVAL;
		}
		if (g->tok.type != LEXER_WORD)
			return grammar_expected(g, "a setting or \"}\"");
		r = grammar_item(g, s, depth);
	}
	g->value_line = 0;
	return r < 0 ? r : grammar_next(g, true);
}

/* Behind a title. */
static int grammar_no_brace(struct grammar *g, const char *type,
			    unsigned int line, unsigned int depth)
{
	if (depth == 0)
		faults_add(g->lx.faults, g->file, line,
			   "expected \"{\" after the title of this %s, "
			   "found %s", type, token_name(g->tok.type));
	else
		faults_add(g->lx.faults, g->file, line,
			   "expected \"=\" after \"%s\"", type);
	return -EINVAL;
}

/* Behind the type, which is taken over: at a title or "{". */
static int grammar_section(struct grammar *g, char *type, unsigned int line,
			   unsigned int depth, struct config_section *ret)
{
	struct config_section s = {
		.type = type,
		.file = g->file,
		.line = line,
	};
	int r = 0;

	if (depth >= SECTION_MAX) {
		faults_add(g->lx.faults, g->file, line,
			   "sections nest deeper than %d", SECTION_MAX);
		r = -EINVAL;
	}
	if (r == 0 && is_text(&g->tok)) {
		s.title = node_take_text(&g->tok.text);
		r = grammar_next(g, true);
	}
	if (r == 0 && g->tok.type != LEXER_BRACE_OPEN)
		r = grammar_no_brace(g, type, line, depth);
	if (r == 0)
		r = grammar_body(g, &s, depth + 1);
	if (r < 0) {
		node_section_done(&s);
		return r;
	}
	*ret = s;
	return 0;
}

/* At "(". */
static int grammar_include(struct grammar *g, unsigned int line)
{
	char *path = NULL;
	int r = grammar_next(g, true);

	if (r == 0 && !is_text(&g->tok))
		return grammar_expected(g, "the name of a file");
	if (r == 0 && !g->tok.bad)
		path = node_take_text(&g->tok.text);
	if (r == 0)
		r = grammar_next(g, true);
	if (r == 0 && g->tok.type != LEXER_PAREN_CLOSE)
		r = grammar_expected(g, "\")\" after the name of a file");
	if (r == 0 && path)
		r = g->include(g->user, path, line);
	free(path);
	return r < 0 ? r : grammar_next(g, true);
}

/* A setting where none may stand: told, read, and thrown away. */
static int grammar_stray(struct grammar *g, char *name, unsigned int line)
{
	struct config_setting set = { .name = name, .line = line };
	int r;

	faults_add(g->lx.faults, g->file, line,
		   "the setting \"%s\" stands outside of every section", name);
	r = grammar_value(g, &set, false);
	node_setting_done(&set);
	return r;
}

/* At the first word outside of every section. */
static int grammar_top(struct grammar *g)
{
	unsigned int line = g->tok.line;
	char *name = node_take_text(&g->tok.text);
	struct config_section s;
	bool bad_title;
	int r = grammar_next(g, true);

	if (r == 0 && g->tok.type == LEXER_EQUALS)
		return grammar_stray(g, name, line);
	if (r == 0 && g->tok.type == LEXER_PAREN_OPEN &&
	    strcmp(name, "include") == 0) {
		free(name);
		return grammar_include(g, line);
	}
	if (r == 0 && g->tok.type != LEXER_BRACE_OPEN && !is_text(&g->tok))
		r = grammar_lost(g, name, line, false);
	if (r < 0) {
		free(name);
		return r;
	}
	bad_title = g->tok.bad;
	g->outermost = name;
	r = grammar_section(g, name, line, 0, &s);
	g->outermost = NULL;
	if (r < 0)
		return r;
	if (bad_title) {
		/* Told; to go on about its name would help nobody. */
		node_section_done(&s);
		return 0;
	}
	r = node_add_section(&g->tree->sections,
			     &g->tree->n_sections, &s);
	return r < 0 ? grammar_no_memory(g) : 0;
}

int grammar_run(struct grammar *g)
{
	int r = lexer_check(&g->lx);

	if (r == 0)
		r = grammar_next(g, true);
	while (r == 0 && g->tok.type != LEXER_END) {
		if (g->tok.type == LEXER_WORD)
			r = grammar_top(g);
		else if (g->tok.type == LEXER_BRACE_CLOSE)
			r = grammar_expected(g, "a section (is there one "
						"\"}\" too many above?)");
		else
			r = grammar_expected(g, "a section");
	}
	buf_wipe(&g->tok.text);
	return r;
}
