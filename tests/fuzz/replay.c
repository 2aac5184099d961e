/*
 * replay - the main() of a fuzz target that is not built as a fuzzer: feeds
 * it every file of its corpus, tests/fuzz/corpus/NAME, and the files named
 * as arguments, each also cut short at every length up to 256.
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned long inputs;

static int replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		perror(path);
		return 1;
	}
	len = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	for (size_t n = 0; n <= len && n <= 256; n++, inputs++) {
		/* Of the exact size, so that a read past it is seen. */
		uint8_t *copy = malloc(n ? n : 1);

		if (!copy)
			return 1;
		memcpy(copy, data, n);
		(void)LLVMFuzzerTestOneInput(copy, n);
		free(copy);
	}
	(void)LLVMFuzzerTestOneInput(data, len);
	inputs++;
	return 0;
}

static int replay_corpus(const char *program)
{
	const char *top = getenv("top_srcdir"), *name = strrchr(program, '/');
	char path[4096];
	struct dirent *e;
	int failed = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
		       top ? top : ".", name ? name + 1 : program);
	d = opendir(path);
	if (!d) {
		perror(path);
		return 1;
	}
	while ((e = readdir(d)) != NULL) {
		char file[8192];

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		failed |= replay_file(file);
	}
	(void)closedir(d);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		failed = replay_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		failed |= replay_file(argv[i]);
	printf("%lu inputs\n", inputs);
	return failed || inputs == 0;
}
