#include "base/util.h"
#include "detection/reports/report_store.h"

char *report_store_path(const char *uri, const char *name)
{
    const char *slash = *name == '\0' || str_ends_with(uri, "/") ? "" : "/";
    return xasprintf("%s%s%s", uri, slash, name);
}
