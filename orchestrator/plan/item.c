#include "base/util.h"
#include "orchestrator/plan/item.h"

#include <unistd.h>

void item_close_results(item *it)
{
    result_file_close(&it->report);
    result_file_close(&it->cleaned);
    if (it->recoded_fd > 0)
        close(it->recoded_fd);
    it->recoded_fd = 0;
}

/* What was made of the version that was read. */
static void drop_work(item *it)
{
    char **strings[] = {&it->read_etag,   &it->local_path,   &it->job_id,
                        &it->report_path, &it->cleaned_path, &it->settings};
    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(move(*strings[i]));
    item_close_results(it);
    result_file_deinit(&it->report);
    result_file_deinit(&it->cleaned);
    write_proof_deinit(&it->proof);
}

void item_free(item *it)
{
    if (!it)
        return;
    drop_work(it);
    free(it->key);
    free(it->etag);
    free(it->new_etag);
    output_names_deinit(&it->outputs);
    free(it);
}

void item_renew(item *it)
{
    drop_work(it);
    free(it->etag);
    it->etag = move(it->new_etag);
    it->size_bytes = it->new_size_bytes;
    it->renewed = true;
    it->suspicion = (err)ERR_INIT;
    it->lines_known = it->job_replayed = it->fresh_key = it->contaminated = false;
    it->verdict = (verdict){0};
    it->submissions = 0;
    it->contaminated_lines = it->report_bytes = 0;
    it->cleaned_written = it->cleaned_written || it->cleaned_current;
    it->cleaned_current = false;
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
        [ITEM_PROVING] = "PROVING",
        [ITEM_RECHECKING] = "RECHECKING",
        [ITEM_COMMITTING] = "COMMITTING",
        [ITEM_CONFIRMING] = "CONFIRMING",
        [ITEM_RETIRING] = "RETIRING",
        [ITEM_COOLING] = "COOLING",
        [ITEM_CLEANING] = "CLEANING",
        [ITEM_DISCARDING] = "DISCARDING",
        [ITEM_RENEWING] = "RENEWING",
        [ITEM_PROBING] = "PROBING",
        [ITEM_DONE] = "DONE",
        [ITEM_FAILED] = "FAILED",
    };
    return s < ITEM_STATE_COUNT ? names[s] : "?";
}
