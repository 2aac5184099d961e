#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "config/tree.h"
#include "tests/support/suite.h"

/* Everything that a tree says, on one line. */
static void print_section(struct buf *b, const struct config_section *s)
{
	buf_addf(b, "%s", s->type);
	if (s->title)
		buf_addf(b, " <%s>", s->title);
	buf_addf(b, "@%u{", s->line);
	for (size_t i = 0; i < s->n_settings; i++) {
		const struct config_setting *set = &s->settings[i];

		buf_addf(b, " %s@%u=%s", set->name, set->line,
			 set->skipped ? "skipped" : set->list ? "[" : "");
		for (size_t j = 0; j < set->n_values; j++)
			buf_addf(b, "%s<%s>", j ? "," : "",
				 set->values[j].text);
		buf_add_str(b, set->list && !set->skipped ? "]" : "");
	}
	for (size_t i = 0; i < s->n_sections; i++) {
		buf_add_str(b, " ");
		print_section(b, &s->sections[i]);
	}
	buf_add_str(b, " }");
}

static void print_faults(struct buf *b, const struct faults *f)
{
	char line[1024];

	for (size_t i = 0; i < f->n; i++)
		buf_addf(b, "%s%s", i ? "\n" : "",
			 faults_print(&f->items[i], line, sizeof(line)));
}

