/* Checks the server's results for a file before they are committed.
 *
 * What:    the report names lines of the input; a contaminated file of a purifying server has a
 *          cleaned file; a cleaned file, also of a clean input, is the input without the reported
 *          lines, in order, byte for byte (result_lines.h). This detects a server that read only a
 *          part of the file. The cleaned file of a contaminated input is compressed in the input's
 *          format in the same pass.
 * Owner:   result_check_start is an operation (base/op.h) and copies its options' strings.
 * Threads: result_check on a worker (blocking); the rest on the loop.
 * Fails:   ERR_RESULT_PATH: a file that is not the server's result, which is then not read;
 *          ERR_RESULT with the first line that differs, or if a file does not decode; ERR_IO;
 *          ERR_CODEC_MEMORY.
 */
#ifndef ORCHESTRATOR_TRANSFER_RESULT_CHECK_H
#define ORCHESTRATOR_TRANSFER_RESULT_CHECK_H

#include "decon/base/pool.h"
#include "decon/compression/codec.h"
#include "base/op.h"
#include "base/util.h"
#include "orchestrator/fleet/set_counts.h"
#include "orchestrator/local/result_dirs.h"
#include "orchestrator/local/workdir.h"
#include "orchestrator/runtime/codec_memory.h"
#include "orchestrator/transfer/line_hashes.h"

typedef struct result_options {
    const char *name;         /* of the object, for messages */
    const char *key;          /* its key: the local file, and the cleaned file in its format */
    const workdir *workdir;   /* of the files; outlives the check */
    const result_dirs *dirs;  /* folders of results; outlives the check */
    const char *job_id;       /* part of their names */
    bool lines_known;         /* otherwise they are counted here */
    uint64_t lines;           /* of the input */
    line_hashes *hashes;      /* of the input; NULL: it is decoded again */
    bool purify;              /* whether the server purifies */
    const char *report_path;  /* as the server named it; NULL: nothing was found */
    const char *near_path;    /* as the server named it; NULL: no near misses */
    const char *cleaned_path; /* as the server named it; NULL: none */
    codec_format format;      /* the input's, by its name */
    codec_options codec;      /* of the encoder: level, threads; of all: the memory */
} result_options;

/* The files stay open, so that the checked files are uploaded. All that the server named are set, or
 * none. */
typedef struct result_facts {
    result_file report, near, cleaned; /* of the server; near is not read */
    int recoded_fd;                    /* the cleaned file in the input's format; 0: unchanged */
    uint64_t lines;                    /* of the input */
    uint64_t contaminated_lines;       /* distinct */
    set_counts sets;                   /* the same of each evaluation set */
    uint64_t report_bytes;
} result_facts;

void result_facts_deinit(result_facts *f);
DEFINE_AUTO(result_facts, result_facts_deinit)

bool result_check(const result_options *options, result_facts *out, err *e) MUST_USE;

/* `memory` admits decoders and the encoder with their usual amount; a file that needs more starts
 * over with that. Borrowed. */
op *result_check_start(pool *p, codec_memory *memory, const result_options *options,
                       void (*on_done)(void *ctx, result_facts *facts, const err *error), void *ctx)
    MUST_USE;

#endif
