/*
 * log - one line per thing that happened.
 *
 * Pure code never logs; the caller, who knows record, interface and server,
 * does, once. The sink is the process's: set at start, read everywhere.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* somebody must act */
	LOG_LEVEL_WARNING, /* went on without it, and says how */
	LOG_LEVEL_NOTICE,  /* what was published or withdrawn */
	LOG_LEVEL_INFO,    /* start, stop, reload */
	LOG_LEVEL_DEBUG,   /* states and messages */
};

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum log_sink { LOG_SINK_STDERR, LOG_SINK_SYSLOG };

/*
 * Fields that go with a line; every pointer may be NULL. In text the subject
 * comes first ("record home.example/ipv4: …"); in JSON each is a member.
 */
struct log_fields {
	const char *subject; /* "record", "source", "hook", "kernel", … */
	const char *name;    /* which one */
	const char *family;  /* "ipv4", "ipv6" */
	const char *provider;
	const char *event;   /* a word for scripts: "published", "sent", … */
	uint64_t at_ns; /* monotonic: when it happened; 0: now. JSON only */
};

/* program is borrowed for ever. $JOURNAL_STREAM is looked at here. */
void log_start(const char *program, enum log_level level,
	       enum log_format format, enum log_sink sink);
/*
 * A program that this one starts logs the same way, if it asks: in the
 * environment, as EVDDNS_LOG="json:stderr:notice".
 */
void log_hand_on(void);
/* As whoever started this says, level at most; else text, and level. */
void log_start_as_told(const char *program, enum log_level level);
/*
 * Until this is called, what goes to syslog is written to standard error as
 * well: who starts a daemon wants to see why it does not.
 */
void log_started(void);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
bool log_wants(enum log_level level);

/* "error", "warning", "notice", "info", "debug"; 0 or -EINVAL. */
int log_level_parse(const char *text, enum log_level *ret);
const char *log_level_name(enum log_level level);

void log_line(enum log_level level, const struct log_fields *fields,
	      const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Lines without fields; the subject is part of the text. */
#define log_error(...) log_line(LOG_LEVEL_ERROR, 0, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, 0, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, 0, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, 0, __VA_ARGS__)
#define log_debug(...)                                                         \
	do {                                                                   \
		if (log_wants(LOG_LEVEL_DEBUG))                                \
			log_line(LOG_LEVEL_DEBUG, 0, __VA_ARGS__);             \
	} while (0)

#endif
