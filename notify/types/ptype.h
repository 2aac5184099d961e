/*
 * ptype - a provider type out of a file, evddns-provider(5), checked.
 */
#ifndef NOTIFY_PTYPE_H
#define NOTIFY_PTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "notify/core/type.h"
#include "notify/types/ptype_step.h"

enum auth_kind { AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_AWS, AUTH_TENCENT,
		 AUTH_ALIYUN, AUTH_OVH, AUTH_N };

#define PTYPE_AUTH_VALUES 5

/* What struct type_setting does not say. */
struct ptype_setting {
	char *name, *same_as, *fallback, *says;
	bool required, secret, list, is_name;
	struct ptype_texts values;
};

enum batch_by { BATCH_ZONE, BATCH_ADDRESSES, BATCH_ACCOUNT };
enum zone_need { ZONE_NO, ZONE_YES, ZONE_FIXED };

struct ptype {
	struct type type; /* what the rest of the process sees */
	char *name, *title, *documentation;
	char *lease;
	struct ptype_texts notes, verified;
	bool is_verified;
	bool has_endpoint;
	struct template endpoint;
	char *path;
	bool many; /* addresses of one family */
	enum zone_need zone;
	char *fixed_zone;
	char *apex, *wildcard;
	char *leave[2], *withdraw[2]; /* [0] IPv4 */
	bool can_withdraw, creates, abstract;
	uint32_t batch, in_flight;
	enum batch_by batch_by;
	struct notify_limit *limits;
	size_t n_limits;
	uint32_t ttl_min, ttl_max, ttl_default;
	uint32_t *ttl_values;
	size_t n_ttl_values;
	struct ptype_pairs headers;
	struct type_setting *settings; /* ends with name NULL */
	struct ptype_setting *more;    /* of each, the rest */
	size_t n_settings;
	enum auth_kind auth;
	struct template auth_values[PTYPE_AUTH_VALUES];
	bool auth_given[PTYPE_AUTH_VALUES];
	struct ptype_answers answers;
	struct ptype_let *let;
	size_t n_let;
	struct ptype_step *steps;
	size_t n_steps;
	bool has_records, has_session, has_logout, has_delete;
};

/* The values of each kind of auth, in order; NULL ends them. */
extern const char *const ptype_auth_names[AUTH_N];
extern const char *const ptype_auth_values[AUTH_N][PTYPE_AUTH_VALUES + 1];
/* Those that may be left out. */
bool ptype_auth_is_optional(const char *value);

struct config_section;
struct faults;

/*
 * Checks a type section (with its base put in already). 0; -EINVAL with
 * faults added; -ENOMEM.
 */
int ptype_read(const struct config_section *s, struct ptype **ret,
	       struct faults *faults);
/* NULL is fine. */
void ptype_free(struct ptype *p);

const struct ptype_setting *ptype_setting(const struct ptype *p,
					  const char *name);

#endif
