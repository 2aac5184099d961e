#include "config.h"

#include "resolver/quorum.h"

/* Is votes[i] the voice of its operator, among those in state? */
static bool is_voice(const struct quorum_vote *votes, size_t i,
		     enum quorum_state state)
{
	if (votes[i].state != state)
		return false;
	for (size_t j = 0; j < i; j++)
		if (votes[j].operator == votes[i].operator &&
		    votes[j].state == state)
			return false;
	return true;
}

static bool has_spoken(const struct quorum_vote *votes, size_t n,
		       unsigned int operator)
{
	for (size_t i = 0; i < n; i++)
		if (votes[i].operator == operator &&
		    votes[i].state == QUORUM_SAID)
			return true;
	return false;
}

/* How many operators said addr (NULL: said nothing yet, but still may). */
static unsigned int count(const struct quorum_vote *votes, size_t n,
			  const struct addr *addr, bool *ret_other_kind)
{
	enum quorum_state state = addr ? QUORUM_SAID : QUORUM_OPEN;
	unsigned int operators = 0;

	*ret_other_kind = false;
	for (size_t i = 0; i < n; i++) {
		if (votes[i].state == state && !votes[i].plain_dns &&
		    (addr ? addr_equal(addr, &votes[i].addr) : true))
			*ret_other_kind = true;
		if (!is_voice(votes, i, state))
			continue;
		if (addr ? addr_equal(addr, &votes[i].addr) :
			   !has_spoken(votes, n, votes[i].operator))
			operators++;
	}
	return operators;
}

static void judge_others(const struct addr *candidate,
			 const struct quorum_vote *votes, size_t n,
			 unsigned int need, struct quorum_result *ret)
{
	bool open_other, other;
	unsigned int open = count(votes, n, NULL, &open_other);

	if (open >= need && open_other)
		ret->decided = false;
	for (size_t i = 0; i < n; i++) {
		unsigned int voices;

		if (!is_voice(votes, i, QUORUM_SAID) ||
		    addr_equal(&votes[i].addr, candidate))
			continue;
		voices = count(votes, n, &votes[i].addr, &other);
		if (voices >= need && other) {
			ret->decided = true;
			ret->seen = RESOLVER_SEEN_AS;
			ret->seen_as = votes[i].addr;
			return;
		}
		if (voices + open >= need && (other || open_other))
			ret->decided = false;
	}
}

struct quorum_result quorum_judge(const struct addr *candidate,
				  const struct quorum_vote *votes, size_t n,
				  const struct quorum_need *need)
{
	unsigned int need_seen = need->seen > 0 ? need->seen : 1;
	unsigned int need_as = need->seen_as > 0 ? need->seen_as : 1;
	struct quorum_result ret = { .seen = RESOLVER_NOT_SEEN };
	unsigned int voices, open;
	bool other;

	for (size_t i = 0; i < n; i++) {
		if (votes[i].state != QUORUM_SAID)
			continue;
		if (ret.seen == RESOLVER_NOT_SEEN)
			ret.dns_only = true;
		ret.seen = RESOLVER_DISPUTED;
		ret.dns_only = ret.dns_only && votes[i].plain_dns;
	}
	voices = count(votes, n, candidate, &other);
	open = count(votes, n, NULL, &other);
	if (voices >= need_seen) {
		ret.decided = true;
		ret.seen = RESOLVER_SEEN;
		return ret;
	}
	ret.decided = voices + open < need_seen;
	judge_others(candidate, votes, n, need_as, &ret);
	return ret;
}
