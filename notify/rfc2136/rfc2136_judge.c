#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "base/buf.h"
#include "net/dns_msg.h"
#include "notify/rfc2136/rfc2136.h"
#include "notify/rfc2136/tsig.h"

#define OPCODE_UPDATE 5

/* A reply that was read, and what it answers. */
struct reply {
	const struct rfc2136_sent *sent;
	unsigned int rcode;
	struct tsig_answer tsig;
	int64_t now_s;
};

/* How much of a key's name or algorithm is for people: not the final dot. */
static int plain(const char *name)
{
	size_t len = strlen(name);

	return (int)(len - (len > 1 && name[len - 1] == '.'));
}

static enum rfc2136_verdict bad_time(const struct reply *r,
				     struct outcome *ret)
{
	int64_t off_s = r->tsig.server_s - r->now_s;

	if (r->tsig.server_s < 0)
		outcome_set(ret, NOTIFY_RETRY, 0,
			    "BADTIME: the clocks differ: set the clock here "
			    "or at %s", r->sent->server);
	else
		outcome_set(ret, NOTIFY_RETRY, 0,
			    "BADTIME: the clock here is %lld s %s that of %s: "
			    "set it", llabs((long long)off_s),
			    off_s > 0 ? "behind" : "ahead of",
			    r->sent->server);
	ret->clock = true;
	return RFC2136_ELSEWHERE; /* its clock may be the wrong one */
}

static enum rfc2136_verdict not_auth(const struct reply *r,
				     struct outcome *ret)
{
	const struct rfc2136_sent *s = r->sent;
	const char *key = s->key ? s->key->name : "";
	const char *algorithm = s->key ? s->key->algorithm : "";

	switch (r->tsig.error) {
	case TSIG_BADTIME:
		return bad_time(r, ret);
	case TSIG_BADSIG:
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "BADSIG: %s has another secret or algorithm for "
			    "the key %.*s", s->server, plain(key), key);
		return RFC2136_ELSEWHERE;
	case TSIG_BADKEY:
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "BADKEY: %s knows no key %.*s with %.*s, or does "
			    "not let it change %s", s->server, plain(key), key,
			    plain(algorithm), algorithm, s->name);
		return RFC2136_DENIED; /* Knot: a name it may not change */
	case TSIG_BADTRUNC:
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "BADTRUNC: %s wants longer signatures", s->server);
		return RFC2136_ELSEWHERE;
	default:
		break;
	}
	/* Knot 3.4 says no more of a key that it does not know. */
	if (s->key && r->tsig.verdict == TSIG_ABSENT)
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "NOTAUTH: %s knows no key %.*s with %.*s, does not "
			    "let it change %s, or is not the primary server "
			    "of the zone %s", s->server, plain(key), key,
			    plain(algorithm), algorithm, s->name,
			    *s->zone ? s->zone : ".");
	else
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "NOTAUTH: %s is not the primary server of the zone "
			    "%s, or takes no %supdates from here", s->server,
			    *s->zone ? s->zone : ".",
			    s->key ? "" : "unsigned ");
	return RFC2136_ELSEWHERE;
}

static enum rfc2136_verdict refused(const struct reply *r, struct outcome *ret)
{
	const struct rfc2136_sent *s = r->sent;

	if (s->question && (!s->key || r->tsig.verdict == TSIG_GOOD))
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "REFUSED: %s does not answer questions about %s "
			    "from here", s->server, s->name);
	else if (!s->key)
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "REFUSED: %s does not take unsigned updates of %s "
			    "from here: give the account a key", s->server,
			    s->name);
	else if (r->tsig.verdict == TSIG_GOOD)
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "REFUSED: the key %.*s may not change %s at %s: "
			    "look at its update policy (key, name, type, from "
			    "where); a secondary says so, too",
			    plain(s->key->name), s->key->name, s->name,
			    s->server);
	else
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "REFUSED (without signature): %s does not accept "
			    "the key %.*s: look at its name, secret and right "
			    "to change %s, and at the clock here", s->server,
			    plain(s->key->name), s->key->name, s->name);
	/* PowerDNS has no other word for a clock that is wrong. */
	ret->clock = s->key && r->tsig.verdict != TSIG_GOOD;
	return r->tsig.verdict == TSIG_GOOD ? RFC2136_DENIED
					    : RFC2136_ELSEWHERE;
}

/* An answer to what was never asked. */
static enum rfc2136_verdict no_sense(const struct reply *r,
				     struct outcome *ret)
{
	const ldns_lookup_table *name = ldns_lookup_by_id(ldns_rcodes,
							  (int)r->rcode);

