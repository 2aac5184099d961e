/*
 * mirror_json - all that a monitor knows, as JSON for tests to compare.
 */
#ifndef TESTS_SUPPORT_MIRROR_JSON_H
#define TESTS_SUPPORT_MIRROR_JSON_H

#include <stdint.h>

struct json_t;
struct monitor;

/*
 * {"links": [{…, "addrs": [{…}]}], "routes": [{…}]}: numbers as the kernel
 * has them, lifetimes in whole seconds from now_ms on (null: for ever).
 * Aborts without memory.
 */
struct json_t *mirror_json(const struct monitor *m, uint64_t now_ms);

#endif
