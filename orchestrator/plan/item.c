#include "orchestrator/plan/item.h"

void item_free(item *it)
{
    if (!it)
        return;
    free(it->key);
    free(it->etag);
    output_names_deinit(&it->outputs);
    free(it->local_path);
    free(it->job_id);
    free(it->report_path);
    free(it->cleaned_path);
    free(it->upload_path);
    free(it);
}

const char *item_state_name(item_state s)
{
    static const char *const names[ITEM_STATE_COUNT] = {
        [ITEM_WAITING] = "WAITING",
        [ITEM_DOWNLOADING] = "DOWNLOADING",
        [ITEM_READY] = "READY",
        [ITEM_SUBMITTING] = "SUBMITTING",
        [ITEM_POLLING] = "POLLING",
        [ITEM_CHECKING] = "CHECKING",
        [ITEM_UPLOADING] = "UPLOADING",
        [ITEM_COPYING] = "COPYING",
        [ITEM_COMMITTING] = "COMMITTING",
        [ITEM_CONFIRMING] = "CONFIRMING",
        [ITEM_RETIRING] = "RETIRING",
        [ITEM_COOLING] = "COOLING",
        [ITEM_CLEANING] = "CLEANING",
        [ITEM_DISCARDING] = "DISCARDING",
        [ITEM_DONE] = "DONE",
        [ITEM_FAILED] = "FAILED",
    };
    return s < ITEM_STATE_COUNT ? names[s] : "?";
}
