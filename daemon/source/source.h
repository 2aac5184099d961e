/*
 * source - where an address comes from: one configured source in one family.
 *
 * It follows the mirror of the kernel's tables, chooses candidates (select),
 * has the world confirm them (resolver) and tells its owner when the answer
 * changes. What the records make of it is not known here.
 */
#ifndef DAEMON_SOURCE_H
#define DAEMON_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr_set.h"
#include "config/config.h"
#include "daemon/source/select.h"
#include "net/egress.h"
#include "resolver/resolver.h"

struct ev_loop;
struct hearsay;
struct monitor;
struct route;
struct source;

/* What all sources share; borrowed for life. */
struct source_world {
	struct ev_loop *loop;
	struct monitor *monitor;
	struct route *route;
	struct resolver *resolver;
	/* The shipped list, for sources that name none. */
	const struct config_strings *reflectors4, *reflectors6;
	/* Called when somebody answers one whom nobody had. NULL: no matter. */
	void (*healed)(void *user);
	void *user;
};

enum source_event {
	SOURCE_CHANGED,   /* another candidate set; confirmation begins */
	SOURCE_CONFIRMED, /* source_public() is known, or is another one */
	SOURCE_PATH,      /* the same candidates, another way out */
	SOURCE_LOST,      /* no candidate any more */
	/* What was held is deleted, or its link down, and nothing is usable. */
	SOURCE_GONE,
	SOURCE_GONE_SURE, /* ... and a dump asked for has said so too */
	SOURCE_UNSEEN,    /* confirmation failed for now; it will be retried */
	SOURCE_STIRRED,   /* it may be seen as another address: being asked */
};

/* Never from inside source_new(); anything but source_free() may be called. */
typedef void source_event_fn(void *user, struct source *s,
			     enum source_event event);

/* How one candidate stands. */
enum source_stand {
	STAND_ASKING,
	STAND_TRUSTED,   /* by the kernel's word: nobody was to be asked */
	STAND_CONFIRMED, /* by reflectors */
	STAND_ALONE,     /* nobody answered; goes out all the same */
	STAND_UNSEEN,    /* may not go out: see text; it is asked again */
	STAND_LEFT,      /* left alone, for good or until the NAT changes */
};

struct source_candidate {
	struct addr addr;
	int ifindex; /* that holds it */
	uint8_t prefix_len;
	struct egress egress;  /* how to leave from it */
	struct addr gateway;   /* of that way; family 0: none, or no route */
	struct addr kernel;    /* sent from by its link; family 0: not asked */
	bool shut_in;          /* private or shared: only a NAT leads out */
	bool routed;           /* a default route leads out from it */
	bool live;             /* the link that it leaves by has carrier */
	enum source_stand stand;
	struct addr public;    /* what the world sees; family 0: not known */
	char text[160];        /* who said so, or why not */
	bool unheard;          /* not even one of those asked answered */
	struct hearsay *heard; /* what each reflector said; NULL: nobody */
	int confirm_id;
	bool again;            /* it stands already, and is asked once more */
	uint64_t again_ns;     /* once this is over: of the hint, or 1 */
	struct source *owner;
	uint64_t asked_ms;
};

/*
 * prefix_from names another interface whose prefix is wanted (NULL: none);
 * such a source goes by the kernel's word. config is borrowed.
 * 0 or -ENOMEM.
 */
int source_new(const struct source_world *world,
	       const struct config_source *config, int family,
	       const char *prefix_from, source_event_fn *event, void *user,
	       struct source **ret);
void source_free(struct source *s);

/* The same settings at another place; borrowed as those before were. */
void source_use(struct source *s, const struct config_source *config,
		const char *prefix_from);

/* Around a change of the resolver: what it is asked, it is asked again. */
void source_pause(struct source *s);
void source_resume(struct source *s);

/*
 * Looks at the mirror again. heard_ns: when the kernel's message was read
 * (0: no message). Where force, unconfirmed candidates are asked about anew.
 */
void source_look(struct source *s, uint64_t heard_ns, bool force);

/*
 * Lost for good? A fresh dump is asked for; where it agrees, SOURCE_GONE_SURE
 * follows. No answer is no loss.
 */
void source_verify_loss(struct source *s);

/* As of SOURCE_GONE, until there is something usable again. */
bool source_is_gone(const struct source *s);

/* By a reload: what old held is what s may lose. Before the first look. */
void source_adopt(struct source *s, const struct source *old);

/* Who did not answer may answer now: asked again in delay_ms. */
void source_heal(struct source *s, uint64_t delay_ms);

/* Could a change of this interface (not 0) matter to the source? */
bool source_concerns(const struct source *s, int ifindex);

const struct config_source *source_config(const struct source *s);
int source_family(const struct source *s);
const char *source_prefix_from(const struct source *s);
/* Best first; n may be 0. Borrowed until the next look. */
const struct source_candidate *source_candidates(const struct source *s,
						 size_t *ret_n);
/* NULL until the public addresses are known; then what to publish. */
const struct addr_set *source_public(const struct source *s);
/* When the message that led to the present candidates was read. */
uint64_t source_heard_ns(const struct source *s);
/* Is there an address, but none that the world could reach? */
bool source_behind_nat(const struct source *s);
/* When (monotonic) reflectors are asked again; 0: that is not settled. */
uint64_t source_next_ms(const struct source *s);
/*
 * Nothing is usable, but may soon be: an address is in duplicate detection,
 * or the last one is deprecated, not deleted, as when a provider renumbers.
 */
bool source_expects(const struct source *s);

/*
 * Every address considered, with its fate, for people: one call per line.
 */
typedef void source_line_fn(void *user, const char *line);
void source_explain(const struct source *s, source_line_fn *line, void *user);
/* What each reflector said last. */
void source_explain_reflectors(const struct source *s, source_line_fn *line,
			       void *user);
/* The reflectors that confirmed what is published, one call per name. */
void source_confirmed_by(const struct source *s, source_line_fn *name,
			 void *user);

#endif
