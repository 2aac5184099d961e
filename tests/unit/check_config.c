#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "config/config.h"
#include "tests/support/suite.h"

#define P "provider \"p\" { type = \"rfc2136\" }\n"
#ifdef HAVE_IDN
#define BUECHER "B\xc3\xbc" "cher"
#else
#define BUECHER "XN--Bcher-kva"
#endif
#define R "record \"a.example\" { }\n"

static char path[64];

static void make_file(void)
{
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/check_config.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static void remove_file(void)
{
	ck_assert_int_eq(unlink(path), 0);
}

/* 0 or what config_load() says; the faults without the file's name. */
static int load(const char *text, struct config **ret, struct buf *said)
{
	struct faults faults = { 0 };
	FILE *f = fopen(path, "w");
	int r;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	r = config_load(path, "/etc/evddns", ret, &faults);
	for (size_t i = 0; i < faults.n; i++) {
		ck_assert_str_eq(faults.items[i].file, path);
		buf_addf(said, "%s%u: %s", i ? "\n" : "",
			 faults.items[i].line, faults.items[i].text);
	}
	buf_add_str(said, "");
	faults_done(&faults);
	return r;
}

static struct config *load_good(const char *text)
{
	struct config *c = NULL;
	struct buf said = BUF_INIT(100000);
	int r = load(text, &c, &said);

	ck_assert_msg(r == 0, "%s: %s", text, said.data);
	ck_assert_msg(said.len == 0, "%s: %s", text, said.data);
	buf_done(&said);
	return c;
}

static const struct row {
	const char *text, *faults;
} rows[] = {
	/* The whole. */
	{ "", "0: there is no record, so there is nothing to do\n"
	      "0: there is no provider to tell about an address" },
	{ P, "0: there is no record, so there is nothing to do" },
	{ R, "0: there is no provider to tell about an address" },
	{ P R "recrod \"b.example\" { providr = p }",
	  "3: unknown section \"recrod\"; did you mean \"record\"?" },
	{ P R "frobnicate { }", "3: unknown section \"frobnicate\"" },
	{ P R "a { b = \"${CONFIG_NONE}\" }", "3: unknown section \"a\"" },
	{ P R "hooks { } hooks { }", "3: there is a second section hooks" },
	{ P R "log { }\nlog { level = loud }\n",
	  "4: there is a second section log" },
	{ P R "control \"x\" { }", "3: control takes no name" },
	{ P R "source { }",
	  "3: a source needs a name: source \"NAME\" { ... }" },
	{ P R "provider { }",
	  "3: a provider needs a name: provider \"NAME\" { ... }" },
	{ P "record { }",
	  "2: a record needs a name: record \"home.example.org\" { ... }" },
	{ P R "source \"\" { }",
	  "3: the name of a source has 1 to 63 printable characters" },
	{ P R "provider \"p\" { }\nsource \"s\" { }\nsource \"s\" { }\n"
	  "record \"A.Example.\" { }\n",
	  "2: provider must be set: there are 2 to choose from\n"
	  "3: provider \"p\" is there already: FILE:1\n"
	  "5: source \"s\" is there already: FILE:4\n"
	  "6: provider must be set: there are 2 to choose from\n"
	  "6: record \"a.example\" is there already: FILE:2" },
	{ P R "record \"b.example\" { provider = p }\n"
	  "record \"b.example\" { provider = p }\n"
	  "record \"b.example\" { provider = p }\n",
	  "4: record \"b.example\" is there already: FILE:3\n"
	  "5: record \"b.example\" is there already: FILE:3" },
	{ P R "source \"wan\" { interfces = \"ppp0\" }",
	  "3: unknown setting \"interfces\" in source \"wan\"; did you mean "
	  "\"interfaces\"?" },
	{ P R "hooks { dirctory = \"/x\" }",
	  "3: unknown setting \"dirctory\" in hooks; did you mean "
	  "\"directory\"?" },
	{ P "record \"a.example\" { password = \"x\" }",
	  "2: unknown setting \"password\" in record \"a.example\"" },
	{ P "record \"a.example\" {\n ttl = 60\n ttl = 90 }",
	  "4: \"ttl\" is already set on line 3" },
	{ P R "source \"s\" { interfaces { } }",
	  "3: no section stands within a source: is \"}\" missing above, or "
	  "\"=\" after \"interfaces\"?" },
	{ P R "ttl = 60",
	  "3: the setting \"ttl\" stands outside of every section" },

	/* Kinds of values. */
	{ P R "source \"s\" { bind = true }",
	  "3: bind is no or yes, not \"true\"" },
	{ P R "source \"s\" { confirm = maybe }",
	  "3: confirm is auto, never or always, not \"maybe\"" },
	{ P R "source \"s\" { confirm = {auto} }",
	  "3: confirm takes one value, not a list" },
	{ P R "source \"s\" { confirm = { } }", "3: confirm is an empty list" },
	{ P R "source \"s\" { interfaces = { } }",
	  "3: interfaces is an empty list" },
	{ P R "source \"s\" { interfaces = {\"eth0\",\n\"a/b\",\n\"\"} }",
	  "4: interfaces: \"a/b\" is not an interface name or pattern\n"
	  "5: interfaces is empty" },
	{ P R "source \"s\" { confirm-timeout = 2 }",
	  "3: confirm-timeout = 2 has no unit: ms, s, m, h or d" },
	{ P R "source \"s\" { confirm-timeout = 0 }",
	  "3: confirm-timeout must not be 0: it would wait for ever" },
	{ P R "source \"s\" { confirm-timeout = 0s }",
	  "3: confirm-timeout must not be 0: it would wait for ever" },
	{ P R "source \"s\" { confirm-timeout = 2h }",
	  "3: confirm-timeout is from 1ms to 1h, not \"2h\"" },
	{ P R "source \"s\" { confirm-timeout = soon }",
	  "3: confirm-timeout is a time such as 1500ms, 30s, 5m, 1h or 2d, "
	  "not \"soon\"" },
	{ P R "source \"s\" { confirm-timeout = \"\" }",
	  "3: confirm-timeout is a time such as 1500ms, 30s, 5m, 1h or 2d, "
	  "not \"\"" },
	{ P R "source \"s\" { nat-recheck = 10ms }",
	  "3: nat-recheck is from 1s to 366d, or 0, not \"10ms\"" },
	{ P R "source \"s\" { nat-recheck = 99999999999999d }",
	  "3: nat-recheck is from 1s to 366d, or 0, not \"99999999999999d\"" },
	{ P R "source \"s\" { quorum = 0 }",
	  "3: quorum is a number from 1 to 16, not \"0\"" },
	{ P R "source \"s\" { quorum = -1 }",
	  "3: quorum is a number from 1 to 16, not \"-1\"" },
	{ P R "source \"s\" { fwmark = 0x1g }",
	  "3: fwmark is a number from 0 to 4294967295, not \"0x1g\"" },
	{ P R "source \"s\" { fwmark = 0x123456789 }",
	  "3: fwmark is a number from 0 to 4294967295, not \"0x123456789\"" },
	{ P R "source \"s\" { reflectors4 = {\"dns: opendns\"} }",
	  "3: reflectors4: \"dns: opendns\" is not a reflector" },
	{ P R "source \"s\" { ipv6-temporary = yes  scope = local  keep = 1\n"
	  "behind-nat = yes }",
	  "3: ipv6-temporary is no, prefer or only, not \"yes\"\n"
	  "3: scope is global or any, not \"local\"\n"
	  "3: keep is first or all, not \"1\"\n"
	  "4: behind-nat is auto, publish or ignore, not \"yes\"" },
	{ P R "hooks { timeout = 0 parallel = 0 directory = \"\" }",
	  "3: timeout must not be 0: a hook that hangs would hold up the "
	  "others\n"
	  "3: parallel is a number from 1 to 64, not \"0\"\n"
	  "3: directory is empty" },
	{ P R "notify { linger = ever }",
	  "3: linger is a time such as 1500ms, 30s, 5m, 1h or 2d, or always, "
	  "not \"ever\"" },
	{ P R "log { level = loud format = xml }",
	  "3: level is error, warning, notice, info or debug, not \"loud\"\n"
	  "3: format is text or json, not \"xml\"" },
	{ P R "resolver { servers = {\"192.0.2.1\", \"ns.example\"} "
	  "timeout = 0 tries = 99 }",
	  "3: servers: \"ns.example\" is not an address, with or without "
	  ":port\n"
	  "3: timeout must not be 0: it would wait for ever\n"
	  "3: tries is a number from 1 to 10, not \"99\"" },
	{ P R "source \"s\" { bind = \"${CONFIG_NONE}\" }",
	  "3: the environment variable CONFIG_NONE is not set" },

	/* Records. */
	{ P "record \"-a.example\" { }",
	  "2: \"-a.example\" is not a host name: a label begins or ends with "
	  "\"-\"" },
	{ P "record \"\" { }", "2: \"\" is not a host name: it is empty" },
	{ P "record \"192.0.2.1\" { }",
	  "2: \"192.0.2.1\" is not a host name: its last label is a number" },
	{ P "record \"home\" { }",
	  "2: \"home\" is not a whole name: add the domain" },
#ifndef HAVE_IDN
	{ P "record \"b\xc3\xbc" "cher.example\" { }",
	  "2: \"b\xc3\xbc" "cher.example\" needs libidn2, which is not here: "
	  "write it in A-labels (xn--...)" },
#endif
	{ P "record \"a.example\" { provider = \"P\" }",
	  "2: there is no provider \"P\"; did you mean \"p\"?" },
	{ P "record \"a.example\" { provider = {\"p\", \"cloud\", \"p\"} }",
	  "2: there is no provider \"cloud\"\n"
	  "2: provider \"p\" is named twice" },
	{ P "record \"a.example\" { provider = {} }",
	  "2: provider is an empty list" },
	{ P "source \"wan\" { }\nrecord \"a.example\" {\n source = \"wna\" }",
	  "4: there is no source \"wna\"; did you mean \"wan\"?" },
	{ P "record \"a.example\" { source = {\"a\", \"b\"} }",
	  "2: source takes one value, not a list" },
	{ P "record \"a.example\" { families = {\"ipv4\", \"ipv5\", ipv4} }",
	  "2: families are ipv4 and ipv6, not \"ipv5\"\n"
	  "2: families: \"ipv4\" is named twice" },
	{ P "record \"a.example\" { families = {} }",
	  "2: families is an empty list" },
	{ P "record \"a.example\" { ttl = 0 }",
	  "2: ttl is a number from 1 to 2147483647, not \"0\"" },
	{ P "record \"a.example\" { ttl = 1m }",
	  "2: ttl is a number from 1 to 2147483647, not \"1m\"" },
	{ P "record \"a.example\" { ipv6-host = \"192.0.2.1\" }",
	  "2: ipv6-host \"192.0.2.1\": it is neither an interface identifier "
	  "such as ::10:20ff:fe30:4050 nor a MAC address" },
	{ P "record \"a.example\" { ipv6-host = \"2001:db8::1\" }",
	  "2: ipv6-host \"2001:db8::1\": the bits before ipv6-prefix-length "
	  "must be zero" },
	{ P "record \"a.example\" { ipv6-host = \"::\" }",
	  "2: ipv6-host \"::\": it must not be all zero" },
	{ P "record \"a.example\" { ipv6-host = \"01:00:5e:00:00:01\" }",
	  "2: ipv6-host \"01:00:5e:00:00:01\": no host has this MAC address" },
	{ P "record \"a.example\" { ipv6-host = \"02:00:5e:00:00:01\"\n"
	  "ipv6-prefix-length = 80 }",
	  "2: ipv6-host \"02:00:5e:00:00:01\": a MAC address fills 64 bits: "
	  "ipv6-prefix-length is too long for it" },
	{ P "record \"a.example\" { ipv6-host = \"::1\"\n families = ipv4 }",
	  "2: ipv6-host, but families leaves ipv6 out" },
	{ P "record \"a.example\" {\n prefix-from = \"br-lan\"\n"
	  "ipv6-prefix-length = 128\n owner-expire = 1h }",
	  "3: prefix-from means nothing without ipv6-host\n"
	  "4: ipv6-prefix-length is a number from 1 to 127, not \"128\"\n"
	  "4: ipv6-prefix-length means nothing without ipv6-host\n"
	  "5: owner-expire means nothing without owner" },
	{ P "record \"a.example\" { on-loss = delete on-stop = no check = dns "
	  "verify = 1 create = 0 ptr = maybe }",
	  "2: on-loss is keep or remove, not \"delete\"\n"
	  "2: on-stop is keep or remove, not \"no\"\n"
	  "2: check is authoritative, recursive, provider or none, not "
	  "\"dns\"\n"
	  "2: verify is no or yes, not \"1\"\n"
	  "2: create is no or yes, not \"0\"\n"
	  "2: ptr is no or yes, not \"maybe\"" },
	{ P "record \"a.example\" { nameservers = {\"ns.example:53\", "
	  "\"192.0.2.1:0\", \"[::1]:53\", \"-x\"} }",
	  "2: nameservers: \"192.0.2.1:0\" is not a host name or address, with "
	  "or without :port\n"
	  "2: nameservers: \"-x\" is not a host name or address, with or "
	  "without :port" },
	{ P "record \"a.example\" { recheck = 1ms owner = \"a b\" }",
	  "2: recheck is from 1s to 366d, or 0, not \"1ms\"\n"
	  "2: owner: \"a b\" is not a name of 1 to 63 letters, digits, \".\", "
	  "\"-\", \"_\"" },
	{ P "record \"a.example\" { on-loss-hold = 60 recheck = 3600 }",
	  "2: on-loss-hold = 60 has no unit: ms, s, m, h or d\n"
	  "2: recheck = 3600 has no unit: ms, s, m, h or d" },
};

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct config *c = (void *)&rows, *before = c;
	struct buf said = BUF_INIT(100000);
	char *where;
	int r = load(row->text, &c, &said);

	/* The one place where a fault names a file: make it FILE. */
	while ((where = strstr(said.data, path)) != NULL) {
		size_t rest = strlen(where + strlen(path));

		memcpy(where, "FILE", 4);
		memmove(where + 4, where + strlen(path), rest + 1);
	}
	ck_assert_msg(strcmp(said.data, row->faults) == 0,
		      "%s\nfaults are\n%s\nnot\n%s", row->text, said.data,
		      row->faults);
	ck_assert_int_eq(r, -EINVAL);
	ck_assert_ptr_eq(c, before);
	buf_done(&said);
}
END_TEST

