#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "net/dns_msg.h"
#include "net/lookup.h"
#include "resolver/servers.h"
#include "resolver/zone_read.h"

#define DNS_PORT    53
#define KEY_MOST    4096
#define LISTED_MARK '=' /* no zone begins so */
/* Once one server is known, how long the others' addresses are waited for. */
#define GRACE_S	    1.

struct servers {
	struct ev_loop *loop;
	struct lookup *lookup;
	uint16_t port;
	struct server_set *sets;
};

/* A server name on its way to its addresses. */
struct server_host {
	struct server_search *search;
	char *name; /* as it is told */
	char host[DNS_NAME_SIZE];
	uint16_t port;
	int id; /* of its lookup; 0: none under way */
};

struct server_search {
	struct servers *servers;
	struct server_set *set;
	int ns_id; /* of the lookup of the NS records; 0: none */
	struct server_host hosts[ZONE_SERVERS_MOST];
	size_t n_hosts, n_left;
	struct server found[SERVERS_MOST];
	size_t n_found, n_unreachable;
	uint32_t ttl_s;
	int status; /* where nothing is found: why not */
	ev_timer timer; /* the grace, and what is known at once */
};

uint64_t servers_fresh_until_ns(uint32_t ttl_s)
{
	if (ttl_s < SERVERS_TTL_LEAST_S)
		ttl_s = SERVERS_TTL_LEAST_S;
	if (ttl_s > SERVERS_TTL_MOST_S)
		ttl_s = SERVERS_TTL_MOST_S;
	return clock_mono_ns() + (uint64_t)ttl_s * 1000000000U;
}

static void items_free(struct server *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(items[i].name);
}

static void search_free(struct server_search *s)
{
	if (!s)
		return;
	ev_timer_stop(s->servers->loop, &s->timer);
	if (s->ns_id)
		lookup_cancel(s->servers->lookup, s->ns_id);
	for (size_t i = 0; i < s->n_hosts; i++) {
		if (s->hosts[i].id)
			lookup_cancel(s->servers->lookup, s->hosts[i].id);
		free(s->hosts[i].name);
	}
	items_free(s->found, s->n_found);
	free(s);
}

static struct server *set_item(const struct server_set *set,
			       const struct addr *addr, uint16_t port)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->items[i].port == port &&
		    addr_equal(&set->items[i].addr, addr))
			return &set->items[i];
	return NULL;
}

/* The new servers take the old ones' place, in memory of just their size. */
static int set_replace(struct server_set *set, struct server_search *s)
{
	struct server *items = malloc(s->n_found * sizeof(*items));

	if (!items)
		return -ENOMEM;
	memcpy(items, s->found, s->n_found * sizeof(*items));
	for (size_t i = 0; i < s->n_found; i++) {
		const struct server *was = set_item(set, &items[i].addr,
						    items[i].port);

		items[i].silent = was && was->silent;
		items[i].doubted = was && was->doubted;
		items[i].rtt_us = was ? was->rtt_us : 0;
	}
	items_free(set->items, set->n);
	free(set->items);
	set->items = items;
	set->n = s->n_found;
	set->n_unreachable = s->n_unreachable;
	s->n_found = 0; /* their names have moved */
	return 0;
}

/* Everything that will be known is: the set is told to those who wait. */
static void search_end(struct server_search *s)
{
	struct server_set *set = s->set;
	int r = s->status < 0 ? s->status : -EHOSTUNREACH;

	/* A server without address now may have one soon. */
	if (s->n_unreachable > 0)
		s->ttl_s = SERVERS_TTL_LEAST_S;
	if (s->n_found > 0)
		r = set_replace(set, s);
	set->fresh_until_ns = servers_fresh_until_ns(r == 0 ? s->ttl_s : 0);
	set->search = NULL;
	search_free(s);
	waiter_tell(&set->waiters, r);
}

static void search_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct server_search *s = w->data;

	(void)loop;
	(void)revents;
	s->n_unreachable += s->n_left;
	search_end(s);
}

static void search_found(struct server_search *s, const struct server_host *h,
			 const struct addr *a)
{
	struct server *item = &s->found[s->n_found];

	if (s->n_found == SERVERS_MOST)
		return;
	for (size_t i = 0; i < s->n_found; i++)
		if (s->found[i].port == h->port &&
		    addr_equal(&s->found[i].addr, a))
			return; /* two names of one server */
	item->name = str_dup(h->name);
	if (!item->name)
		return;
	item->addr = *a;
	item->port = h->port;
	s->n_found++;
}

static void search_host_done(void *user, int status, const struct addr *addrs,
			     size_t n, uint32_t ttl_s)
{
	struct server_host *h = user;
	struct server_search *s = h->search;

	h->id = 0;
	s->n_left--;
	if (status < 0) {
		s->n_unreachable++;
		if (status != -ENOENT)
			s->status = status;
	} else if (ttl_s < s->ttl_s) {
		s->ttl_s = ttl_s;
	}
	for (size_t i = 0; i < n; i++)
		search_found(s, h, &addrs[i]);
	if (s->n_left == 0) {
		search_end(s);
	} else if (s->n_found > 0 && !ev_is_active(&s->timer)) {
		ev_timer_set(&s->timer, GRACE_S, 0.);
		ev_now_update(s->servers->loop);
		ev_timer_start(s->servers->loop, &s->timer);
	}
}

/* Looks up all hosts at once. 0 where at least one is under way. */
static int search_hosts(struct server_search *s)
{
	int r = -EHOSTUNREACH;

	for (size_t i = 0; i < s->n_hosts; i++) {
		struct server_host *h = &s->hosts[i];
		int id = lookup_addrs(s->servers->lookup, h->host, AF_UNSPEC,
				      search_host_done, h);

		if (id < 0) {
			s->n_unreachable++;
			r = id;
			continue;
		}
		h->id = id;
		s->n_left++;
	}
	return s->n_left > 0 ? 0 : r;
}

