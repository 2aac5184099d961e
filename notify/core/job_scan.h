/*
 * job_scan - a job's line in the form that protocol_put_job() gives it.
 *
 * Pure. Members in that order, no blanks, no escapes: read in one go, where
 * a tree of JSON objects would cost more than all else between the line and
 * the packet. Whatever is written otherwise is job_read()'s.
 */
#ifndef NOTIFY_JOB_SCAN_H
#define NOTIFY_JOB_SCAN_H

#include <stddef.h>

struct job;

/*
 * 0 and a job to be freed, the very one that job_read() would make of it;
 * -EAGAIN: not in that form, or no job; -ENOMEM.
 */
int job_scan(const char *line, size_t len, struct job **ret);

#endif
