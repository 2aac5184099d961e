#include "config.h"

#include <stdlib.h>

#include "tests/support/suite.h"

int main(void)
{
	SRunner *runner;
	int failed;

	/* Its own is 4 s, which a machine with other work may well need. */
	(void)setenv("CK_DEFAULT_TIMEOUT", "60", 0);
	runner = srunner_create(suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
