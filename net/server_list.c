#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <ares.h>

#include "base/buf.h"
#include "net/server_list.h"

#define DNS_PORT    53
#define LENGTH_MOST 2048

static void list_add(struct buf *b, const struct addr *a, uint16_t port)
{
	char text[ADDR_STRLEN];

	buf_addf(b, a->family == AF_INET6 ? "%s[%s]:%u" : "%s%s:%u",
		 b->len > 0 ? "," : "", addr_print(a, text), port);
}

/* What has been put together; NULL where that is nothing. */
static int list_take(struct buf *b, int error, char **ret)
{
	if (error == 0 && b->failed)
		error = -ENOMEM;
	if (error < 0)
		buf_done(b);
	else
		*ret = b->data;
	return error;
}

int server_list_join(const char *const *servers, size_t n, char **ret)
{
	struct buf b = BUF_INIT(LENGTH_MOST);
	struct addr a;
	uint16_t port;

	for (size_t i = 0; i < n; i++) {
		if (addr_parse_endpoint(servers[i], DNS_PORT, &a, &port, NULL,
					0) < 0)
			return list_take(&b, -EINVAL, ret);
		list_add(&b, &a, port);
	}
	return list_take(&b, 0, ret);
}

static bool is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->bytes[0] == 0xfe &&
	       (a->bytes[1] & 0xc0) == 0x80;
}

int server_list_prefer(const struct ares_addr_port_node *list,
		       const struct addr *first, uint16_t port, char **ret)
{
	struct buf b = BUF_INIT(LENGTH_MOST);
	bool found = false;
	struct addr a;

	list_add(&b, first, port);
	for (; list; list = list->next) {
		uint16_t its_port = list->udp_port ? (uint16_t)list->udp_port
						   : DNS_PORT;

		if (addr_from_bytes(list->family, &list->addr,
				    addr_len(list->family), &a) < 0 ||
		    is_link_local(&a))
			return list_take(&b, -ENOENT, ret);
		if (addr_equal(&a, first) && its_port == port)
			found = true;
		else
			list_add(&b, &a, its_port);
	}
	return list_take(&b, found ? 0 : -ENOENT, ret);
}
