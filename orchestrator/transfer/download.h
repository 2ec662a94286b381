/* Downloads one object of a run into the work directory.
 *
 * What:    a fetch into the part file, which is then renamed. A complete file of an earlier run is
 *          verified like a download (the store's checksum or MD5 ETag, size, ETag, lines); of a
 *          part the finished ranges are used. If either is corrupt, all is downloaded again before
 *          the object counts as invalid.
 * Owner:   an operation (base/op.h).
 * Threads: loop.
 * Fails:   by the error given to on_done; the first fault ends both. Local files are left to the
 *          caller's clean-up.
 */
#ifndef ORCHESTRATOR_TRANSFER_DOWNLOAD_H
#define ORCHESTRATOR_TRANSFER_DOWNLOAD_H

#include "base/util.h"
#include "orchestrator/transfer/fetch.h"
#include "orchestrator/plan/item.h"
#include "orchestrator/local/workdir.h"

typedef struct download_options {
    s3_client *s3;
    transport *transport; /* its clock */
    verifier *verifier;
    const workdir *workdir;
    const char *bucket;
    item *item; /* on success, its `local` is WHOLE, with read_etag, verdict, lines_known */
    verify_level level;
    bool sha256;         /* item->local.checksum becomes the SHA-256 */
    jsonl_options jsonl; /* requirements for lines; its strings are borrowed */
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} download_options;

/* NULL if a local file cannot be opened. */
op *download_start(const download_options *options, err *e) MUST_USE;

#endif
