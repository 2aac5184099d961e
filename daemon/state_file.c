#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "daemon/state_file.h"

#define HEAD "evddns-state 1 "
#define HEAD_LEN (sizeof(HEAD) - 1)
#define LINE_LEN (HEAD_LEN + 8 + 1)

json_t *state_file_parse(const char *text, size_t len, const char **ret_why)
{
	char want[9];
	json_t *root, *records;

	if (len < LINE_LEN || memcmp(text, HEAD, HEAD_LEN) != 0 ||
	    text[LINE_LEN - 1] != '\n') {
		*ret_why = "it is not a state file of this version";
		return NULL;
	}
	(void)snprintf(want, sizeof(want), "%08x",
		       crc32_of(text + LINE_LEN, len - LINE_LEN));
	if (memcmp(text + HEAD_LEN, want, 8) != 0) {
		*ret_why = "its checksum is wrong";
		return NULL;
	}
	root = json_loadb(text + LINE_LEN, len - LINE_LEN, 0, NULL);
	records = json_incref(json_object_get(root, "records"));
	json_decref(root);
	if (!json_is_object(records)) {
		json_decref(records);
		*ret_why = "it is not JSON as we write it";
		return NULL;
	}
	return records;
}

char *state_file_print(json_t *records, size_t *ret_len)
{
	json_t *root = json_pack("{s:O}", "records", records);
	char *json = root ? json_dumps(root, JSON_COMPACT) : NULL;
	size_t len = json ? strlen(json) : 0;
	char *text = json ? malloc(LINE_LEN + len + 1) : NULL;

	if (text) {
		(void)snprintf(text, LINE_LEN + 1, HEAD "%08x\n",
			       crc32_of(json, len));
		memcpy(text + LINE_LEN, json, len + 1);
		*ret_len = LINE_LEN + len;
	}
	free(json);
	json_decref(root);
	return text;
}
