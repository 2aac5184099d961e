/*
 * floor - the least program that can do the daemon's work.
 *
 * It hears one interface's new IPv4 addresses from the kernel and at once
 * sends one packet: a DNS UPDATE with TSIG that was made beforehand. It can
 * do so only because it is told on its command line which addresses will
 * come. It reads no answer, keeps no state and decides nothing, so nobody
 * who must find out the address can be faster.
 *
 * floor INTERFACE SERVER ZONE NAME KEY-NAME KEY-FILE ADDRESS...
 *
 * KEY-FILE holds the base64 of an hmac-sha256 key. Prints "ready" once it
 * listens.
 */
#include "config.h"

#include <arpa/inet.h>
#include <err.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#define FLOOR_ADDRESSES 256
#define FLOOR_TTL_S 60
/* Messages are made before they are sent: by far less than this. */
#define FLOOR_FUDGE_S 300

struct floor_message {
	struct in_addr addr;
	uint8_t *wire;
	size_t len;
};

struct floor {
	unsigned int ifindex;
	int fd;
	struct sockaddr_in server;
	const char *zone, *name, *key_name;
	char key[128];
	struct floor_message messages[FLOOR_ADDRESSES];
	size_t n;
};

static ldns_rdf *floor_name(const char *text)
{
	ldns_rdf *name = ldns_dname_new_frm_str(text);

	if (!name)
		errx(1, "%s: no domain name", text);
	return name;
}

/* RFC 2136 2.5.2: class ANY without data deletes the whole RRset. */
static ldns_rr_list *floor_updates(const struct floor *f,
				   const struct floor_message *m)
{
	ldns_rr_list *list = ldns_rr_list_new();
	ldns_rr *del = ldns_rr_new(), *add = ldns_rr_new();

	if (!list || !del || !add)
		errx(1, "out of memory");
	ldns_rr_set_owner(del, floor_name(f->name));
	ldns_rr_set_class(del, LDNS_RR_CLASS_ANY);
	ldns_rr_set_type(del, LDNS_RR_TYPE_A);
	ldns_rr_set_ttl(del, 0);
	ldns_rr_set_owner(add, floor_name(f->name));
	ldns_rr_set_class(add, LDNS_RR_CLASS_IN);
	ldns_rr_set_type(add, LDNS_RR_TYPE_A);
	ldns_rr_set_ttl(add, FLOOR_TTL_S);
	ldns_rr_push_rdf(add, ldns_rdf_new_frm_data(
		LDNS_RDF_TYPE_A, sizeof(m->addr), &m->addr));
	ldns_rr_list_push_rr(list, del);
	ldns_rr_list_push_rr(list, add);
	return list;
}

/* The message for m->addr, complete and signed, takes the old one's place. */
static void floor_prepare(const struct floor *f, struct floor_message *m)
{
	ldns_rr_list *updates = floor_updates(f, m);
	ldns_pkt *pkt = ldns_update_pkt_new(floor_name(f->zone),
					    LDNS_RR_CLASS_IN, NULL, updates,
					    NULL);

	if (!pkt)
		errx(1, "no UPDATE could be made");
	ldns_pkt_set_random_id(pkt);
	if (ldns_pkt_tsig_sign(pkt, f->key_name, f->key, FLOOR_FUDGE_S,
			       "hmac-sha256.", NULL) != LDNS_STATUS_OK)
		errx(1, "the UPDATE could not be signed");
	free(m->wire);
	if (ldns_pkt2wire(&m->wire, pkt, &m->len) != LDNS_STATUS_OK)
		errx(1, "the UPDATE could not be written");
	ldns_rr_list_deep_free(updates);
	ldns_pkt_free(pkt);
}

static void floor_read_key(struct floor *f, const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(f->key, sizeof(f->key), file))
		err(1, "%s", path);
	f->key[strcspn(f->key, "\n")] = '\0';
	fclose(file);
}

static void floor_init(struct floor *f, char **argv)
{
	f->ifindex = if_nametoindex(argv[1]);
	if (!f->ifindex)
		err(1, "%s", argv[1]);
	f->server.sin_family = AF_INET;
	f->server.sin_port = htons(53);
	if (inet_pton(AF_INET, argv[2], &f->server.sin_addr) != 1)
		errx(1, "%s: no address", argv[2]);
	f->zone = argv[3];
	f->name = argv[4];
	f->key_name = argv[5];
	floor_read_key(f, argv[6]);
	for (char **text = &argv[7]; *text; text++) {
		struct floor_message *m = &f->messages[f->n];

		if (f->n == FLOOR_ADDRESSES)
			errx(1, "too many addresses");
		if (inet_pton(AF_INET, *text, &m->addr) != 1)
			errx(1, "%s: no address", *text);
		floor_prepare(f, m);
		f->n++;
	}
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (f->fd < 0)
		err(1, "socket");
}

static void floor_send(struct floor *f, const struct in_addr *addr)
{
	for (size_t i = 0; i < f->n; i++) {
		struct floor_message *m = &f->messages[i];

		if (memcmp(addr, &m->addr, sizeof(m->addr)) != 0)
			continue;
		if (sendto(f->fd, m->wire, m->len, 0,
			   (struct sockaddr *)&f->server,
			   sizeof(f->server)) < 0)
			warn("sendto");
		floor_prepare(f, m);
	}
}

static int floor_attr(const struct nlattr *attr, void *user)
{
	if (mnl_attr_get_type(attr) == IFA_LOCAL &&
	    mnl_attr_get_payload_len(attr) == sizeof(struct in_addr))
		floor_send(user, mnl_attr_get_payload(attr));
	return MNL_CB_OK;
}

static int floor_heard(const struct nlmsghdr *nlh, void *user)
{
	const struct floor *f = user;
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == RTM_NEWADDR && ifa->ifa_index == f->ifindex)
		return mnl_attr_parse(nlh, sizeof(*ifa), floor_attr, user);
	return MNL_CB_OK;
}

int main(int argc, char **argv)
{
	static struct floor f;
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	_Alignas(struct nlmsghdr) char buf[8192];

	if (argc < 8)
		errx(64, "usage: floor INTERFACE SERVER ZONE NAME KEY-NAME "
			 "KEY-FILE ADDRESS...");
	floor_init(&f, argv);
	if (!nl || mnl_socket_bind(nl, RTMGRP_IPV4_IFADDR,
				   MNL_SOCKET_AUTOPID) < 0)
		err(1, "netlink");
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, sizeof(buf));

		if (n < 0)
			err(1, "netlink");
		if (mnl_cb_run(buf, (size_t)n, 0, 0, floor_heard, &f) < 0)
			err(1, "netlink message");
	}
}
