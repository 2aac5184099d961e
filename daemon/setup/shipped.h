/*
 * shipped - the list of reflectors that comes with the program
 * (reflectors.conf), for sources that name none.
 *
 *     reflectors { reflectors4 = {"dns:…", …}  reflectors6 = {…} }
 */
#ifndef DAEMON_SHIPPED_H
#define DAEMON_SHIPPED_H

#include "config/config.h"
#include "config/faults.h"

struct shipped {
	struct config_strings reflectors4, reflectors6;
};

/* 0, or -errno with faults added; a missing file is an empty list. */
int shipped_load(const char *path, struct shipped *ret, struct faults *faults);
void shipped_done(struct shipped *s);

#endif
