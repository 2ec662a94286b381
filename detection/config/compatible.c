#include "detection/config/compatible.h"

#include "base/fsutil.h"
#include "decon/base/log.h"
#include "base/util.h"

#define DEFAULT_OF_REFERENCE "bundled-evals"

static bool is_from(const option_set *set, const option_origin *origins, const char *key,
                    const char *origin)
{
    for (size_t i = 0; i < set->row_count; i++)
        if (set->rows[i].key && str_equal(set->rows[i].key, key))
            return str_equal(options_origin_name(origins[i]), origin);
    return false;
}

static bool note_references(void *ctx, const char *name, err *e)
{
    UNUSED(e);
    if (str_ends_with(name, ".jsonl") || str_ends_with(name, ".gz"))
        *(bool *)ctx = true;
    return true;
}

/* <data folder of the user>/decon/references if it has any files; malloc'ed, or NULL. */
static char *user_references(void)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    bool any = false;
    if ((!data || !*data) && (!home || !*home))
        return NULL;
    AUTO_FREE char *dir = data && *data ? xasprintf("%s/decon/references", data)
                                        : xasprintf("%s/.local/share/decon/references", home);
    if (!fs_exists(dir) || !fs_each_name(dir, note_references, &any, NULL) || !any)
        return NULL;
    return move(dir);
}

void compatible_adjust(server_config *c, const option_set *set, const option_origin *origins)
{
    if (is_from(set, origins, "bad_eval_line", "default"))
        c->bad_eval_line = 1;
    if (is_from(set, origins, "lenient", "default"))
        c->lenient = true;
    if (c->purify && !is_from(set, origins, "purify", "command line")) {
        log_warn("compatible: purify in the file is ignored; give --purify on the command line to "
                 "get cleaned files");
        c->purify = false;
    }
    if (is_from(set, origins, "evals_dir", "command line"))
        return;
    char *dir = user_references();
    if (!dir) {
        if (!c->evals_dir)
            c->evals_dir = xstrdup(DEFAULT_OF_REFERENCE);
        return;
    }
    log_warn("compatible: %s takes precedence over evals_dir %s; choose with --evals-dir", dir,
             c->evals_dir ? c->evals_dir : "");
    free(c->evals_dir);
    c->evals_dir = dir;
}
