#include "orchestrator/item.h"

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