START_TEST(test_defaults)
{
	struct config *c = load_good(P R);
	const struct config_source *s = &c->sources[0];
	const struct config_record *r = &c->records[0];

	ck_assert_uint_eq(c->n_sources, 1);
	ck_assert_str_eq(s->name, "default");
	ck_assert_uint_eq(s->interfaces.n, 0);
	ck_assert_int_eq(s->ipv6_temporary, TEMPORARY_NO);
	ck_assert(!s->scope_any && !s->keep_all && s->bind);
	ck_assert_int_eq(s->confirm, CONFIRM_AUTO);
	ck_assert(!s->reflectors4_set && !s->reflectors6_set);
	ck_assert_uint_eq(s->quorum, 0);
	ck_assert_int_eq(s->behind_nat, NAT_AUTO);
	ck_assert_uint_eq(s->confirm_timeout_ms, 2000);
	ck_assert_uint_eq(s->nat_recheck_ms, 300000);
	ck_assert_uint_eq(s->fwmark, 0);

	ck_assert_uint_eq(c->n_providers, 1);
	ck_assert_str_eq(c->providers[0].name, "p");
	ck_assert_uint_eq(c->providers[0].line, 1);

	ck_assert_uint_eq(c->n_records, 1);
	ck_assert_str_eq(r->name, "a.example");
	ck_assert_uint_eq(r->n_providers, 1);
	ck_assert_uint_eq(r->providers[0], 0);
	ck_assert_uint_eq(r->source, 0);
	ck_assert(r->ipv4 && r->ipv6 && r->verify && r->create && !r->ptr);
	ck_assert_uint_eq(r->ttl_s, 0);
	ck_assert_uint_eq(r->ipv6_host.family, 0);
	ck_assert_uint_eq(r->ipv6_prefix_length, 64);
	ck_assert_ptr_null(r->prefix_from);
	ck_assert(!r->remove_on_loss && !r->remove_on_stop);
	ck_assert_uint_eq(r->on_loss_hold_ms, 60000);
	ck_assert_int_eq(r->check, CHECK_AUTHORITATIVE);
	ck_assert_uint_eq(r->nameservers.n, 0);
	ck_assert_uint_eq(r->recheck_ms, 3600000);
	ck_assert_ptr_null(r->owner);
	ck_assert_uint_eq(r->owner_expire_ms, 0);
	ck_assert_uint_eq(r->line, 2);
	ck_assert_str_eq(r->file, path);

	ck_assert_str_eq(c->hooks_directory, "/etc/evddns/hooks.d");
	ck_assert_uint_eq(c->hooks_timeout_ms, 30000);
	ck_assert_uint_eq(c->hooks_parallel, 1);
	ck_assert_ptr_null(c->control_group);
	ck_assert_ptr_null(c->control_admin_group);
	ck_assert_uint_eq(c->notify_linger_ms, 60000);
	ck_assert_int_eq(c->log_level, LOG_LEVEL_NOTICE);
	ck_assert_int_eq(c->log_format, LOG_FORMAT_TEXT);
	ck_assert(!c->log_level_set && !c->log_format_set);
	ck_assert_uint_eq(c->resolver_servers.n, 0);
	ck_assert_uint_eq(c->resolver_timeout_ms, 2000);
	ck_assert_uint_eq(c->resolver_tries, 2);
	ck_assert_uint_eq(c->files.n, 1);
	config_free(c);
}
END_TEST