static const struct row {
	const char *name;
	const char *text;
	const char *want;   /* the tree; NULL: none */
	const char *faults; /* NULL: none */
} rows[] = {
	{ "nothing at all", "", "", NULL },
	{ "only a comment", "# \xe4 old encodings may stay here", "", NULL },
	{ "a byte order mark", "\xef\xbb\xbf" "a{}", "a@1{ }", NULL },
	{ "an empty section", "hooks { }", "hooks@1{ }", NULL },
	{ "the example of the manual",
	  "provider \"ns\" {\n"
	  "    type     = \"rfc2136\"\n"
	  "    server   = \"192.0.2.53\"              # host or address\n"
	  "    key-name = \"gw\"  key-algorithm = \"hmac-sha256\"\n"
	  "}\n"
	  "record \"home.example.org\" { provider = \"ns\" }\n",
	  "provider <ns>@1{ type@2=<rfc2136> server@3=<192.0.2.53> "
	  "key-name@4=<gw> key-algorithm@4=<hmac-sha256> } "
	  "record <home.example.org>@6{ provider@6=<ns> }", NULL },
	{ "bare words", "s t { a = 192.0.2.1:53 b=::1 c=ppp* d=/a/b-c.d }",
	  "s <t>@1{ a@1=<192.0.2.1:53> b@1=<::1> c@1=<ppp*> d@1=</a/b-c.d> }",
	  NULL },
	{ "lists", "s { a = {x, \"y\" ,z} b = {} c = {1,\n2,\n} }",
	  "s@1{ a@1=[<x>,<y>,<z>] b@1=[] c@1=[<1>,<2>] }", NULL },
	{ "sections within sections", "t { step \"one\" { a = 1 }\n"
	  "step \"two\" { a = 2 } b = 3 c{} }",
	  "t@1{ b@2=<3> step <one>@1{ a@1=<1> } step <two>@2{ a@2=<2> } "
	  "c@2{ } }", NULL },
	{ "CRLF", "s {\r\n a = 1\r\n b = \"c\"\r\n}\r\n",
	  "s@1{ a@2=<1> b@3=<c> }", NULL },
	{ "escapes in double quotes", "s { a = \"\\\\ \\\" \\$ \\${X} $ $x\" }",
	  "s@1{ a@1=<\\ \" $ ${X} $ $x> }", NULL },
	{ "single quotes are literal", "s { a = '\\n ${X} \" # ' }",
	  "s@1{ a@1=<\\n ${X} \" # > }", NULL },
	{ "an empty string", "s { a = \"\" b = '' }", "s@1{ a@1=<> b@1=<> }",
	  NULL },
	{ "the environment", "s \"${TREE_A}.example\" { a = \"x${TREE_A}y\" }",
	  "s <one.example>@1{ a@1=<xoney> }", NULL },
	{ "UTF-8 in quotes", "s { a = \"b\xc3\xbc" "cher\" }",
	  "s@1{ a@1=<b\xc3\xbc" "cher> }", NULL },

	{ "an unset variable is no syntax error",
	  "s { a = \"${TREE_NONE}\"\n b = {\"x\", \"${TREE_NO}\"} c = 1 }",
	  "s@1{ a@1=skipped b@2=skipped c@2=<1> }",
	  "f:1: the environment variable TREE_NONE is not set\n"
	  "f:2: the environment variable TREE_NO is not set" },
	{ "a section with an unset variable in its title is left out",
	  "r \"${TREE_NONE}\" { a = 1 } s { }", "s@1{ }",
	  "f:1: the environment variable TREE_NONE is not set" },
	{ "a variable with a newline", "s { a = \"${TREE_LINES}\" }",
	  "s@1{ a@1=skipped }",
	  "f:1: the environment variable TREE_LINES holds a control "
	  "character" },
	{ "no name in ${}", "s { a = \"${}\" b = \"${1}\" c = \"${A\" }",
	  "s@1{ a@1=skipped b@1=skipped c@1=skipped }",
	  "f:1: \"${\" without the name of a variable and \"}\" (a plain one "
	  "is written \\${ or in single quotes)\n"
	  "f:1: \"${\" without the name of a variable and \"}\" (a plain one "
	  "is written \\${ or in single quotes)\n"
	  "f:1: \"${\" without the name of a variable and \"}\" (a plain one "
	  "is written \\${ or in single quotes)" },
	{ "no such escape", "s {\n a = \"C:\\new\" }", "s@1{ a@2=skipped }",
	  "f:2: in double quotes a backslash stands only before \\, \" or $ "
	  "(single quotes take it as it is)" },
	{ "a setting twice", "s {\n a = 1\n a = 2 }", "s@1{ a@2=<1> }",
	  "f:3: \"a\" is already set on line 2" },
	{ "a setting outside", "a = 1 s {} b = {x, y}\n", "s@1{ }",
	  "f:1: the setting \"a\" stands outside of every section\n"
	  "f:1: the setting \"b\" stands outside of every section" },

	{ "semicolons", "s {\n a = b;\n c = \"d;\"; };",
	  "s@1{ a@2=<b> c@3=<d;> }",
	  "f:2: \";\" ends nothing here: leave it out, or put the value in "
	  "quotes\n"
	  "f:3: \";\" ends nothing here: leave it out, or put the value in "
	  "quotes\n"
	  "f:3: \";\" ends nothing here: leave it out, or put the value in "
	  "quotes" },
	{ "a string without end", "s {\n a = \"b\n}", NULL,
	  "f:2: the closing \" is missing on this line" },
	{ "... in single quotes", "s { a = 'b }", NULL,
	  "f:1: the closing ' is missing on this line" },
	{ "... after a backslash", "s { a = \"b\\", NULL,
	  "f:1: in double quotes a backslash stands only before \\, \" or $ "
	  "(single quotes take it as it is)\n"
	  "f:1: the closing \" is missing on this line" },
	{ "control characters",
	  "s {\n a = \"\x1b[0m\x07\"\n b = \"\x7f\" }", NULL,
	  "f:2: control character 0x1b\nf:3: control character 0x7f" },
	{ "a carriage return alone", "s {\r a = 1 }", NULL,
	  "f:1: control character 0x0d" },
	{ "a section without end", "\nprovider \"a\" {\n b = 1\n"
	  "record \"c\" {\n d = 1\n}\n", NULL,
	  "f:2: the closing } of this provider is missing" },
	{ "one brace too many", "s { } }\n", NULL,
	  "f:1: expected a section (is there one \"}\" too many above?), "
	  "found \"}\"" },
	{ "no brace after the title", "record \"a\"\n provider = \"b\"\n",
	  NULL,
	  "f:1: expected \"{\" after the title of this record, found a word" },
	{ "no equals sign", "s {\n interfaces \"ppp0\"\n b = 1 }", NULL,
	  "f:2: expected \"=\" after \"interfaces\"" },
	{ "a word alone", "s {\n verify\n}", NULL,
	  "f:2: \"verify\": expected \"=\" or \"{\", found \"}\"" },
	{ "a word alone before a setting", "s {\n verify\n b = 1 }", NULL,
	  "f:2: \"verify\": expected \"=\" or \"{\", found a word" },
	{ "a word alone outside", "hello", NULL,
	  "f:1: \"hello\": expected \"=\" or \"{\", found the end of the "
	  "file" },
	{ "several words", "s {\n password = correct horse\n b = 1 }", NULL,
	  "f:2: a value of several words stands in quotes" },
	{ "... and more", "s {\n password = correct horse battery }", NULL,
	  "f:2: a value of several words stands in quotes" },
	{ "no value", "s {\n a = }", NULL, "f:2: \"a\" has no value" },
	{ "no value before the next", "s {\n a =\n b = 1 }", NULL,
	  "f:2: \"a\" has no value" },
	{ "base64 without quotes", "s { a = abc= }", NULL,
	  "f:1: a value with = in it stands in quotes" },
	{ "a list without braces", "s { a = b, c }", NULL,
	  "f:1: a list stands in braces: {a, b}" },
	{ "a list without commas", "s { a = {b c} }", NULL,
	  "f:1: expected \",\" or \"}\" in a list, found a word" },
	{ "a list without end", "s { a = {b,\n", NULL,
	  "f:2: expected a value or \"}\", found the end of the "
	  "file" },
	{ "a dollar without quotes", "s { a = ${X} }", NULL,
	  "f:1: a value with $ in it stands in quotes" },
	{ "UTF-8 without quotes", "s { a = b\xc3\xbc }", NULL,
	  "f:1: what is not ASCII stands in quotes" },
	{ "a string where a name is due", "s { \"a\" = 1 }", NULL,
	  "f:1: expected a setting or \"}\", found a string" },
	{ "too deep", "a{b{c{d{e{f{g{h{i{}}}}}}}}}", NULL,
	  "f:1: sections nest deeper than 8" },
	{ "include without a name", "include()", NULL,
	  "f:1: expected the name of a file, found \")\"" },
	{ "include without end", "include(\"x\"", NULL,
	  "f:1: expected \")\" after the name of a file, found the end of the "
	  "file" },
	{ "include in a section", "s { include(\"x\") }", NULL,
	  "f:1: \"include\": expected \"=\" or \"{\", found \"(\"" },
};

