/*
 * paths - where the parts of an installation are.
 *
 * Parts are looked for beside the running program first (so a build tree
 * and an installation under DESTDIR both work), then where configure said.
 */
#ifndef DAEMON_PATHS_H
#define DAEMON_PATHS_H

struct paths {
	char *config;      /* evddns.conf */
	char *sysconfdir;  /* its folder in an installation */
	char *notify;      /* the evddns-notify program */
	char *reflectors;  /* the shipped reflectors.conf */
	char *state_dir;
	char *control;
};

/* 0 or -ENOMEM. Looks at the environment and /proc/self/exe. */
int paths_find(struct paths *ret);
/* Instead of what was found, where it is not NULL. 0 or -ENOMEM. */
int paths_replace(char **path, const char *with);
void paths_done(struct paths *p);

#endif
