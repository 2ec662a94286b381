/* A set of names.
 *
 * What:    detects repeated names.
 * Owner:   copies; names_deinit frees them.
 * Threads: any, one at a time.
 * Fails:   never.
 */
#ifndef S3_CLI_TRANSFER_NAME_SET_H
#define S3_CLI_TRANSFER_NAME_SET_H

#include "base/util.h"

typedef struct names {
    void *root;
} names;

bool names_add(names *n, const char *name) MUST_USE; /* false: it is already in the set */
void names_deinit(names *n);

#endif