static void set_environment(void)
{
	ck_assert_int_eq(setenv("TREE_A", "one", 1), 0);
	ck_assert_int_eq(setenv("TREE_LINES", "a\nb", 1), 0);
	ck_assert_int_eq(unsetenv("TREE_NONE"), 0);
}

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct config_tree *tree = (void *)&rows, *before = tree;
	struct faults faults = { 0 };
	struct buf got = BUF_INIT(10000), said = BUF_INIT(10000);
	int r = config_tree_parse("f", row->text, strlen(row->text), NULL,
				  &tree, &faults);

	print_faults(&said, &faults);
	ck_assert_msg(strcmp(said.data ? said.data : "",
			     row->faults ? row->faults : "") == 0,
		      "%s: faults are\n%s\nnot\n%s", row->name,
		      said.data ? said.data : "none",
		      row->faults ? row->faults : "none");
	if (!row->want) {
		ck_assert_msg(r == -EINVAL, "%s: %d", row->name, r);
		ck_assert_ptr_eq(tree, before);
	} else {
		ck_assert_msg(r == 0, "%s: %d", row->name, r);
		for (size_t i = 0; i < tree->n_sections; i++) {
			buf_add_str(&got, i ? " " : "");
			print_section(&got, &tree->sections[i]);
		}
		ck_assert_msg(strcmp(got.data ? got.data : "", row->want) == 0,
			      "%s: tree is\n%s\nnot\n%s", row->name, got.data,
			      row->want);
		config_tree_free(tree);
	}
	buf_done(&got);
	buf_done(&said);
	faults_done(&faults);
}
END_TEST

