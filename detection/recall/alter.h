/* Kinds of changes in copies of records.
 *
 * What:    alter_record writes a record's copy of one kind, with question, answer and passage in the
 *          order of a training document.
 * Owner:   text is appended to the caller's buf. Threads: any; a carrier is one thread's.
 * Fails:   by false: this kind would change nothing in this record.
 */
#ifndef DETECTION_RECALL_ALTER_H
#define DETECTION_RECALL_ALTER_H

#include "decon/base/buf.h"
#include "base/util.h"
#include "detection/recall/carrier.h"

typedef enum alter_kind {
    ALTER_VERBATIM,
    ALTER_CASE,
    ALTER_PUNCTUATION,
    ALTER_FULL_WIDTH,
    ALTER_ZERO_WIDTH,
    ALTER_SOFT_HYPHEN,
    ALTER_DECOMPOSED,
    ALTER_HTML,
    ALTER_EDIT_1,
    ALTER_EDIT_2,
    ALTER_EDIT_3,
    ALTER_EDIT_4,
    ALTER_EDIT_TENTH,
    ALTER_TRUNCATED,
    ALTER_QUESTION_ONLY,
    ALTER_DISTANT_ANSWER,
    ALTER_KINDS,
} alter_kind;

/* The kind's name in reports ("edit_2"), and a short description. */
const char *alter_name(alter_kind kind);
const char *alter_meaning(alter_kind kind);

typedef struct alter_input {
    slice question, answer, passage; /* valid UTF-8; answer, passage: may be empty */
} alter_input;

bool alter_record(alter_kind kind, const alter_input *in, carrier *c, buf *out);

#endif
