#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"
#include "hooks/hook_env.h"

/* No value is that long: names have 253 bytes, a provider's words 200. */
#define VALUE_SIZE 512

/* Not ours: what the daemon was started with is nobody's promise. */
#define HOOK_PATH                                                              \
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const struct text {
	const char *variable;
	const char *member;
	size_t offset;
} texts[] = {
	{ "EVDDNS_EVENT", "event", offsetof(struct hook_event, event) },
	{ "EVDDNS_RECORD", "record", offsetof(struct hook_event, record) },
	{ "EVDDNS_FAMILY", "family", offsetof(struct hook_event, family) },
	{ "EVDDNS_ADDRESS", "address", offsetof(struct hook_event, address) },
	{ "EVDDNS_OLD_ADDRESS", "old_address",
	  offsetof(struct hook_event, old_address) },
	{ "EVDDNS_INTERFACE", "interface",
	  offsetof(struct hook_event, interface) },
	{ "EVDDNS_PROVIDER", "provider",
	  offsetof(struct hook_event, provider) },
	{ "EVDDNS_PREFIX", "prefix", offsetof(struct hook_event, prefix) },
	{ "EVDDNS_OLD_PREFIX", "old_prefix",
	  offsetof(struct hook_event, old_prefix) },
	{ "EVDDNS_ERROR", "error", offsetof(struct hook_event, error) },
};

static const struct number {
	const char *variable;
	const char *member;
	size_t offset;
} numbers[] = {
	{ "EVDDNS_RETRY_IN", "retry_in",
	  offsetof(struct hook_event, retry_in_s) },
	{ "EVDDNS_LATENCY_MS", "latency_ms",
	  offsetof(struct hook_event, latency_ms) },
};

#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))
#define N_NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

_Static_assert(1 + N_TEXTS + N_NUMBERS + 1 <= HOOK_ENV_MAX,
	       "room for every variable");

static int add_variable(struct hook_env *env, size_t *n, char *assignment)
{
	if (!assignment)
		return -ENOMEM;
	env->envp[(*n)++] = assignment;
	return 0;
}

static int add_text(struct hook_env *env, size_t *n, json_t *object,
		    const struct text *t, const char *value)
{
	char clean[VALUE_SIZE];

	if (!value)
		return 0;
	(void)str_printable(value, strlen(value), VALUE_SIZE, clean,
			    sizeof(clean));
	if (json_object_set_new(object, t->member, json_string(clean)) < 0)
		return -ENOMEM;
	return add_variable(env, n, str_dupf("%s=%s", t->variable, clean));
}

static int add_number(struct hook_env *env, size_t *n, json_t *object,
		      const struct number *num, int64_t value)
{
	if (value < 0)
		return 0;
	if (json_object_set_new(object, num->member, json_integer(value)) < 0)
		return -ENOMEM;
	return add_variable(env, n, str_dupf("%s=%lld", num->variable,
					     (long long)value));
}

static int add_all(struct hook_env *env, const struct hook_event *e,
		   json_t *object)
{
	const char *base = (const char *)e;
	size_t n = 0;
	int r = add_variable(env, &n, str_dup(HOOK_PATH));

	for (size_t i = 0; i < N_TEXTS && r == 0; i++) {
		const char *value;

		memcpy(&value, base + texts[i].offset, sizeof(value));
		r = add_text(env, &n, object, &texts[i], value);
	}
	for (size_t i = 0; i < N_NUMBERS && r == 0; i++) {
		int64_t value;

		memcpy(&value, base + numbers[i].offset, sizeof(value));
		r = add_number(env, &n, object, &numbers[i], value);
	}
	return r;
}

int hook_env_make(const struct hook_event *e, struct hook_env *ret)
{
	json_t *object = json_object();
	struct hook_env env = { 0 };
	char *text = NULL;
	int r = -ENOMEM;

	if (!object || add_all(&env, e, object) < 0)
		goto out;
	text = json_dumps(object, JSON_COMPACT);
	if (!text)
		goto out;
	env.json = str_dupf("%s\n", text);
	if (!env.json)
		goto out;
	env.json_len = strlen(env.json);
	*ret = env;
	memset(&env, 0, sizeof(env));
	r = 0;
out:
	free(text);
	json_decref(object);
	hook_env_done(&env);
	return r;
}

void hook_env_done(struct hook_env *env)
{
	for (size_t i = 0; i < HOOK_ENV_MAX; i++)
		free(env->envp[i]);
	free(env->json);
	memset(env, 0, sizeof(*env));
}
