/* Sorting numbers.
 *
 * What:    ascending; by digits of 8 bits if there are many. Bytes that all numbers share cost one
 *          pass.
 * Owner:   `spare` is the caller's: space for as many numbers.
 * Threads: any.
 * Fails:   never.
 */
#ifndef DETECTION_TABLE_SORT_H
#define DETECTION_TABLE_SORT_H

#include "base/util.h"

void sort_u32(uint32_t *values, size_t count, uint32_t *spare);
void sort_u64(uint64_t *values, size_t count, uint64_t *spare);
/* Sorts and keeps one of each; returns how many are left. */
size_t sort_unique_u32(uint32_t *values, size_t count, uint32_t *spare);

#endif
