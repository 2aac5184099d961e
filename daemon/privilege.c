#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/str.h"
#include "daemon/privilege.h"

static int find_user(const char *name, uid_t *uid, gid_t *gid, char **login)
{
	const struct passwd *pw = getpwnam(name);
	uint32_t n;

	if (!pw && str_to_u32(name, UINT32_MAX - 1, &n) == 0)
		pw = getpwuid(n);
	if (!pw)
		return -ENOENT;
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	*login = str_dup(pw->pw_name);
	return *login ? 0 : -ENOMEM;
}

static int find_group(const char *name, gid_t *gid)
{
	const struct group *gr = getgrnam(name);
	uint32_t n;

	if (gr)
		*gid = gr->gr_gid;
	else if (str_to_u32(name, UINT32_MAX - 1, &n) == 0)
		*gid = n;
	else
		return -ENOENT;
	return 0;
}

int privilege_drop(const char *user)
{
	char *name = str_dup(user), *login = NULL, *group;
	uid_t uid = 0;
	gid_t gid = 0;
	int r;

	if (!name)
		return -ENOMEM;
	group = strchr(name, ':');
	if (group)
		*group++ = '\0';
	r = find_user(name, &uid, &gid, &login);
	if (r == 0 && group)
		r = find_group(group, &gid);
	if (r == 0 && (initgroups(login, gid) < 0 || setgid(gid) < 0 ||
		       setuid(uid) < 0))
		r = -errno;
	free(login);
	free(name);
	return r;
}
