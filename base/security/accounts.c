#include "base/security/accounts.h"

#include <grp.h>

#include "base/util.h"
#include "decon/base/buf.h"

#define NAMES_SIZE 65536

bool account_group(const char *name, gid_t *group)
{
    uint64_t number = 0;
    if (num_parse_u64(name, &number) && number < UINT32_MAX) {
        *group = (gid_t)number;
        return true;
    }
    AUTO_FREE char *names = xcalloc(1, NAMES_SIZE);
    struct group gr, *found = NULL;
    if (getgrnam_r(name, &gr, names, NAMES_SIZE, &found) != 0 || !found)
        return false;
    *group = found->gr_gid;
    return true;
}
