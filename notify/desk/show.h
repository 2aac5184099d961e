/*
 * show - provider types for people: all of them as rows, and one of them.
 */
#ifndef NOTIFY_SHOW_H
#define NOTIFY_SHOW_H

/*
 * config is the configuration whose folder may hold types, or NULL. Both
 * return an exit status.
 */
int show_list(const char *config);
int show_type(const char *config, const char *name);

#endif
