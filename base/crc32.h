/*
 * crc32 - the checksum of ISO 3309, as Ethernet, zlib and STUN have it.
 *
 * Pure. Small, not quick: for a file or a message, not for streams.
 */
#ifndef BASE_CRC32_H
#define BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const void *data, size_t len);

#endif