START_TEST(test_source)
{
	struct config *c = load_good(
		P R "source \"wan\" { interfaces = {\"ppp*\", wan0} "
		"ipv6-temporary = prefer scope = any keep = all "
		"confirm = never reflectors4 = {} reflectors6 = \"pcp\" "
		"quorum = 3 behind-nat = ignore confirm-timeout = 1500ms "
		"nat-recheck = 0 fwmark = 0x2A bind = no }\n"
		"source \"lte\" { confirm = always ipv6-temporary = only "
		"behind-nat = publish fwmark = 7 }\n"
		"record \"b.example\" { source = lte }\n");
	const struct config_source *s = &c->sources[0];

	ck_assert_uint_eq(c->n_sources, 3);
	ck_assert_str_eq(c->sources[2].name, "default");
	ck_assert_uint_eq(c->sources[2].line, 0);
	ck_assert_uint_eq(c->records[0].source, 2);
	ck_assert_uint_eq(c->records[1].source, 1);

	ck_assert_uint_eq(s->interfaces.n, 2);
	ck_assert_str_eq(s->interfaces.items[0], "ppp*");
	ck_assert_str_eq(s->interfaces.items[1], "wan0");
	ck_assert_int_eq(s->ipv6_temporary, TEMPORARY_PREFER);
	ck_assert(s->scope_any && s->keep_all && !s->bind);
	ck_assert_int_eq(s->confirm, CONFIRM_NEVER);
	ck_assert(s->reflectors4_set && s->reflectors4.n == 0);
	ck_assert(s->reflectors6_set && s->reflectors6.n == 1);
	ck_assert_str_eq(s->reflectors6.items[0], "pcp");
	ck_assert_uint_eq(s->quorum, 3);
	ck_assert_int_eq(s->behind_nat, NAT_IGNORE);
	ck_assert_uint_eq(s->confirm_timeout_ms, 1500);
	ck_assert_uint_eq(s->nat_recheck_ms, 0);
	ck_assert_uint_eq(s->fwmark, 42);
	ck_assert_int_eq(c->sources[1].confirm, CONFIRM_ALWAYS);
	ck_assert_int_eq(c->sources[1].ipv6_temporary, TEMPORARY_ONLY);
	ck_assert_int_eq(c->sources[1].behind_nat, NAT_PUBLISH);
	ck_assert_uint_eq(c->sources[1].fwmark, 7);
	config_free(c);
}
END_TEST

