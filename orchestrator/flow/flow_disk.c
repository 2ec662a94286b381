/* Disk space for the next item; files of failed items are kept while there is enough. */
#include "base/array.h"
#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/flow/flow_private.h"
#include "orchestrator/local/cleanup.h"

#define KEPT_SHARE 4 /* kept files may have a quarter of the budget while others wait for space */

void flow_keep(flow *f, item *it)
{
    kept_files *k = &f->kept;
    if (!it->local.admitted)
        return;
    *ARRAY_ADD(k->files, k->count) =
        (kept_file){.key = xstrdup(it->planned.key), .size_bytes = it->planned.size_bytes};
    k->size_bytes += it->planned.size_bytes;
    it->local.admitted = false;
}

static void on_evicted(void *ctx, const err *error)
{
    flow *f = ctx;
    kept_files *k = &f->kept;
    kept_file *oldest = &k->files[k->first++];
    k->evicting = NULL;
    if (error)
        log_warn("%s", error->message);
    workdir_release(f->o.workdir, oldest->size_bytes);
    k->size_bytes -= oldest->size_bytes;
    free(move(oldest->key));
    flow_pump(f);
}

static void evict_oldest(flow *f)
{
    kept_files *k = &f->kept;
    const char *key = k->files[k->first].key;
    log_info("s3://%s/%s: failed; its local file is removed, other files need the space",
             flow_input_bucket(f), key);
    k->evicting = cleanup_start(f->o.pool, &(cleanup_options){.workdir = f->o.workdir,
                                                              .dirs = f->o.result_dirs,
                                                              .key = key,
                                                              .on_done = on_evicted,
                                                              .ctx = f});
}

bool flow_admit(flow *f, item *it, bool idle)
{
    const kept_files *k = &f->kept;
    bool any_kept = k->first < k->count;
    if (it->local.admitted)
        return true;
    if (k->evicting)
        return false;
    workdir_room room =
        workdir_admit(f->o.workdir, it->planned.key, it->planned.size_bytes, idle && !any_kept);
    it->local.admitted = room == WORKDIR_ROOM;
    it->local.too_large = room == WORKDIR_ROOM_NEVER;
    bool much_kept = k->size_bytes > workdir_budget_bytes(f->o.workdir) / KEPT_SHARE;
    if (room == WORKDIR_ROOM_LATER && any_kept && (idle || much_kept))
        evict_oldest(f);
    return room != WORKDIR_ROOM_LATER;
}

void flow_free_kept(flow *f)
{
    kept_files *k = &f->kept;
    op_cancel(move(k->evicting));
    for (size_t i = k->first; i < k->count; i++)
        free(k->files[i].key);
    free(move(k->files));
}
