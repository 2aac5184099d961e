/* One line, read as a job and as a reply. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "notify/job.h"
#include "notify/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct protocol_accounts as;
	struct faults faults = { .n = 0 };
	struct protocol_reply reply;
	struct job_fault f;
	struct outcome o;
	struct job *j;

	(void)protocol_parse_reply((const char *)data, size, &reply);
	if (protocol_parse_load((const char *)data, size, &as, &faults) == 0)
		protocol_accounts_done(&as);
	faults_done(&faults);
	if (job_parse((const char *)data, size, &j, &f) < 0) {
		free(job_fault_print(&f));
		return 0;
	}
	outcome_set(&o, NOTIFY_DONE, 0, "%s", "x");
	free(outcome_print(j, &o));
	job_free(j);
	return 0;
}
