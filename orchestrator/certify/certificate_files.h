/* The three files of a certificate: BASE.json (head), BASE.jsonl.zst (lines), BASE.sig (signature).
 *
 * What:    names them, writes them, removes them again after a failure.
 * Owner:   certificate_files_deinit frees the names.
 * Threads: the calling one; blocks.
 * Fails:   ERR_USAGE if a file already exists; ERR_IO if one cannot be written.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFICATE_FILES_H
#define ORCHESTRATOR_CERTIFY_CERTIFICATE_FILES_H

#include "base/signature/ed25519.h"
#include "base/util.h"
#include "decon/base/err.h"
#include "orchestrator/certify/certify_judge.h"

#define CERTIFICATE_HEAD_SUFFIX "json"
#define CERTIFICATE_NAME        "certificate"

typedef struct certificate_files {
    char *head, *lines, *signature;
} certificate_files;

void certificate_files_name(certificate_files *f, slice base);
bool certificate_files_are_new(const certificate_files *f, err *e) MUST_USE;
/* `key` NULL: the head is not signed. Fills the rest of the head. */
bool certificate_files_write(const certificate_files *f, certify_view *v, const signature_key *key,
                             err *e) MUST_USE;
void certificate_files_deinit(certificate_files *f);
DEFINE_AUTO(certificate_files, certificate_files_deinit)

#endif
