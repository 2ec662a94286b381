/* Facts about the results of a report folder, compact enough for millions.
 *
 * What:    for each input of a status_table the checksum and version of the bytes that its result
 *          was made of, and the settings and program that made it.
 * Owner:   certify_table_deinit. The status_table outlives it.
 * Threads: loop.
 * Fails:   never. Beyond CERTIFY_NAMES_MAX settings or versions all further ones count as one.
 * Memory:  4 bytes for each input, and for each result 4 bytes, its checksum and version id.
 */
#ifndef ORCHESTRATOR_CERTIFY_CERTIFY_TABLE_H
#define ORCHESTRATOR_CERTIFY_CERTIFY_TABLE_H

#include "base/util.h"
#include "decon/s3/checksum.h"
#include "orchestrator/status/status_table.h"

#define CERTIFY_NAMES_MAX 255

/* Bits of an input's state beside those of status_table.h. */
enum {
    CERTIFY_KNOWN = INPUT_COUNTED, /* the table has its facts */
    CERTIFY_UNPROVEN = 32,         /* its result names no version or no settings */
    CERTIFY_JUDGED_AGAIN = 64,     /* `decon rejudge` has changed its verdict */
};

typedef struct certify_name {
    char *text;
    uint64_t files;
} certify_name;

typedef struct certify_names {
    certify_name *each;
    size_t count;
} certify_names;

typedef struct certify_table {
    status_table *inputs;
    uint32_t *at; /* of each input: where its facts begin in `bytes`, plus 1; 0: none */
    uint8_t *bytes;
    size_t used, capacity;
    certify_names settings, versions;
    uint64_t from_ledger, from_results;
} certify_table;

typedef struct certify_facts {
    s3_checksum checksum;
    const char *version_id;         /* or NULL */
    const char *settings, *version; /* version: or NULL */
} certify_facts;

void certify_table_init(certify_table *t, status_table *inputs); /* which is judged */
void certify_table_add(certify_table *t, size_t index, const certify_facts *facts);

typedef struct certify_found {
    s3_checksum checksum;
    slice version_id;
    size_t settings; /* in t->settings */
} certify_found;
/* False: nothing is known. */
bool certify_table_get(const certify_table *t, size_t index, certify_found *out) MUST_USE;

void certify_table_deinit(certify_table *t);
DEFINE_AUTO(certify_table, certify_table_deinit)

#endif
