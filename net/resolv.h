/*
 * resolv - tells when resolv.conf says something else: written, renamed
 * over, made, or a link on the way to it turned elsewhere.
 *
 * Looks at the file's content only after the kernel (inotify) has said that
 * something happened to it, and tells only of another content. A file that
 * is not there is an empty one.
 */
#ifndef NET_RESOLV_H
#define NET_RESOLV_H

struct ev_loop;
struct resolv;

#define RESOLV_CONF "/etc/resolv.conf"

typedef void resolv_changed_fn(void *user);

/*
 * 0 or -errno (-EMFILE: no inotify to be had). path is borrowed for life.
 * changed comes from the loop only; it may free.
 */
int resolv_new(struct ev_loop *loop, const char *path,
	       resolv_changed_fn *changed, void *user, struct resolv **ret);
/* NULL is fine. */
void resolv_free(struct resolv *r);

#endif
