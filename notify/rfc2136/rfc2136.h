/*
 * rfc2136 - DNS UPDATE (RFC 2136): messages built, replies judged.
 *
 * Pure. update_send.c carries the bytes.
 */
#ifndef NOTIFY_RFC2136_H
#define NOTIFY_RFC2136_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/core/job.h"
#include "notify/rfc2136/tsig.h"

/* Where neither job nor account says. */
#define RFC2136_TTL_S 60

enum rfc2136_act {
	RFC2136_EQUALS, /* prerequisite: with all others of its name, the set */
	RFC2136_ADD,
	RFC2136_DELETE, /* exactly this record */
	RFC2136_CLEAR,  /* all of its name and type; no data */
};

/* A record of another kind that goes along. */
struct rfc2136_record {
	enum rfc2136_act act;
	const char *name; /* in the zone */
	uint16_t type;
	const uint8_t *data; /* no names in it that are compressed */
	uint16_t len;
};

/*
 * One name: each family that is given is deleted and added anew; one that
 * has a `was` loses exactly those values.
 */
struct rfc2136_change {
	const char *name;
	const struct job_set *ipv4, *ipv6;
	uint32_t ttl_s;  /* 0: RFC2136_TTL_S */
	bool no_create;  /* prerequisite: each set is there */
	bool any_name;   /* nothing is asked of the name; no addresses */
	const struct rfc2136_record *records;
	size_t n_records;
};

struct rfc2136_message {
	uint8_t *wire;
	size_t len;
	uint8_t mac[TSIG_MAC_MAX]; /* its signature */
	size_t mac_len;            /* 0: unsigned */
};

/*
 * All changes in one message, each name guarded by the prerequisite that it
 * holds no CNAME (3.4.2.2: an update there would be ignored silently). zone
 * is "" for the root; key may be NULL. Names are normalized. 0 and a message,
 * -EINVAL (a name that is not in the zone, or fits no message), -ENOMEM, or
 * -EMSGSIZE past 64 KiB.
 */
int rfc2136_build(const char *zone, const struct rfc2136_change *changes,
		  size_t n, struct tsig_key *key, uint16_t id,
		  int64_t now_s, struct rfc2136_message *ret);
void rfc2136_message_done(struct rfc2136_message *m);

/* What a message comes to, change by change; TSIG_SIZE_MAX is left to it. */
struct rfc2136_size {
	size_t zone_len;
	size_t prereqs; /* and what stands before them */
	size_t updates;
};

void rfc2136_size_start(struct rfc2136_size *s, const char *zone);
/* False, and nothing is added: past 64 KiB. */
bool rfc2136_size_add(struct rfc2136_size *s, const struct rfc2136_change *c);

/*
 * A question, signed where key is not NULL, to be judged as an update is. 0,
 * -EINVAL or -ENOMEM.
 */
int rfc2136_ask(const char *name, uint16_t type, struct tsig_key *key,
		uint16_t id, int64_t now_s, struct rfc2136_message *ret);

/* A signature that goes nowhere: loads and warms what signing needs. */
void rfc2136_warm(struct tsig_key *key);

enum rfc2136_verdict {
	RFC2136_NOT_OURS,  /* no answer to what was sent: keep waiting */
	RFC2136_DOUBTFUL,  /* not proven: *ret counts if nothing better comes */
	RFC2136_DOUBTFUL_DENIED, /* ... and a name may be what spoils it */
	RFC2136_TRUNCATED, /* ask by TCP */
	RFC2136_SPLIT,     /* one name may spoil it for all: apart; else *ret */
	RFC2136_DENIED,    /* another server may do it, or apart; else *ret */
	RFC2136_AGAIN,     /* RFC2136_EQUALS did not hold: look anew; else *ret */
	RFC2136_ABSENT,    /* no_create: a set is not there; else *ret */
	RFC2136_ELSEWHERE, /* another server may do it; else *ret */
	RFC2136_JUDGED,    /* *ret */
};

struct rfc2136_sent {
	const struct rfc2136_message *message;
	const struct tsig_key *key;
	const char *zone;
	bool equals;   /* there was an RFC2136_EQUALS in it */
	bool no_create;
	bool question; /* of rfc2136_ask(): an answer about nothing is one */
	int64_t *server_s; /* the server's clock goes there; NULL: no matter */
	const char *name; /* the first one, for the text */
	const char *server; /* for the text */
};

/* *ret is written unless NOT_OURS or TRUNCATED. */
enum rfc2136_verdict rfc2136_judge(const struct rfc2136_sent *sent,
				   const uint8_t *data, size_t len,
				   int64_t now_s, struct outcome *ret);

/* The message for people, to be freed; NULL without memory. */
char *rfc2136_print(const uint8_t *wire, size_t len);

#endif
