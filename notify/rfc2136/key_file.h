/*
 * key_file - TSIG keys as other programs write them (pure).
 *
 * BIND's key "NAME" { algorithm A; secret "S"; }; Knot's YAML (id, algorithm,
 * secret below key:); ALGORITHM:NAME:SECRET, as kdig -y takes it; or a bare
 * secret.
 */
#ifndef NOTIFY_KEY_FILE_H
#define NOTIFY_KEY_FILE_H

#include <stddef.h>

#define KEY_FILE_SECRET_SIZE 1024

/* "" where the text does not say. Wipe it when done. */
struct key_file {
	char name[256];
	char algorithm[32]; /* lower case, no final dot */
	char secret[KEY_FILE_SECRET_SIZE];
};

/*
 * The key called name, or the only one where name is NULL. 0, or -EINVAL
 * with a reason (a constant text without anything of the file) in *ret_why.
 */
int key_file_parse(const char *text, size_t len, const char *name,
		   struct key_file *ret, const char **ret_why);

/* Is it base64 of at least one byte? */
int key_file_secret_check(const char *secret);

#endif
