/* Users and groups of this host.
 *
 * What:    account_group takes a group's name or number.
 * Owner:   -
 * Threads: any; reads the system's databases.
 * Fails:   false if the group does not exist.
 */
#ifndef BASE_SECURITY_ACCOUNTS_H
#define BASE_SECURITY_ACCOUNTS_H

#include <sys/types.h>

#include "base/util.h"

bool account_group(const char *name, gid_t *group) MUST_USE;

#endif
