/* The metadata of results, and inputs that are replaced. */
#ifndef TESTS_FLOW_PROVENANCE_SITE_H
#define TESTS_FLOW_PROVENANCE_SITE_H

#include "base/util.h"
#include "tests/flow/flow_support.h"

static inline const char *value(const world *w, const char *key, const char *name)
{
    const world_object *o = world_find(w, key);
    if (!o)
        fail_msg("%s is missing; log:\n%s", key, buf_str(&w->log));
    AUTO_FREE char *full = xasprintf("x-amz-meta-decon-%s", name);
    for (size_t i = 0; i < o->metadata_count; i++)
        if (strcmp(o->metadata[i].name, full) == 0)
            return o->metadata[i].value;
    return "(none)";
}

/* A replacement with the same time as the input: only ETag and size show it. */
static inline void replace(world *w, const char *key, const char *text)
{
    world_put(w, key, text, strlen(text), 1000001);
}

#endif
