#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define MESSAGE_MAX_BYTES 1024
#define HANDED_ON "EVDDNS_LOG"
#define LINE_MAX_BYTES (8 * MESSAGE_MAX_BYTES) /* escapes in JSON */

/* The process's one sink: a log has no owner to pass it through. */
static struct {
	const char *program;
	enum log_level level;
	enum log_format format;
	enum log_sink sink;
	bool journal; /* stderr is read by the journal: prefix priorities */
	bool started; /* who started us has gone */
} sink = { .program = "evddns", .level = LOG_LEVEL_NOTICE };

static const struct level {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_NOTICE] = { "notice", LOG_NOTICE },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

/* $JOURNAL_STREAM is "DEVICE:INODE" of the journal's socket. */
static bool is_journal(int fd)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return text && sscanf(text, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(fd, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void log_start(const char *program, enum log_level level,
	       enum log_format format, enum log_sink to)
{
	sink.program = program;
	sink.level = level;
	sink.format = format;
	sink.sink = to;
	sink.journal = to == LOG_SINK_STDERR && is_journal(STDERR_FILENO);
	if (to == LOG_SINK_SYSLOG)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_hand_on(void)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s:%s:%s",
		       sink.format == LOG_FORMAT_JSON ? "json" : "text",
		       sink.sink == LOG_SINK_SYSLOG ? "syslog" : "stderr",
		       log_level_name(sink.level));
	(void)setenv(HANDED_ON, text, 1);
}

void log_start_as_told(const char *program, enum log_level level)
{
	char format[8] = "", to[8] = "", word[16] = "";
	const char *text = getenv(HANDED_ON);
	enum log_level told = level;

	if (text)
		(void)sscanf(text, "%7[a-z]:%7[a-z]:%15[a-z]", format, to,
			     word);
	(void)log_level_parse(word, &told);
	log_start(program, told < level ? told : level,
		  strcmp(format, "json") == 0 ? LOG_FORMAT_JSON
					      : LOG_FORMAT_TEXT,
		  strcmp(to, "syslog") == 0 ? LOG_SINK_SYSLOG
					    : LOG_SINK_STDERR);
	sink.started = true;
}

void log_started(void)
{
	sink.started = true;
}

void log_set_level(enum log_level level)
{
	sink.level = level;
}

enum log_level log_get_level(void)
{
	return sink.level;
}

bool log_wants(enum log_level level)
{
	return level <= sink.level;
}

int log_level_parse(const char *text, enum log_level *ret)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(text, levels[i].name) == 0) {
			*ret = (enum log_level)i;
			return 0;
		}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return levels[level].name;
}

/* A line under construction; what does not fit is left out. */
struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
};

static void line_add(struct line *l, const char *text, size_t len)
{
	size_t room = sizeof(l->text) - 8 - l->len;

	if (len > room)
		len = room;
	memcpy(l->text + l->len, text, len);
	l->len += len;
}

static void line_puts(struct line *l, const char *text)
{
	line_add(l, text, strlen(text));
}

/* RFC 8259, section 7: what must be escaped is; the rest is UTF-8 already. */
static void line_json(struct line *l, const char *text)
{
	char esc[8];

	line_puts(l, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\') {
			line_puts(l, "\\");
		} else if ((unsigned char)*text < 0x20) {
			(void)snprintf(esc, sizeof(esc), "\\u%04x",
				       (unsigned int)(unsigned char)*text);
			line_puts(l, esc);
			continue;
		}
		line_add(l, text, 1);
	}
	line_puts(l, "\"");
}

static void line_member(struct line *l, const char *key, const char *value)
{
	if (!value)
		return;
	line_puts(l, ",\"");
	line_puts(l, key);
	line_puts(l, "\":");
	line_json(l, value);
}

static void line_as_json(struct line *l, enum log_level level,
			 const struct log_fields *f, const char *message)
{
	char time_text[32], mono[48];
	uint64_t ns = f && f->at_ns ? f->at_ns : clock_mono_ns();

	(void)clock_rfc3339(clock_wall_s(), time_text, sizeof(time_text));
	line_puts(l, "{\"time\":");
	line_json(l, time_text);
	(void)snprintf(mono, sizeof(mono), ",\"monotonic_s\":%llu.%06llu",
		       (unsigned long long)(ns / 1000000000U),
		       (unsigned long long)(ns % 1000000000U / 1000U));
	line_puts(l, mono);
	line_member(l, "level", levels[level].name);
	if (f) {
		line_member(l, "subject", f->subject);
		line_member(l, "name", f->name);
		line_member(l, "family", f->family);
		line_member(l, "provider", f->provider);
		line_member(l, "event", f->event);
	}
	line_member(l, "message", message);
	line_puts(l, "}");
}

static void line_as_text(struct line *l, const struct log_fields *f,
			 const char *message)
{
	if (f && f->subject) {
		line_puts(l, f->subject);
		if (f->name) {
			line_puts(l, " ");
			line_puts(l, f->name);
		}
		if (f->family) {
			line_puts(l, f->name ? "/" : " ");
			line_puts(l, f->family);
		}
		if (f->provider) {
			line_puts(l, " at ");
			line_puts(l, f->provider);
		}
		line_puts(l, ": ");
	}
	line_puts(l, message);
}

void log_line(enum log_level level, const struct log_fields *fields,
	      const char *format, ...)
{
	char message[MESSAGE_MAX_BYTES];
	struct line line = { .len = 0 };
	char prefix[8];
	va_list args;
	int n;

	if (!log_wants(level))
		return;
	va_start(args, format);
	n = vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (n >= (int)sizeof(message))
		str_end_whole(message);
	/* A line is a line, whatever somebody's text brought along. */
	for (char *p = message; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';

	if (sink.journal) {
		(void)snprintf(prefix, sizeof(prefix), "<%d>",
			       levels[level].priority);
		line_puts(&line, prefix);
	}
	if (sink.format == LOG_FORMAT_JSON)
		line_as_json(&line, level, fields, message);
	else
		line_as_text(&line, fields, message);

	if (sink.sink == LOG_SINK_SYSLOG) {
		line.text[line.len] = '\0';
		syslog(levels[level].priority, "%s", line.text);
		if (sink.started)
			return;
	}
	line.text[line.len++] = '\n';
	/* One write, so that lines of several processes do not mix. */
	if (write(STDERR_FILENO, line.text, line.len) < 0)
		return; /* nowhere left to complain to */
}
