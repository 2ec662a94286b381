#include "detection/config/evals_dir.h"

#include "base/util.h"
#include "detection/data/sample_set.h"

bool evals_dir_find(server_config *c, err *e)
{
    const char *before = c->is_batch ? "decon detect --evals-dir" : "decon server --evals-dir";
    if (!c->evals_dir || !*c->evals_dir)
        return err_set(e, ERR_CONFIG,
                       "evals_dir is not set: evaluation sets are required; name their "
                       "folder: %s DIR (for a trial with the sample set: %s " SAMPLE_SET ")",
                       before, before);
    return sample_set_find(&c->evals_dir, before, &c->evals_are_samples, e);
}
