#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "notify/desk/account_read.h"
#include "notify/desk/load.h"
#include "notify/desk/accounts_json.h"
#include "notify/desk/sealed.h"
#include "notify/types/ptype.h"

/* The first byte carries the descriptor; what is not a socket carries none. */
static ssize_t send_some(int out, const char *text, size_t len, int pass)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec v = { .iov_base = (void *)(uintptr_t)text,
			   .iov_len = len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t n;

	if (pass >= 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass, sizeof(int));
	}
	n = sendmsg(out, &m, MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(out, text, len);
	return n;
}

static int send_all(int out, const char *text, size_t len, int pass)
{
	while (len > 0) {
		ssize_t n = send_some(out, text, len, pass);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		pass = -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int say(int out, json_t *o, int pass)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	char *line = text ? str_dupf("%s\n", text) : NULL;
	int r = line ? send_all(out, line, strlen(line), pass) : -ENOMEM;

	json_decref(o);
	free(text);
	free(line);
	return r;
}

static json_t *describe_faults(struct faults *faults)
{
	json_t *list = json_array();

	faults_sort(faults);
	for (size_t i = 0; i < faults->n; i++) {
		const struct fault *f = &faults->items[i];
		json_t *one = json_pack("{ss sI ss}", "file", f->file, "line",
					(json_int_t)f->line, "text", f->text);

		/* The operator's bytes need not be UTF-8. */
		if (!one) {
			char text[512];

			one = json_pack("{ss sI ss}", "file", "", "line",
					(json_int_t)f->line, "text",
					str_printable(f->text, strlen(f->text),
						      500, text,
						      sizeof(text)));
		}
		(void)json_array_append_new(list, one);
	}
	return json_pack("{so}", "faults", list);
}

/* One line for all of them. */
static void warn_unverified(const struct accounts *as)
{
	struct buf b = BUF_INIT(1000);

	for (size_t i = 0; i < as->n_types; i++)
		if (!as->types[i].ptype->is_verified)
			buf_addf(&b, "%s%s", b.len > 0 ? ", " : "",
				 as->types[i].ptype->name);
	if (b.len > 0)
		log_warning("provider types that nobody has verified against "
			    "their service: %s; evddnsd --show-provider tells "
			    "more", b.data);
	buf_done(&b);
}

int load_run(const char *path, int out)
{
	struct faults faults = { .n = 0 };
	struct accounts as = { .n = 0 };
	int r = account_read_file(path, &as, &faults), fd = -1, status = 0;

	if (r == -EINVAL) {
		r = say(out, describe_faults(&faults), -1);
		status = faults.failed ? EX_OSERR : EX_CONFIG;
	} else if (r == 0) {
		warn_unverified(&as);
		fd = sealed_write(&as);
		r = fd < 0 ? fd : say(out, accounts_describe(&as), fd);
	}
	if (r < 0) {
		log_error("the accounts cannot be told: %s", strerror(-r));
		status = EX_OSERR;
	}
	if (fd >= 0)
		(void)close(fd);
	accounts_done(&as);
	faults_done(&faults);
	return status;
}
