/* The folder that evaluation records are written to, one gzip file at a time.
 *
 * What:    record_files_open learns the doc_ids of the folder's files; each file is written under a
 *          temporary name and renamed at its end. Existing files are never replaced.
 * Owner:   embedded; record_files_deinit removes an unfinished file. `dir` is borrowed.
 * Threads: one.
 * Fails:   ERR_IO; ERR_CONFIG where a file exists; ERR_PARSE on a line without doc_id.
 */
#ifndef DETECTION_CONVERT_RECORD_FILE_H
#define DETECTION_CONVERT_RECORD_FILE_H

#include "decon/compression/codec.h"
#include "base/util.h"
#include "detection/convert/doc_ids.h"

typedef struct record_files {
    const char *dir;
    doc_ids ids;
    uint64_t renumbered; /* records whose doc_id was in use */
    uint64_t written;    /* of the current file */
    char *path, *temp_path;
    int fd;
    stage *sink, *encoder;
} record_files;

bool record_files_open(record_files *f, const char *dir, err *e) MUST_USE;
void record_files_deinit(record_files *f);
DEFINE_AUTO(record_files, record_files_deinit)

/* `name`: below the folder, without .gz. */
bool record_files_begin(record_files *f, const char *name, err *e) MUST_USE;
/* A number that no record has yet. */
uint64_t record_files_new_id(record_files *f);
/* A finished JSON object, without its line end. */
bool record_files_put(record_files *f, slice object, err *e) MUST_USE;
/* A record that has a doc_id, which is replaced where another record has it. */
bool record_files_copy(record_files *f, slice object, err *e) MUST_USE;
/* A file without records is not kept. */
bool record_files_end(record_files *f, err *e) MUST_USE;

#endif
