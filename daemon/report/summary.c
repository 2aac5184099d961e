#include "config.h"

#include <stdio.h>

#include "daemon/record/account.h"
#include "daemon/report/summary.h"
#include "daemon/setup/setup.h"

/* The worst first: somebody must act, something fails, something waits. */
static int badness(const struct entry *e)
{
	switch (entry_shown_state(e)) {
	case RECORD_REFUSED:
		return 4;
	case RECORD_BACKOFF:
		return 3;
	case RECORD_WAITING:
		return 2;
	case RECORD_CONFIRMING:
	case RECORD_CHECKING:
	case RECORD_UPDATING:
	case RECORD_UPDATING_STALE:
	case RECORD_VERIFYING:
		return 1;
	case RECORD_PUBLISHED:
	case RECORD_STAY:
	case RECORD_N_STATES:
		break;
	}
	return 0;
}

void summary_print(const struct setup *s, char *out, size_t size)
{
	char lack[LACK_STRLEN];
	const struct entry *worst = NULL;
	struct entry *const *entries;
	size_t n, shown = 0, good = 0;
	int len;

	entries = setup_entries(s, &n);
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = entries[i];

		if (setup_left_alone(s, i))
			continue;
		shown++;
		good += entry_shown_state(e) == RECORD_PUBLISHED;
		if (badness(e) > (worst ? badness(worst) : 0))
			worst = e;
	}
	len = snprintf(out, size, "%zu of %zu published", good, shown);
	if ((!worst || worst->state == RECORD_WAITING) &&
	    setup_lack(s, lack) && len > 0 && (size_t)len < size)
		(void)snprintf(out + len, size - (size_t)len,
			       "; waiting for %s", lack);
	else if (worst && len > 0 && (size_t)len < size)
		(void)snprintf(out + len, size - (size_t)len,
			       "; %s/%s at %s: %s%s%s", worst->config->name,
			       entry_family_name(worst),
			       account_info(worst->account)->name,
			       record_state_name(entry_shown_state(worst)),
			       worst->error ? ": " : "",
			       worst->error ? worst->error : "");
	for (char *p = out; *p; p++)
		if (*p == '\n')
			*p = ' ';
}
