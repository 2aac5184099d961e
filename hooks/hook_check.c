#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "hooks/hook_dir.h"
#include "hooks/hooks.h"

static void check_file(const char *directory, const struct hook_file *file,
		       struct faults *faults)
{
	char *path = str_dupf("%s/%s", directory, file->name);

	faults_add(faults, path ? path : file->name, 0,
		   "%s: it would not be run", file->fault);
	free(path);
}

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
			check_file(directory, &d.files[i], faults);
	hook_dir_done(&d);
}
