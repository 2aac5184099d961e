/* A template and, behind a NUL, a value: nothing leaves its place. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notify/types/template.h"
#include "notify/types/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *get(void *user, const char *variable)
{
	(void)variable;
	return json_incref(user);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	struct template_values v = { .get = get };
	const char *why = NULL;
	struct template t;

	if (!nul ||
	    template_parse((const char *)data, &t, &why) < 0)
		return 0;
	v.user = value_new((const char *)nul + 1,
			   size - (size_t)(nul + 1 - data));
	for (int place = PLACE_TEXT; place <= PLACE_XML; place++) {
		struct buf b = BUF_INIT(1 << 20);
		int r = template_expand(&t, (enum template_place)place, &v,
					&b);

		if (r == 0 && place == PLACE_STRICT && b.data &&
		    strpbrk(b.data, "/?#&=<>\" \r\n"))
			__builtin_trap();
		if (r < 0 && b.len > 0)
			__builtin_trap();
		buf_done(&b);
	}
	json_decref(v.user);
	template_done(&t);
	return 0;
}