START_TEST(test_record)
{
	struct config *c = load_good(
		"record \"*." BUECHER ".Example.\" { "
		"provider = {\"q\", \"p\"} families = ipv6 ttl = 60 "
		"ipv6-host = \"::10:20ff:fe30:4050\" prefix-from = \"br-lan\" "
		"ipv6-prefix-length = 56 on-loss = remove on-stop = remove "
		"on-loss-hold = 0 check = none "
		"nameservers = {\"192.0.2.1\", \"ns.example:5353\"} "
		"recheck = 0 verify = no owner = \"gw-1\" owner-expire = 1d "
		"create = no ptr = yes }\n"
		"record \"lan.\" { provider = p check = recursive }\n"
		"record \"c.example\" { provider = p check = provider "
		"ipv6-host = \"00:00:5E-00:53:01\" }\n"
		"provider \"p\" { token = \"${CONFIG_NONE}\" nonsense = {1} }\n"
		"provider \"q\" { }\n");
	const struct config_record *r = &c->records[0];
	char text[ADDR_STRLEN];

	ck_assert_uint_eq(r->n_providers, 2);
	ck_assert_uint_eq(r->providers[0], 1);
	ck_assert_uint_eq(r->providers[1], 0);
	ck_assert(!r->ipv4 && r->ipv6);
	ck_assert_uint_eq(r->ttl_s, 60);
	ck_assert_str_eq(addr_print(&r->ipv6_host, text),
			 "::10:20ff:fe30:4050");
	ck_assert_str_eq(r->prefix_from, "br-lan");
	ck_assert_uint_eq(r->ipv6_prefix_length, 56);
	ck_assert(r->remove_on_loss && r->remove_on_stop);
	ck_assert_uint_eq(r->on_loss_hold_ms, 0);
	ck_assert_int_eq(r->check, CHECK_NONE);
	ck_assert_uint_eq(r->nameservers.n, 2);
	ck_assert_str_eq(r->nameservers.items[1], "ns.example:5353");
	ck_assert_uint_eq(r->recheck_ms, 0);
	ck_assert(!r->verify && !r->create && r->ptr);
	ck_assert_str_eq(r->owner, "gw-1");
	ck_assert_uint_eq(r->owner_expire_ms, 86400000);
	ck_assert_str_eq(c->records[1].name, "lan");
	ck_assert_int_eq(c->records[1].check, CHECK_RECURSIVE);
	ck_assert_int_eq(c->records[2].check, CHECK_PROVIDER);
	ck_assert_str_eq(addr_print(&c->records[2].ipv6_host, text),
			 "::200:5eff:fe00:5301");
	ck_assert_str_eq(r->name, "*.xn--bcher-kva.example");
	config_free(c);
}
END_TEST

