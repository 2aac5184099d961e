#include "config.h"

#include <unistd.h>

#include "hooks/hook_dir.h"
#include "hooks/hooks.h"

void hooks_check(const char *directory, struct faults *faults)
{
	struct hook_dir d;

	if (hook_dir_read(directory, geteuid(), &d) < 0) {
		faults_add_no_memory(faults, directory, 0);
		return;
	}
	if (d.fault)
		faults_add(faults, directory, 0,
			   "%s: no hook in it would be run", d.fault);
	for (size_t i = 0; i < d.n; i++)
		if (d.files[i].fault)
			faults_add(faults, directory, 0,
				   "%s %s: it would not be run",
				   d.files[i].name, d.files[i].fault);
	hook_dir_done(&d);
}
