#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"
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

struct who {
	uid_t uid;
	gid_t gid;
	char *login;
};

/* The login is the caller's to free. */
static int find(const char *user, struct who *ret)
{
	char *name = str_dup(user), *group;
	struct who who = { 0 };
	int r;

	if (!name)
		return -ENOMEM;
	group = strchr(name, ':');
	if (group)
		*group++ = '\0';
	r = find_user(name, &who.uid, &who.gid, &who.login);
	if (r == 0 && group)
		r = find_group(group, &who.gid);
	free(name);
	if (r < 0)
		free(who.login);
	else
		*ret = who;
	return r;
}

int privilege_check(const char *user)
{
	struct who who;
	int r = find(user, &who);

	if (r == 0)
		free(who.login);
	return r;
}

static void give(const char *path, uid_t uid)
{
	if (path && lchown(path, uid, (gid_t)-1) < 0)
		log_warning("%s cannot be given away: %s", path,
			    strerror(errno));
}

int privilege_leave(const char *user, const char *state, const char *socket)
{
	struct who who;
	int r = user ? find(user, &who) : 0;

	if (!user || r < 0)
		return r;
	give(state, who.uid);
	give(socket, who.uid);
	if (initgroups(who.login, who.gid) < 0 || setgid(who.gid) < 0 ||
	    setuid(who.uid) < 0)
		r = -errno;
	free(who.login);
	return r;
}
