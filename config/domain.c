#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_IDN
#include <dlfcn.h>
#include <idn2.h>
#endif

#include "base/str.h"
#include "config/domain.h"

#define LABEL_MAX 63

static bool is_letter_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* RFC 1123, section 2.1, with "_" at the start as service names have it. */
static const char *label_fault(const char *label, size_t len, bool first)
{
	if (len == 0)
		return "a label is empty";
	if (len > LABEL_MAX)
		return "a label is longer than 63 characters";
	if (len == 1 && label[0] == '*')
		return first ? NULL : "\"*\" stands only at the beginning";
	for (size_t i = 0; i < len; i++)
		if (!is_letter_digit(label[i]) && label[i] != '-' &&
		    !(label[i] == '_' && i == 0))
			return label[i] == '_'
				       ? "\"_\" stands only at a label's start"
				       : "it holds a character other than "
					 "letters, digits and \"-\"";
	if (label[0] == '-' || label[len - 1] == '-')
		return "a label begins or ends with \"-\"";
	if (len == 1 && label[0] == '_')
		return "a label is only \"_\"";
	return NULL;
}

/* All ASCII. NULL where it is a host name. */
static const char *name_fault(const char *name, size_t len)
{
	const char *label = name, *dot, *why;

	if (len == 0)
		return "it is empty";
	if (len >= DOMAIN_SIZE)
		return "it is longer than 253 characters";
	do {
		size_t left = len - (size_t)(label - name), n;

		dot = memchr(label, '.', left);
		n = dot ? (size_t)(dot - label) : left;
		why = label_fault(label, n, label == name);
		if (why)
			return why;
		/* RFC 1123: how a name is told from an address. */
		if (!dot && strspn(label, "0123456789") >= n)
			return "its last label is a number";
		label = dot ? dot + 1 : NULL;
	} while (dot);
	return NULL;
}

#ifdef HAVE_IDN

/* Loaded once, kept for the process's life. */
static struct {
	bool tried;
	int (*lookup)(const uint8_t *src, uint8_t **ret, int flags);
	void (*release)(void *p);
} idn;

static bool idn_load(void)
{
	void *lib;

	if (idn.tried)
		return idn.lookup && idn.release;
	idn.tried = true;
	lib = dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return false;
	/* As POSIX says that it is to be written; C has no cast for it. */
	*(void **)&idn.lookup = dlsym(lib, "idn2_lookup_u8");
	*(void **)&idn.release = dlsym(lib, "idn2_free");
	return idn.lookup && idn.release;
}

/* IDNA 2008 with the mapping of UTS 46, nontransitional: "ß" stays "ß". */
static int idn_to_ascii(const char *text, char ret[DOMAIN_SIZE + 1],
			const char **ret_why)
{
	uint8_t *ascii = NULL;
	size_t len;
	int r;

	if (!idn_load())
		return -EOPNOTSUPP;
	r = idn.lookup((const uint8_t *)text, &ascii,
		       IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (r == IDN2_MALLOC)
		return -ENOMEM;
	if (r != IDN2_OK) {
		*ret_why = r == IDN2_ENCODING_ERROR
				   ? "it is not UTF-8"
				   : "it is no internationalized name "
				     "(IDNA 2008)";
		return -EINVAL;
	}
	len = strlen((const char *)ascii);
	if (len > DOMAIN_SIZE) {
		idn.release(ascii);
		*ret_why = "it is longer than 253 characters";
		return -EINVAL;
	}
	memcpy(ret, ascii, len + 1);
	idn.release(ascii);
	return 0;
}

#else

static int idn_to_ascii(const char *text, char ret[DOMAIN_SIZE + 1],
			const char **ret_why)
{
	(void)text;
	(void)ret;
	(void)ret_why;
	return -EOPNOTSUPP;
}

#endif

int domain_normalize(const char *text, char ret[DOMAIN_SIZE],
		     const char **ret_why)
{
	char ascii[DOMAIN_SIZE + 1]; /* one more for a final dot */
	const char *why;
	size_t len;
	int r;

	for (const char *p = text; *p; p++)
		if ((unsigned char)*p >= 0x80) {
			r = idn_to_ascii(text, ascii, ret_why);
			if (r < 0)
				return r;
			text = ascii;
			break;
		}
	len = strlen(text);
	if (len > 1 && text[len - 1] == '.')
		len--;
	why = name_fault(text, len);
	if (why) {
		*ret_why = why;
		return -EINVAL;
	}
	memcpy(ret, text, len);
	ret[len] = '\0';
	str_lower(ret);
	return 0;
}

bool domain_is_within(const char *name, const char *parent)
{
	size_t n = strlen(name), p = strlen(parent);

	if (p == 0)
		return true;
	if (n < p || strcmp(name + n - p, parent) != 0)
		return false;
	return n == p || name[n - p - 1] == '.';
}

const char *domain_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	if (name[0] == '\0')
		return NULL;
	return dot ? dot + 1 : name + strlen(name);
}