	outcome_set(ret, NOTIFY_RETRY, 900,
		    "%s answered with %s (rcode %u), which makes no sense here",
		    r->sent->server, name ? name->name : "something unknown",
		    r->rcode);
	return RFC2136_JUDGED;
}

/* A set that was asked for is not there, or is another one. */
static enum rfc2136_verdict not_there(const struct reply *r,
				      struct outcome *ret)
{
	const struct rfc2136_sent *s = r->sent;

	if (s->equals) {
		outcome_set(ret, NOTIFY_RETRY, 0,
			    "NXRRSET: the other owners of %s change it all the "
			    "time", s->name);
		return RFC2136_AGAIN;
	}
	if (!s->no_create)
		return no_sense(r, ret);
	outcome_set(ret, NOTIFY_REFUSED, 0,
		    "NXRRSET: %s has no such record at %s, and create = no "
		    "lets none be made: make it once by hand", s->name,
		    s->server);
	return RFC2136_ABSENT;
}

static enum rfc2136_verdict judge_rcode(const struct reply *r,
					struct outcome *ret)
{
	const struct rfc2136_sent *s = r->sent;

	switch (r->rcode) {
	case LDNS_RCODE_NOERROR:
		outcome_set(ret, NOTIFY_DONE, 0, "NOERROR from %s", s->server);
		return RFC2136_JUDGED;
	case LDNS_RCODE_FORMERR:
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "FORMERR: %s does not understand DNS UPDATE",
			    s->server);
		return RFC2136_ELSEWHERE;
	case LDNS_RCODE_SERVFAIL:
		outcome_set(ret, NOTIFY_RETRY, 0,
			    "SERVFAIL: %s cannot do it now: its log says why",
			    s->server);
		return RFC2136_ELSEWHERE;
	case LDNS_RCODE_NOTIMPL:
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "NOTIMP: %s takes no DNS UPDATE at all", s->server);
		return RFC2136_ELSEWHERE;
	case LDNS_RCODE_REFUSED:
		return refused(r, ret);
	case LDNS_RCODE_YXRRSET:
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "%s is a CNAME: remove it or give the record "
			    "another name", s->name);
		return RFC2136_SPLIT;
	case LDNS_RCODE_NXRRSET:
		return not_there(r, ret);
	case LDNS_RCODE_NOTAUTH:
		return not_auth(r, ret);
	case LDNS_RCODE_NOTZONE:
		outcome_set(ret, NOTIFY_REFUSED, 0,
			    "NOTZONE: %s says that %s is not in the zone %s",
			    s->server, s->name, *s->zone ? s->zone : ".");
		return RFC2136_SPLIT;
	case LDNS_RCODE_NXDOMAIN:
		if (s->question) {
			outcome_set(ret, NOTIFY_DONE, 0, "NXDOMAIN from %s",
				    s->server);
			return RFC2136_JUDGED;
		}
		/* fall through */
	default:
		return no_sense(r, ret);
	}
}

/* What an answer is worth that a signed request got without signature. */
static enum rfc2136_verdict judge_unproven(const struct reply *r,
					   struct outcome *ret)
{
	struct outcome o;

	/* PowerDNS answers so to a wrong secret: it is all we will get. */
	if (r->tsig.verdict == TSIG_ABSENT && r->rcode == LDNS_RCODE_REFUSED) {
		(void)judge_rcode(r, ret);
		return RFC2136_DOUBTFUL;
	}
	/* So are these two: anybody may say so (RFC 8945, section 5.4). */
	if (r->tsig.verdict == TSIG_UNSIGNED_ERROR &&
	    r->rcode == LDNS_RCODE_NOTAUTH)
		return judge_rcode(r, ret) == RFC2136_DENIED
			       ? RFC2136_DOUBTFUL_DENIED : RFC2136_DOUBTFUL;
	if (r->tsig.verdict == TSIG_WRONG) {
		outcome_set(ret, NOTIFY_RETRY, 0,
			    "the answer of %s is signed, but not rightly: "
			    "not believed", r->sent->server);
		return RFC2136_DOUBTFUL;
	}
	(void)judge_rcode(r, &o);
	if (r->rcode == LDNS_RCODE_NOERROR ||
	    r->rcode == LDNS_RCODE_NXDOMAIN ||
	    r->rcode == LDNS_RCODE_YXRRSET || r->rcode == LDNS_RCODE_NXRRSET)
		o.status = NOTIFY_RETRY;
	outcome_set(ret, o.status, o.retry_after_s,
		    "without signature: %s", o.text);
	return RFC2136_DOUBTFUL;
}

