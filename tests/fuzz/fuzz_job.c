/* One line, read as a job, in both ways, as a reply, and as news of a limit. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "notify/core/job.h"
#include "notify/core/job_scan.h"
#include "notify/protocol.h"
#include "tests/support/same_job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct protocol_accounts as;
	struct faults faults = { .n = 0 };
	struct protocol_reply reply;
	struct job_fault f;
	struct outcome o;
	struct job *j, *read;
	char account[64];

	(void)protocol_parse_reply((const char *)data, size, &reply);
	if (protocol_parse_spent((const char *)data, size, account,
				 sizeof(account)) == 0 &&
	    !memchr(account, '\0', sizeof(account)))
		abort();
	if (protocol_parse_load((const char *)data, size, &as, &faults) == 0)
		protocol_accounts_done(&as);
	faults_done(&faults);
	if (job_scan((const char *)data, size, &j) == 0) {
		if (job_read((const char *)data, size, &read, &f) < 0 ||
		    !same_job(j, read))
			abort();
		job_free(read);
		job_free(j);
	}
	if (job_parse((const char *)data, size, &j, &f) < 0) {
		free(job_fault_print(&f));
		return 0;
	}
	outcome_set(&o, NOTIFY_DONE, 0, "%s", "x");
	free(outcome_print(j, &o, NULL));
	job_free(j);
	return 0;
}