static bool not_in_provider(const char *section, const char *setting)
{
	ck_assert_str_ne(setting, "");
	return strcmp(section, "provider") != 0;
}

START_TEST(test_filter)
{
	static const char text[] =
		"provider \"a\" { token = \"${TREE_NONE}\" b = {\"c\", d} "
		"type = 'e' inner { password = f } }\n"
		"record \"g\" { h = i }";
	struct config_tree *tree;
	struct faults faults = { 0 };
	struct buf got = BUF_INIT(10000);

	ck_assert_int_eq(config_tree_parse("f", text, strlen(text),
					   not_in_provider, &tree, &faults),
			 0);
	ck_assert_uint_eq(faults.n, 0);
	print_section(&got, &tree->sections[0]);
	ck_assert_str_eq(got.data,
			 "provider <a>@1{ token@1=skipped b@1=skipped "
			 "type@1=skipped inner@1{ password@1=skipped } }");
	buf_clear(&got);
	print_section(&got, &tree->sections[1]);
	ck_assert_str_eq(got.data, "record <g>@2{ h@2=<i> }");
	buf_done(&got);
	config_tree_free(tree);
}
END_TEST

/* Files ------------------------------------------------------------------ */

static char dir[64];

static void make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_tree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void remove_dir(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", dir);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Reads main.conf: the first words of its sections, and what was said. */
static int read_main(struct buf *said, struct buf *got)
{
	struct config_tree *tree = NULL;
	struct faults faults = { 0 };
	int r = config_tree_read("main.conf", NULL, &tree, &faults);

	faults_sort(&faults);
	print_faults(said, &faults);
	faults_done(&faults);
	buf_add_str(said, "");
	buf_add_str(got, "");
	for (size_t i = 0; r == 0 && i < tree->n_sections; i++)
		buf_addf(got, "%s@%s:%u ", tree->sections[i].type,
			 tree->sections[i].file, tree->sections[i].line);
	for (size_t i = 0; r == 0 && i < tree->n_files; i++)
		buf_addf(got, "%s%s", i ? "," : "", tree->files[i]);
	config_tree_free(tree);
	return r;
}

static const struct story {
	const char *name;
	const char *files[4][2];
	int want;
	const char *got, *said;
} stories[] = {
	{ "includes are relative to the file that they stand in",
	  { { "main.conf", "a{}\ninclude(\"sub/b.conf\") z{}" },
	    { "sub/b.conf", "\nb{} include('c.conf')" },
	    { "sub/c.conf", "c{}" } },
	  0, "a@main.conf:1 b@sub/b.conf:2 c@sub/c.conf:1 z@main.conf:2 "
	     "main.conf,sub/b.conf,sub/c.conf", "" },
	{ "a file may be included twice, one after the other",
	  { { "main.conf", "include(\"b.conf\") include(b.conf)" },
	    { "b.conf", "b{}" } },
	  0, "b@b.conf:1 b@b.conf:1 main.conf,b.conf,b.conf", "" },
	{ "a cycle",
	  { { "main.conf", "include(\"sub/b.conf\")" },
	    { "sub/b.conf", "\n\ninclude(\"../main.conf\")" } },
	  -EINVAL, "",
	  "sub/b.conf:3: sub/../main.conf includes itself" },
	{ "all files that are missing are told",
	  { { "main.conf", "include(\"x\")\ninclude(\"y\") a{}" } },
	  -ENOENT, "",
	  "main.conf:1: x cannot be read: No such file or directory\n"
	  "main.conf:2: y cannot be read: No such file or directory" },
	{ "the main file is missing", { { "b.conf", "" } }, -ENOENT, "",
	  "main.conf:1: cannot be read: No such file or directory" },
	{ "a folder", { { "main.conf", "include(\"sub\")" } }, -EISDIR, "",
	  "main.conf:1: sub is a directory, not a file" },
	{ "a device", { { "main.conf", "include(\"/dev/null\")" } }, -ENODEV,
	  "", "main.conf:1: /dev/null is not a regular file" },
	{ "a FIFO that nobody writes to",
	  { { "main.conf", "include(\"fifo\")" } }, -ENODEV,
	  "", "main.conf:1: fifo is not a regular file" },
	{ "larger than 1 MiB", { { "main.conf", "include(\"large\")" } },
	  -EFBIG, "", "main.conf:1: large is larger than 1 MiB" },
	{ "a NUL in the last byte of 1 MiB",
	  { { "main.conf", "include(\"full\")" } },
	  -EINVAL, "", "full:1: control character 0x00" },
};

START_TEST(test_files)
{
	const struct story *story = &stories[_i];
	struct buf said = BUF_INIT(10000), got = BUF_INIT(10000);
	int r;

	ck_assert_int_eq(mkdir("sub", 0700), 0);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	write_file("large", "");
	ck_assert_int_eq(truncate("large", (1 << 20) + 1), 0);
	write_file("full", "");
	ck_assert_int_eq(truncate("full", 1 << 20), 0);
	for (int i = 0; i < 4 && story->files[i][0]; i++)
		write_file(story->files[i][0], story->files[i][1]);
	r = read_main(&said, &got);
	ck_assert_msg(r == story->want, "%s: %d", story->name, r);
	ck_assert_str_eq(said.data ? said.data : "", story->said);
	ck_assert_str_eq(got.data ? got.data : "", story->got);
	buf_done(&said);
	buf_done(&got);
}
END_TEST

START_TEST(test_depth)
{
	struct buf said = BUF_INIT(10000), got = BUF_INIT(10000);
	char name[32], text[64];

	write_file("main.conf", "include(\"1.conf\")");
	for (int i = 1; i <= 17; i++) {
		(void)snprintf(name, sizeof(name), "%d.conf", i);
		(void)snprintf(text, sizeof(text), "a{}%s%d.conf%s",
			       i == 17 ? "#" : "include(\"", i + 1,
			       i == 17 ? "" : "\")");
		write_file(name, text);
	}
	ck_assert_int_eq(read_main(&said, &got), -EINVAL);
	ck_assert_str_eq(said.data,
			 "16.conf:1: 17.conf is included more than 16 levels "
			 "deep");
	write_file("16.conf", "a{}");
	buf_clear(&said);
	ck_assert_int_eq(read_main(&said, &got), 0);
	buf_done(&said);
	buf_done(&got);
}
END_TEST

START_TEST(test_mode)
{
	struct config_tree *tree;
	struct faults faults = { 0 };
	const struct config_setting *set;

	write_file("main.conf", "provider x { token = y }");
	ck_assert_int_eq(chmod("main.conf", 0640), 0);
	ck_assert_int_eq(config_tree_read("main.conf", NULL, &tree, &faults),
			 0);
	set = config_section_find(&tree->sections[0], "token");
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->file_mode & 07777, 0640);
	ck_assert_uint_eq(set->file_gid, getegid());
	ck_assert_ptr_null(config_section_find(&tree->sections[0], "tok"));
	config_tree_free(tree);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("tree");
	TCase *text = tcase_create("text"), *files = tcase_create("files");

	tcase_add_checked_fixture(text, set_environment, NULL);
	tcase_add_loop_test(text, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(text, test_filter);
	suite_add_tcase(s, text);
	tcase_add_checked_fixture(files, make_dir, remove_dir);
	tcase_add_loop_test(files, test_files, 0, SUITE_COUNT(stories));
	tcase_add_test(files, test_depth);
	tcase_add_test(files, test_mode);
	suite_add_tcase(s, files);
	return s;
}
