#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "notify/desk/accounts_json.h"
#include "notify/desk/sealed.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define SIZE_MOST (64 * 1024 * 1024)

int sealed_write(const struct accounts *as)
{
	json_t *o = json_pack("{so so}", "accounts", accounts_pack(as),
			      "resolver", lookups_pack(&as->lookups));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	int fd = -ENOMEM, r;

	json_decref(o);
	if (!text)
		return -ENOMEM;
	fd = memfd_create("evddns-accounts", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	r = fd < 0 ? -errno : file_write_all(fd, text, len);
	explicit_bzero(text, len);
	free(text);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int unpack(json_t *o, struct accounts *ret)
{
	struct accounts as;
	int r = accounts_unpack(json_object_get(o, "accounts"), &as);

	if (r < 0)
		return r;
	r = lookups_unpack(json_object_get(o, "resolver"), &as.lookups);
	if (r < 0)
		accounts_done(&as);
	else
		*ret = as;
	return r;
}

int sealed_read(int fd, struct accounts *ret)
{
	int seals = fcntl(fd, F_GET_SEALS), r;
	json_error_t error;
	struct stat st;
	json_t *o;
	void *map;

	if (seals < 0 || (seals & SEALS) != SEALS)
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || st.st_size > SIZE_MOST)
		return -EBADMSG;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	o = json_loadb(map, (size_t)st.st_size, 0, &error);
	r = o ? unpack(o, ret) : -EBADMSG;
	json_decref(o);
	(void)munmap(map, (size_t)st.st_size);
	return r;
}