START_TEST(test_rest)
{
	struct config *c = load_good(
		P R "hooks { directory = \"my-hooks\" timeout = 1m "
		"parallel = 4 }\n"
		"control { group = \"adm\" admin-group = root }\n"
		"notify { linger = always }\n"
		"log { level = debug format = json }\n"
		"resolver { servers = {\"192.0.2.1\", \"[2001:db8::1]:53\"} "
		"timeout = 500ms tries = 1 }\n"
		"source default { confirm = never }\n");

	ck_assert_str_eq(c->hooks_directory, "/tmp/my-hooks");
	ck_assert_uint_eq(c->hooks_timeout_ms, 60000);
	ck_assert_uint_eq(c->hooks_parallel, 4);
	ck_assert_str_eq(c->control_group, "adm");
	ck_assert_str_eq(c->control_admin_group, "root");
	ck_assert(c->notify_linger_ms == UINT64_MAX);
	ck_assert_int_eq(c->log_level, LOG_LEVEL_DEBUG);
	ck_assert_int_eq(c->log_format, LOG_FORMAT_JSON);
	ck_assert(c->log_level_set && c->log_format_set);
	ck_assert_uint_eq(c->resolver_servers.n, 2);
	ck_assert_uint_eq(c->resolver_timeout_ms, 500);
	ck_assert_uint_eq(c->resolver_tries, 1);
	ck_assert_uint_eq(c->n_sources, 1);
	ck_assert_int_eq(c->sources[0].confirm, CONFIRM_NEVER);
	config_free(c);
	config_free(NULL);

	c = load_good(P R "notify { linger = 0 }");
	ck_assert_uint_eq(c->notify_linger_ms, 0);
	config_free(c);
}
END_TEST