/* QR, opcode and zone (RFC 2136, section 3.8; no zone with an error). */
static bool is_ours(const struct rfc2136_sent *sent, const ldns_pkt *pkt)
{
	ldns_rdf *zone;
	const ldns_rr *q;
	bool same;

	if (sent->question)
		return true; /* by dns_answer_open() */
	if (!ldns_pkt_qr(pkt) ||
	    (int)ldns_pkt_get_opcode(pkt) != OPCODE_UPDATE)
		return false;
	if (ldns_pkt_qdcount(pkt) == 0)
		return ldns_pkt_get_rcode(pkt) != LDNS_RCODE_NOERROR ||
		       ldns_pkt_tsig(pkt);
	if (ldns_pkt_qdcount(pkt) != 1)
		return false;
	q = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);
	zone = ldns_dname_new_frm_str(*sent->zone ? sent->zone : ".");
	same = q && zone && ldns_rr_get_type(q) == LDNS_RR_TYPE_SOA &&
	       ldns_rr_get_class(q) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(q), zone) == 0;
	ldns_rdf_deep_free(zone);
	return same;
}

static enum rfc2136_verdict judge(const struct rfc2136_sent *sent,
				  const uint8_t *data, size_t len,
				  int64_t now_s, ldns_pkt *pkt,
				  struct outcome *ret)
{
	struct reply r = {
		.sent = sent,
		.rcode = (unsigned int)ldns_pkt_get_rcode(pkt),
		.tsig = { .verdict = TSIG_ABSENT },
		.now_s = now_s,
	};

	if (!is_ours(sent, pkt))
		return RFC2136_NOT_OURS;
	if (sent->server_s)
		*sent->server_s = now_s;
	if (ldns_pkt_tc(pkt))
		return RFC2136_TRUNCATED;
	if (!sent->key)
		return judge_rcode(&r, ret);
	r.tsig = tsig_verify(pkt, data, len, sent->key, sent->message->mac,
			     sent->message->mac_len, now_s);
	if (sent->server_s && r.tsig.verdict == TSIG_GOOD)
		*sent->server_s = r.tsig.server_s;
	return r.tsig.verdict == TSIG_GOOD ? judge_rcode(&r, ret)
					   : judge_unproven(&r, ret);
}

static int skip_name(struct buf_reader *r)
{
	uint8_t n;

	for (;;) {
		int e = buf_read_u8(r, &n);

		if (e < 0 || n == 0)
			return e;
		if (n >= 0xc0)
			return buf_skip(r, 1);
		if (n > 63 || buf_skip(r, n) < 0)
			return -EBADMSG;
	}
}

/* The type of the next record, or -EBADMSG. */
static int skip_record(struct buf_reader *r)
{
	uint16_t type, len;

	if (skip_name(r) < 0 || buf_read_u16(r, &type) < 0 ||
	    buf_skip(r, 6) < 0 || buf_read_u16(r, &len) < 0 ||
	    buf_skip(r, len) < 0)
		return -EBADMSG;
	return type;
}

/*
 * Before ldns sees it: the id is ours, and there is one TSIG at most, the
 * last record (RFC 8945, section 5.2). ldns loses the memory of a second.
 */
static bool is_sane(const struct rfc2136_sent *sent, const uint8_t *data,
		    size_t len)
{
	struct buf_reader r = buf_reader(data, len);
	uint16_t id, flags, counts[4];
	unsigned int records;
	bool over = false;

	if (buf_read_u16(&r, &id) < 0 || buf_read_u16(&r, &flags) < 0 ||
	    memcmp(data, sent->message->wire, 2) != 0)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (buf_read_u16(&r, &counts[i]) < 0)
			return false;
	for (unsigned int i = 0; i < counts[0]; i++)
		if (skip_name(&r) < 0 || buf_skip(&r, 4) < 0)
			return false;
	records = (unsigned int)counts[1] + counts[2] + counts[3];
	for (unsigned int i = 0; i < records; i++) {
		int type = skip_record(&r);

		if (type < 0 || over)
			return false;
		over = type == LDNS_RR_TYPE_TSIG;
	}
	return true;
}

enum rfc2136_verdict rfc2136_judge(const struct rfc2136_sent *sent,
				   const uint8_t *data, size_t len,
				   int64_t now_s, struct outcome *ret)
{
	enum rfc2136_verdict v = RFC2136_NOT_OURS;
	ldns_pkt *pkt = NULL;

	struct dns_answer a;

	if (sent->question &&
	    dns_answer_open(sent->message->wire, sent->message->len, data, len,
			    &a) < 0)
		return RFC2136_NOT_OURS;
	if (is_sane(sent, data, len) &&
	    ldns_wire2pkt(&pkt, data, len) == LDNS_STATUS_OK)
		v = judge(sent, data, len, now_s, pkt, ret);
	ldns_pkt_free(pkt);
	return v;
}
