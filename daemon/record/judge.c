#include "config.h"

#include "daemon/record/judge.h"

/*
 * After a success a mismatch means "propagating", never "send again", until
 * TTL and grace are over; and then at most once for a value that the
 * servers have never agreed on. Servers that go on saying something else
 * show the name differently (proxied, ALIAS, GeoDNS), and are left alone.
 */
static enum record_event judge_mismatch(const struct judge_facts *f,
					enum record_event as_it_is)
{
	if (f->watching) {
		if (f->stray == STRAY_OVER)
			return RECORD_OVERTAKEN;
		/* It stood there without our doing, and stands no more. */
		if (!f->accepted && as_it_is == RECORD_DIFFERS)
			return RECORD_OVERTAKEN;
		if (!f->overdue)
			return as_it_is;
		return f->resent ? RECORD_OVERRULED : RECORD_OVERDUE;
	}
	if (!f->accepted)
		return as_it_is;
	if (f->fresh)
		return RECORD_PROPAGATING;
	return f->resent ? RECORD_OVERRULED : as_it_is;
}

enum record_event judge(const struct judge_facts *f)
{
	switch (f->verdict) {
	case RESOLVER_RIGHT:
		/* Right now; what is still on its way may change that. */
		return f->stray == STRAY_POSSIBLE ? RECORD_PROPAGATING
						  : RECORD_RIGHT;
	case RESOLVER_ALIAS:
		return RECORD_ALIAS;
	case RESOLVER_PROPAGATING:
		return judge_mismatch(f, RECORD_PROPAGATING);
	case RESOLVER_DIFFERS:
		return judge_mismatch(f, RECORD_DIFFERS);
	case RESOLVER_UNKNOWN:
		break;
	}
	if (f->watching)
		return f->overdue ? RECORD_OVERRULED : RECORD_UNKNOWN_KEEP;
	if (f->accepted && f->differs)
		return RECORD_OVERRULED;
	return f->accepted ? RECORD_UNKNOWN_KEEP : RECORD_UNKNOWN_SEND;
}

enum judge_whom judge_whom_else(const struct judge_facts *f)
{
	if (f->verdict != RESOLVER_UNKNOWN || (f->watching && !f->overdue))
		return JUDGE_NOBODY;
	if (f->can_look && !f->looked)
		return JUDGE_PROVIDER;
	if (f->watching || f->known || f->resolved)
		return JUDGE_NOBODY;
	return JUDGE_RESOLVER;
}

uint64_t judge_watch_delay_ms(unsigned int n)
{
	uint64_t delay_ms = 25;

	/* At once, 25 ms later, then half as long again, to half a minute. */
	if (n == 0)
		return 0;
	for (; n > 1 && delay_ms < 30000; n--)
		delay_ms += delay_ms / 2;
	return delay_ms < 30000 ? delay_ms : 30000;
}