/* Many records are found right and fast, many faults end at a limit. */
START_TEST(test_many)
{
	struct buf text = BUF_INIT(1 << 20), said = BUF_INIT(1 << 20);
	struct faults faults = { 0 };
	struct config *c = NULL;

	buf_add_str(&text, P);
	for (int i = 0; i < 10000; i++)
		buf_addf(&text, "record \"h%d.example\" { }\n", i);
	c = load_good(text.data);
	ck_assert_uint_eq(c->n_records, 10000);
	ck_assert_str_eq(c->records[9999].name, "h9999.example");
	config_free(c);

	buf_clear(&text);
	for (int i = 0; i < 10000; i++)
		buf_addf(&text, "x%d { }\n", i);
	c = NULL;
	ck_assert_int_eq(load(text.data, &c, &said), -EINVAL);
	ck_assert_int_eq(config_load(path, "/e", &c, &faults), -EINVAL);
	ck_assert_uint_eq(faults.n, FAULTS_MAX);
	ck_assert_int_eq(config_load(path, "/e", &c, &faults), -EINVAL);
	ck_assert_ptr_null(c);
	faults_done(&faults);
	buf_done(&text);
	buf_done(&said);
}
END_TEST

/* The whole of a file in the source tree. */
static char *read_source(const char *name, size_t size)
{
	const char *top = getenv("top_srcdir");
	char *text = calloc(1, size), full[4096];
	FILE *f;

	(void)snprintf(full, sizeof(full), "%s/%s", top ? top : ".", name);
	f = fopen(full, "r");
	ck_assert_msg(f && text, "%s", full);
	ck_assert_uint_lt(fread(text, 1, size - 1, f), size - 1);
	(void)fclose(f);
	return text;
}