static int search_add_host(struct server_search *s, const char *name,
			   const char *host, uint16_t port)
{
	struct server_host *h = &s->hosts[s->n_hosts];

	h->name = str_dup(name);
	if (!h->name)
		return -ENOMEM;
	h->search = s;
	h->port = port;
	memcpy(h->host, host, strlen(host) + 1);
	s->n_hosts++;
	return 0;
}

static int search_take_ns(struct server_search *s,
			  const struct zone_message *m)
{
	struct zone_names *names = malloc(sizeof(*names));
	int r;

	if (!names)
		return -ENOMEM;
	r = zone_read_ns(m, s->set->key, names);
	for (size_t i = 0; r == 0 && i < names->n; i++)
		r = search_add_host(s, names->names[i], names->names[i],
				    s->servers->port);
	if (r == 0)
		s->ttl_s = names->ttl_s;
	free(names);
	return r == -ENOENT ? -EHOSTUNREACH : r;
}

static void search_ns_done(void *user, int status, const uint8_t *query,
			   size_t query_len, const uint8_t *data, size_t len)
{
	struct server_search *s = user;
	struct zone_message m = { query, query_len, data, len };

	s->ns_id = 0;
	if (status == 0)
		status = search_take_ns(s, &m);
	if (status == 0)
		status = search_hosts(s);
	if (status == 0)
		return;
	s->status = status;
	search_end(s);
}

/* The key of a listed set is the list itself: "=ns1:53,192.0.2.1". */
static int search_take_list(struct server_search *s)
{
	char *list = str_dup(s->set->key + 1), *rest = list, *word;
	char host[DNS_NAME_SIZE], text[ADDR_STRLEN];
	struct addr addr;
	uint16_t port;
	int r = list ? 0 : -ENOMEM;

	while (r == 0 && (word = strsep(&rest, ",")) != NULL &&
	       s->n_hosts < ZONE_SERVERS_MOST) {
		r = addr_parse_endpoint(word, DNS_PORT, &addr, &port, host,
					sizeof(host));
		if (r < 0)
			break;
		if (addr.family != 0)
			addr_print(&addr, text);
		r = search_add_host(s, addr.family ? text : host,
				    addr.family ? text : host, port);
	}
	free(list);
	return r;
}

static int search_begin(struct server_search *s)
{
	int r;

	if (s->set->key[0] == LISTED_MARK) {
		r = search_take_list(s);
		return r < 0 ? r : search_hosts(s);
	}
	r = lookup_raw(s->servers->lookup, s->set->key, DNS_NS, search_ns_done,
		       s);
	if (r < 0)
		return r;
	s->ns_id = r;
	return 0;
}

int server_set_refresh(struct servers *s, struct server_set *set,
		       struct waiter *w)
{
	struct server_search *search;
	int r;

	if (!set->search) {
		search = calloc(1, sizeof(*search));
		if (!search)
			return -ENOMEM;
		search->servers = s;
		search->set = set;
		search->ttl_s = UINT32_MAX;
		ev_timer_init(&search->timer, search_timer, 0., 0.);
		search->timer.data = search;
		r = search_begin(search);
		if (r < 0) {
			search_free(search);
			return r;
		}
		set->search = search;
	}
	if (w)
		waiter_add(&set->waiters, w);
	return 0;
}

bool server_set_is_fresh(const struct server_set *set)
{
	return set->n > 0 && clock_mono_ns() < set->fresh_until_ns;
}

/* Up at once, down slowly: several ways may lead there. */
static uint32_t rtt_smooth(uint32_t was_us, uint32_t now_us)
{
	return now_us >= was_us ? now_us : was_us - (was_us - now_us) / 8;
}

void server_set_note(struct server_set *set, const struct addr *addr,
		     uint16_t port, const struct server_note *note)
{
	struct server *item = set_item(set, addr, port);

	if (!item)
		return;
	item->silent = note->silent;
	item->doubted = note->doubted;
	if (note->rtt_us)
		item->rtt_us = rtt_smooth(item->rtt_us, note->rtt_us);
}

static struct server_set *set_of(struct servers *s, const char *key)
{
	struct server_set *set;

	for (set = s->sets; set; set = set->next)
		if (strcmp(set->key, key) == 0)
			return set;
	set = calloc(1, sizeof(*set));
	if (!set)
		return NULL;
	set->key = str_dup(key);
	if (!set->key) {
		free(set);
		return NULL;
	}
	set->next = s->sets;
	s->sets = set;
	return set;
}

struct server_set *servers_of_zone(struct servers *s, const char *zone)
{
	return set_of(s, zone);
}

struct server_set *servers_listed(struct servers *s, const char *const *list,
				  size_t n)
{
	struct buf key = BUF_INIT(KEY_MOST);
	struct server_set *set = NULL;

	for (size_t i = 0; i < n; i++)
		buf_addf(&key, "%c%s", i > 0 ? ',' : LISTED_MARK, list[i]);
	if (!key.failed && key.data)
		set = set_of(s, key.data);
	buf_done(&key);
	return set;
}

int servers_new(struct ev_loop *loop, struct lookup *lookup, uint16_t port,
		struct servers **ret)
{
	struct servers *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->lookup = lookup;
	s->port = port;
	*ret = s;
	return 0;
}

void servers_free(struct servers *s)
{
	if (!s)
		return;
	while (s->sets) {
		struct server_set *set = s->sets;

		s->sets = set->next;
		search_free(set->search);
		items_free(set->items, set->n);
		free(set->items);
		free(set->key);
		free(set);
	}
	free(s);
}
