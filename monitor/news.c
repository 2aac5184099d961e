#include "config.h"

#include "monitor/news.h"

/* Flapping addresses follow one another closely. */
#define NEWS_BACK 4U

void news_clear(struct news *n)
{
	n->n_links = n->n_addrs = 0;
	n->all = false;
}

void news_all(struct news *n, uint64_t heard_ns)
{
	if (!n->all)
		n->all_ns = n->n_links ? n->links[0].heard_ns : heard_ns;
	n->all = true;
	n->n_links = n->n_addrs = 0;
}

/* NULL: all are to be told anyway. */
static struct news_link *news_get(struct news *n, int ifindex,
				  uint64_t heard_ns)
{
	if (n->all)
		return NULL;
	for (size_t i = n->n_links; i-- > 0;)
		if (n->links[i].ifindex == ifindex)
			return &n->links[i];
	if (n->n_links == NEWS_LINKS) {
		news_all(n, heard_ns);
		return NULL;
	}
	n->links[n->n_links] = (struct news_link){
		.ifindex = ifindex,
		.heard_ns = heard_ns,
	};
	return &n->links[n->n_links++];
}

void news_link(struct news *n, int ifindex, uint64_t heard_ns)
{
	struct news_link *link;

	if (ifindex == 0) {
		news_all(n, heard_ns);
		return;
	}
	link = news_get(n, ifindex, heard_ns);
	if (link)
		link->whole = true;
}

void news_addr(struct news *n, int ifindex, const struct addr *a,
	       uint64_t heard_ns)
{
	struct news_link *link = news_get(n, ifindex, heard_ns);

	if (!link || link->whole)
		return;
	for (size_t i = n->n_addrs; i-- > 0 && n->n_addrs - i <= NEWS_BACK;)
		if (n->addrs[i].ifindex == ifindex &&
		    addr_equal(&n->addrs[i].addr, a))
			return;
	if (n->n_addrs == NEWS_ADDRS) {
		link->whole = true;
		return;
	}
	n->addrs[n->n_addrs++] = (struct monitor_touch){
		.ifindex = ifindex,
		.addr = *a,
	};
}

uint64_t news_since_ns(const struct news *n)
{
	if (n->all)
		return n->all_ns;
	return n->n_links ? n->links[0].heard_ns : UINT64_MAX;
}

const struct monitor_touch *news_touched(const struct news *n, int ifindex,
					 size_t *ret_n)
{
	*ret_n = 0;
	if (n->all)
		return NULL;
	for (size_t i = 0; i < n->n_links; i++)
		if (n->links[i].ifindex == ifindex && !n->links[i].whole) {
			*ret_n = n->n_addrs;
			return n->addrs;
		}
	return NULL;
}