/* Each example of the manual page is a configuration. */
START_TEST(test_manual)
{
	static const char begin[] = ".Bd -literal -offset indent\n";
	char *page = read_source("man/evddns.conf.5", 200000), *at, *end;
	int n = 0;

	at = strstr(page, "\n.Sh EXAMPLES\n");
	ck_assert_ptr_nonnull(at);
	while ((at = strstr(at, begin)) != NULL) {
		at += strlen(begin);
		end = strstr(at, ".Ed\n");
		ck_assert_ptr_nonnull(end);
		*end = '\0';
		config_free(load_good(at));
		at = end + 1;
		n++;
	}
	ck_assert_int_eq(n, 6);
	free(page);
}
END_TEST

/* So is the example file, also with all its settings uncommented. */
START_TEST(test_example)
{
	char *text = read_source("contrib/evddns.conf.example", 20000);
	struct config *c = load_good(text);

	ck_assert_uint_eq(c->n_records, 1);
	config_free(c);
	for (char *p = text; *p; p++)
		if (*p == '#' && (p == text || p[-1] == '\n') &&
		    p[1] != ' ' && p[1] != '\n' &&
		    strncmp(p, "#include", 8) != 0)
			*p = ' ';
	c = load_good(text);
	ck_assert_uint_eq(c->n_records, 5);
	ck_assert_uint_eq(c->n_providers, 2);
	ck_assert_uint_eq(c->records[0].ttl_s, 60);
	config_free(c);
	free(text);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("config");
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, make_file, remove_file);
	tcase_add_loop_test(tc, test_row, 0, SUITE_COUNT(rows));
	tcase_add_test(tc, test_defaults);
	tcase_add_test(tc, test_source);
	tcase_add_test(tc, test_record);
	tcase_add_test(tc, test_rest);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_manual);
	tcase_add_test(tc, test_example);
	suite_add_tcase(s, tc);
	return s;
}
