#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "notify/desk/fetch_judge.h"
#include "notify/types/value.h"

#define SHOWN 40 /* of what came instead of an address */

__attribute__((format(printf, 2, 3)))
static int fetch_wrong(char *why, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(why, FETCH_WHY_SIZE, format, ap);
	va_end(ap);
	return -EBADMSG;
}

static int judge_text(const char *text, size_t len, int family,
		      struct addr *ret, char *why)
{
	static const char blank[] = " \t\r\n";
	char word[ADDR_STRLEN + 1], shown[SHOWN + 8];
	struct addr a;

	while (len > 0 && memchr(blank, text[0], sizeof(blank) - 1)) {
		text++;
		len--;
	}
	while (len > 0 && memchr(blank, text[len - 1], sizeof(blank) - 1))
		len--;
	if (len > 0 && len < sizeof(word) && !memchr(text, '\0', len)) {
		memcpy(word, text, len);
		word[len] = '\0';
		if (addr_parse(word, &a) == 0) {
			if (a.family != family)
				return fetch_wrong(why, "of the other family: "
						   "%s", word);
			*ret = a;
			return 0;
		}
	}
	(void)str_printable(text, len, SHOWN, shown, sizeof(shown));
	return fetch_wrong(why, "not an address: %s", shown);
}

static int judge_json(const struct fetch_answer *a, struct addr *ret,
		      char *why)
{
	json_t *root = json_loadb(a->body, a->len,
				  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
				  NULL);
	const json_t *v = value_at(root, a->pointer);
	const char *text = json_string_value(v);
	int r;

	if (!root)
		r = fetch_wrong(why, "not JSON");
	else if (!text)
		r = fetch_wrong(why, "no string at %.80s", a->pointer);
	else
		r = judge_text(text, json_string_length(v), a->family, ret,
			       why);
	json_decref(root);
	return r;
}

int fetch_judge(const struct fetch_answer *a, struct addr *ret,
		char why[FETCH_WHY_SIZE])
{
	if (a->status != 200)
		return fetch_wrong(why, "HTTP status %u", a->status);
	if (a->len > FETCH_BODY_MAX)
		return fetch_wrong(why, "the answer is longer than 4 KiB");
	if (a->pointer)
		return judge_json(a, ret, why);
	return judge_text(a->body, a->len, a->family, ret, why);
}
