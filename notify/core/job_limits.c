#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "notify/core/job_limits.h"

void job_limits_free(struct job_limits *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].account);
	free(list);
}

static int take_times(json_t *times, int64_t out[NOTIFY_LIMITS_MAX])
{
	size_t n = json_array_size(times);

	if (!json_is_array(times) || n > NOTIFY_LIMITS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_array_get(times, i);

		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return -EINVAL;
		out[i] = json_integer_value(v);
	}
	return 0;
}

int job_limits_take(json_t *o, struct job_limits **ret, size_t *ret_n)
{
	struct job_limits *list;
	const char *account;
	json_t *times;
	size_t n = 0;
	int r = 0;

	if (!json_is_object(o))
		return -EINVAL;
	list = calloc(json_object_size(o) + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	json_object_foreach(o, account, times) {
		r = take_times(times, list[n].full_ms);
		list[n].account = r == 0 ? str_dup(account) : NULL;
		if (r == 0 && !list[n].account)
			r = -ENOMEM;
		if (r < 0)
			break;
		n++;
	}
	if (r < 0) {
		job_limits_free(list, n);
		return r;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}
