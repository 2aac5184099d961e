/*
 * notify_secret_file - where an account's secrets came from; what was in
 * there is known to the update process alone: part of notify.h.
 */
#ifndef NOTIFY_NOTIFY_SECRET_FILE_H
#define NOTIFY_NOTIFY_SECRET_FILE_H

#include <stdint.h>

struct notify_secret_file {
	char *path;
	uint64_t stamp; /* file_stamp(), as it was read */
};

#endif
