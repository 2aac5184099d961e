/*
 * rights - does this process have what the configuration asks for?
 */
#ifndef DAEMON_RIGHTS_H
#define DAEMON_RIGHTS_H

#include <stdbool.h>

#include "config/config.h"
#include "config/faults.h"

/*
 * Adds a fault for each source whose fwmark could not be set. gives_up: all
 * rights are given up after the start (-u).
 */
void rights_check(const struct config *c, bool gives_up,
		  struct faults *faults);

#endif
