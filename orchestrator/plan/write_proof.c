#include "base/util.h"
#include "orchestrator/plan/write_proof.h"

static void drop_metadata(write_proof *p)
{
    for (size_t i = 0; i < p->metadata_count; i++) {
        free((char *)(uintptr_t)p->metadata[i].name);
        free((char *)(uintptr_t)p->metadata[i].value);
    }
    free(move(p->metadata));
    p->metadata_count = 0;
}

void write_proof_deinit(write_proof *p)
{
    drop_metadata(p);
    free(p->etag);
    *p = (write_proof){0};
}

void write_proof_keep_metadata(write_proof *p, const http_header *metadata, size_t count)
{
    drop_metadata(p);
    p->metadata = xcalloc(count + 1, sizeof *p->metadata);
    for (size_t i = 0; i < count; i++)
        p->metadata[p->metadata_count++] =
            (http_header){xstrdup(metadata[i].name), xstrdup(metadata[i].value)};
}
