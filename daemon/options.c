#include "config.h"

#include <getopt.h>
#include <string.h>

#include "config/config.h"
#include "daemon/options.h"

enum { OPTION_LOG_FORMAT = 256, OPTION_SYSLOG, OPTION_ONLINE, OPTION_LIST,
       OPTION_SHOW };

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "test", no_argument, NULL, 't' },
	{ "online", no_argument, NULL, OPTION_ONLINE },
	{ "list-providers", no_argument, NULL, OPTION_LIST },
	{ "show-provider", required_argument, NULL, OPTION_SHOW },
	{ "once", no_argument, NULL, '1' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "background", no_argument, NULL, 'b' },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "user", required_argument, NULL, 'u' },
	{ "log-level", required_argument, NULL, 'l' },
	{ "log-format", required_argument, NULL, OPTION_LOG_FORMAT },
	{ "syslog", no_argument, NULL, OPTION_SYSLOG },
	{ "state-dir", required_argument, NULL, 's' },
	{ "control", required_argument, NULL, 'S' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

void options_help(FILE *out)
{
	(void)fputs(
		"usage: evddnsd [-1bntVh] [-c FILE] [-l LEVEL] [-p FILE] "
		"[-s DIR] [-S FILE] [-u USER]\n"
		"  -c, --config FILE      another configuration\n"
		"  -t, --test             check the configuration and exit\n"
		"      --online           with -t: also ask each provider, "
		"reading only\n"
		"      --list-providers   the provider types there are\n"
		"      --show-provider TYPE  what one of them takes\n"
		"  -1, --once             one pass over all records, then exit\n"
		"  -n, --dry-run          send no update and run no hook, say "
		"what would be\n"
		"  -b, --background       detach once everything is open\n"
		"  -p, --pidfile FILE     write the process id there\n"
		"  -u, --user USER[:GROUP]  give up root after start\n"
		"  -l, --log-level LEVEL  error, warning, notice, info, debug\n"
		"      --log-format text|json\n"
		"      --syslog           log to syslog, not standard error\n"
		"  -s, --state-dir DIR    where state is kept\n"
		"  -S, --control FILE     the control socket\n"
		"  -V, --version          versions of this and its libraries\n"
		"  -h, --help             this text\n"
		"See evddnsd(8).\n",
		out);
}

static bool take_format(const char *text, enum log_format *ret)
{
	if (strcmp(text, "json") == 0)
		*ret = LOG_FORMAT_JSON;
	else if (strcmp(text, "text") == 0)
		*ret = LOG_FORMAT_TEXT;
	else
		return false;
	return true;
}

/* false: the value is none of those that the option takes. */
static bool option_take(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'c':
		o->config = value;
		break;
	case 't':
		o->test = true;
		break;
	case '1':
		o->once = true;
		break;
	case 'n':
		o->dry_run = true;
		break;
	case 'b':
		o->background = true;
		break;
	case 'p':
		o->pidfile = value;
		break;
	case 'u':
		o->user = value;
		break;
	case 'l':
		o->level_set = log_level_parse(value, &o->level) == 0;
		return o->level_set;
	case OPTION_LOG_FORMAT:
		o->format_set = take_format(value, &o->format);
		return o->format_set;
	case OPTION_SYSLOG:
		o->syslog = true;
		break;
	case OPTION_ONLINE:
		o->online = true;
		break;
	case OPTION_LIST:
		o->act = OPTIONS_LIST;
		break;
	case OPTION_SHOW:
		o->act = OPTIONS_SHOW;
		o->show = value;
		break;
	case 's':
		o->state_dir = value;
		break;
	case 'S':
		o->control = value;
		break;
	default:
		break;
	}
	return true;
}

void options_parse(int argc, char **argv, struct options *ret)
{
	struct options o = { .act = OPTIONS_RUN };
	int option;

	while ((option = getopt_long(argc, argv, "c:t1nbp:u:l:s:S:Vh", longs,
				     NULL)) != -1) {
		if (option == 'h')
			o.act = OPTIONS_HELP;
		else if (option == 'V')
			o.act = OPTIONS_VERSION;
		else if (option == '?')
			o.act = OPTIONS_USAGE;
		else if (!option_take(&o, option, optarg)) {
			(void)fprintf(stderr, "evddnsd: %s is not a value for "
					      "%s\n",
				      optarg,
				      option == 'l' ? "--log-level"
						    : "--log-format");
			o.act = OPTIONS_USAGE;
		}
		if (o.act != OPTIONS_RUN && o.act != OPTIONS_LIST &&
		    o.act != OPTIONS_SHOW)
			break;
	}
	if (o.act == OPTIONS_RUN && o.online && !o.test) {
		(void)fputs("evddnsd: --online goes with --test\n", stderr);
		o.act = OPTIONS_USAGE;
	}
	if (o.act == OPTIONS_RUN && optind < argc) {
		(void)fprintf(stderr, "evddnsd: unexpected argument %s\n",
			      argv[optind]);
		o.act = OPTIONS_USAGE;
	}
	*ret = o;
}

void options_start_log(const struct options *o, const struct config *c)
{
	bool level = c && c->log_level_set, format = c && c->log_format_set;

	log_start("evddnsd",
		  o->level_set ? o->level
		  : level      ? c->log_level
			       : LOG_LEVEL_NOTICE,
		  o->format_set ? o->format
		  : format	? c->log_format
				: LOG_FORMAT_TEXT,
		  o->syslog ? LOG_SINK_SYSLOG : LOG_SINK_STDERR);
}
