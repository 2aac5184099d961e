#include "config.h"

#include <endian.h>
#include <errno.h>
#include <grp.h>
#include <linux/posix_acl_xattr.h>
#include <linux/posix_acl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "daemon/control/peer.h"

#define GROUPS_MAX 128
#define NOBODY	   ((uint32_t)ACL_UNDEFINED_ID)
#define MAY(tag, id)                                                           \
	{ htole16(tag), htole16(ACL_READ | ACL_WRITE), htole32(id) }

static int find_group(const char *name, gid_t *ret)
{
	const struct group *gr = getgrnam(name);

	if (!gr)
		return -ENOENT;
	*ret = gr->gr_gid;
	return 0;
}

int peer_groups_find(const char *group, const char *admin_group,
		     struct peer_groups *ret)
{
	struct peer_groups g = {
		.has_group = group != NULL,
		.has_admin_group = admin_group != NULL,
	};
	int r = 0;

	if (group)
		r = find_group(group, &g.group);
	if (r == 0 && admin_group)
		r = find_group(admin_group, &g.admin_group);
	if (r == 0)
		*ret = g;
	return r;
}

/*
 * A file has one group; a second one comes in by an access control list, of
 * which the mode shows the mask: 0660 as before. Where the file system has
 * none, members of admin-group must be in group too.
 */
static void add_second_group(const char *path, const struct peer_groups *g)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[5];
	} list = {
		.head = { .a_version = htole32(POSIX_ACL_XATTR_VERSION) },
		.entries = {
			MAY(ACL_USER_OBJ, NOBODY),
			MAY(ACL_GROUP_OBJ, NOBODY),
			MAY(ACL_GROUP, g->admin_group),
			MAY(ACL_MASK, NOBODY),
			{ htole16(ACL_OTHER), 0, htole32(NOBODY) },
		},
	};

	(void)setxattr(path, "system.posix_acl_access", &list, sizeof(list),
		       0);
}

int peer_open_up(const char *path, const struct peer_groups *g)
{
	bool shared = g->has_group || g->has_admin_group;

	(void)removexattr(path, "system.posix_acl_access");
	if (shared && chown(path, (uid_t)-1,
			    g->has_group ? g->group : g->admin_group) < 0)
		return -errno;
	/* The mode last: nobody comes in by the group before. */
	if (chmod(path, shared ? 0660 : 0600) < 0)
		return -errno;
	if (g->has_group && g->has_admin_group && g->group != g->admin_group)
		add_second_group(path, g);
	return 0;
}

static bool peer_in_group(int fd, gid_t primary, gid_t wanted)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (primary == wanted)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

bool peer_may_ask(const struct peer_groups *g, int fd, bool *ret_act)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	*ret_act = false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	*ret_act = peer.uid == 0 || peer.uid == geteuid() ||
		   (g->has_admin_group &&
		    peer_in_group(fd, peer.gid, g->admin_group));
	return *ret_act ||
	       (g->has_group && peer_in_group(fd, peer.gid, g->group));
}
