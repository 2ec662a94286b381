/* The bytes of an object that are present: a sorted set of ranges that are not adjacent.
 *
 * What:    ranges are added in any order and merged; each may have the CRC of its bytes. The set
 *          has at most one more element than ranges were in flight at one time.
 * Owner:   an embedded value, zero is the empty set; s3_extents_deinit frees it.
 * Threads: one at a time.
 * Fails:   never.
 */
#ifndef S3_GET_BYTE_RANGES_H
#define S3_GET_BYTE_RANGES_H

#include "decon/s3/checksum.h"

typedef struct s3_extent {
    uint64_t from, to; /* bytes [from, to) */
    uint64_t crc;      /* of these bytes, if the set has a kind */
} s3_extent;

typedef struct s3_extents {
    s3_checksum_kind kind; /* how CRCs are combined; NONE: no CRCs */
    s3_extent *rows;
    size_t count, capacity;
} s3_extents;

void s3_extents_deinit(s3_extents *set); /* empty and usable afterwards */
/* `more` must not overlap the set. */
void s3_extents_add(s3_extents *set, s3_extent more);
uint64_t s3_extents_bytes(const s3_extents *set);
bool s3_extents_cover(const s3_extents *set, uint64_t from, uint64_t to);
/* The first bytes in [from, limit) that are not in the set. */
bool s3_extents_gap(const s3_extents *set, uint64_t from, uint64_t limit, s3_extent *gap);
/* The first range that is in `have` but not in `set`. */
bool s3_extents_missing(const s3_extents *set, const s3_extents *have, s3_extent *missing);

#endif
