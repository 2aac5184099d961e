/* A body as any server may send it: judged, read and planned by. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notify/types/call.h"
#include "notify/types/plan.h"
#include "notify/types/ptype_find.h"
#include "notify/types/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char type[] =
	"type \"t\" { title = t endpoint = \"https://x.example\" addresses = "
	"many\n"
	"step \"s\" { for = name url = \"/\"\n"
	"  answer \"ok\" { word = {good, OK} }\n"
	"  answer \"slow\" { regex = \"^w([0-9]+)([smh]?)\" }\n"
	"  answer \"unchanged\" { status = 2xx json = \"/a\" is = {1, \"x*\"} "
	"}\n"
	"  answer \"ok\" { json = \"\" }\n"
	"  read \"r\" { json = \"/l\" where = {\"/n={name}\"} take = \"/i\" }\n"
	"  read \"x\" { regex = \"<a>([^<]*)</a>\" }\n"
	"  read \"y\" { text = yes }\n"
	"  records { json = \"/r\" where = {\"/t={type}\"} value = \"/v\" id = "
	"\"/i\" ttl = \"/l\" keep = {\"p=/p\"} }\n"
	"}\n"
	"step \"u\" { url = \"/{id}\" for = update body-json = '{\"i\": "
	"\"{id:json}\", \"t\": \"{ttl}\", \"p?\": \"{p}\"}' } }";

static char *no_header(void *user, const char *name)
{
	(void)user;
	(void)name;
	return NULL;
}

static void read_all(struct context *c, const struct rule_answer *a,
		     struct thing *batch)
{
	struct thing *family = batch->below[0]->below[0];
	enum plan_verdict verdict;
	struct thing **things;
	struct call q;
	char why[200];
	size_t n;

	c->thing = batch->below[0];
	if (reading_values(c, a, no_header, NULL, c->thing) < 0 ||
	    reading_records(c, a) < 0 ||
	    plan_make(c->type, family, &verdict) < 0)
		return;
	if (thing_collect(batch, SCOPE_UPDATE, &things, &n) < 0)
		return;
	c->step = &c->type->steps[1];
	for (size_t i = 0; i < n; i++) {
		c->thing = things[i];
		if (call_build(c, &q, why, sizeof(why)) == 0)
			call_done(&q);
	}
	free(things);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptype *p;
	struct faults faults = { .n = 0 };
	struct account account = { .n_values = 0 };
	struct addr one = { .family = AF_INET, .bytes = { 192, 0, 2, 7 } };
	struct job j = { .name = "www.example.org",
			 .ipv4 = { .given = true, .addrs = &one, .n = 1 } };
	struct thing *batch = thing_new(SCOPE_BATCH, NULL);
	struct rule_answer a = { .location = "" };
	struct rule_verdict v;
	struct context c = { .account = &account };
	char *body = malloc(size + 1);
	size_t len;

	if (!p && ptype_parse("t", type, sizeof(type) - 1, &p, &faults) < 0)
		__builtin_trap();
	if (size < 1 || !body || !batch ||
	    thing_add_name(batch, p, &j, "example.org") < 0) {
		free(body);
		thing_free(batch);
		return 0;
	}
	a.status = data[0] ? 100U + 2U * data[0] : 200;
	for (size_t i = 1; i < size; i++)
		body[i - 1] = data[i] ? (char)data[i] : '?';
	body[size - 1] = '\0';
	a.body = body;
	a.len = size - 1;
	a.json = json_loadb(body, a.len, JSON_DECODE_ANY, NULL);
	c.type = p;
	c.step = &p->steps[0];
	c.thing = batch->below[0];
	rule_judge(&c, &a, body, &v);
	if (strlen(rule_words(&a, body, &len)) < len)
		__builtin_trap();
	if (a.status / 100 != 2 && v.class == ANSWER_OK && !a.json)
		__builtin_trap();
	read_all(&c, &a, batch);
	json_decref(a.json);
	thing_free(batch);
	free(body);
	return 0;
}
