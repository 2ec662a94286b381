/* Is what the server made of a file exact, before anything of it is committed?
 *
 * What:    the report names lines of the input; a contaminated file of a purifying server has its
 *          cleaned file; a cleaned file, also of a clean input, is the input without the lines that
 *          the report names, in order, byte for byte (result_lines.h). So a server that read only a
 *          part of the file is found. The cleaned file of a contaminated input is brought into the
 *          input's compression in the same pass.
 * Owner:   result_check_start is an operation (base/op.h) and copies its options' strings.
 * Threads: result_check on a worker (blocking); the rest on the loop.
 * Fails:   ERR_RESULT_PATH: a file that is not the server's result, which is then not read;
 *          ERR_RESULT with the first line that differs, or where a file does not decode; ERR_IO;
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
    const workdir *workdir;   /* where they are; outlives the check */
    const result_dirs *dirs;  /* where results may be; outlives the check */
    const char *job_id;       /* which they have in their names */
    bool lines_known;         /* else they are counted here */
    uint64_t lines;           /* of the input */
    line_hashes *hashes;      /* of the input; NULL: it is decoded for them */
    bool purify;              /* the server does */
    const char *report_path;  /* as the server named it; NULL: nothing was found */
    const char *cleaned_path; /* as the server named it; NULL: none */
    codec_format format;      /* the input's, by its name */
    codec_options codec;      /* of the encoder: level, threads; of all: the memory */
} result_options;

/* The files stay open: what was checked is what goes up. Both are known, or neither. */
typedef struct result_facts {
    result_file report, cleaned;          /* of the server */
    int recoded_fd;                       /* the cleaned file in the input's format; 0: as it is */
    uint64_t lines;                       /* of the input */
    uint64_t contaminated_lines;          /* distinct */
    set_counts sets;                      /* the same of each evaluation set */
    uint64_t report_bytes, cleaned_bytes; /* cleaned: of the file to upload */
} result_facts;

void result_facts_deinit(result_facts *f);
DEFINE_AUTO(result_facts, result_facts_deinit)

bool result_check(const result_options *options, result_facts *out, err *e) MUST_USE;

/* `memory` admits decoders and the encoder, with what they mostly take; a file that turns out to need
 * more starts over with that. Borrowed. */
op *result_check_start(pool *p, codec_memory *memory, const result_options *options,
                       void (*on_done)(void *ctx, result_facts *facts, const err *error), void *ctx)
    MUST_USE;

#endif
