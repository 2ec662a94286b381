/* Reads lists of inputs from files and from the store, one after the other.
 *
 * What:    an operation (base/op.h) that fills the inputs of a listing, and the digest of all bytes.
 * Owner:   strings and places outlive the operation; `out` is written until on_done.
 * Threads: loop; a file is read in pieces.
 * Fails:   by the error given to on_done: of the first list that cannot be read completely.
 */
#ifndef ORCHESTRATOR_PLAN_INPUT_LIST_FETCH_H
#define ORCHESTRATOR_PLAN_INPUT_LIST_FETCH_H

#include "base/op.h"
#include "orchestrator/plan/input_list.h"

typedef struct input_list_fetch_options {
    transport *transport;
    s3_client *s3;
    const char *const *lists; /* paths and s3:// URIs, NULL-terminated, at least one */
    const char *columns;
    const places *places;
    listing *out;
    void (*on_done)(void *ctx, const err *error);
    void *ctx;
} input_list_fetch_options;

op *input_list_fetch_start(const input_list_fetch_options *options) MUST_USE;

#endif
