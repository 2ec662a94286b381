/* Lists of inputs: keys, sizes and ETags in CSV, written by `plan` or S3 Inventory.
 *
 * What:    a reader that is fed the bytes of one list (plain, or in a format of codec.h), and a writer.
 *          The first line may name the columns; otherwise the option names them. Key, Size and ETag
 *          are needed, Bucket, LastModifiedDate, IsLatest and IsDeleteMarker are used, others
 *          skipped. Keys are URL-encoded. A list of `plan` begins with #decon-inputs and ends with
 *          the number of its rows, so that a truncated list is detected. Rows outside the input are
 *          counted.
 * Owner:   input_list_free; objects in the options outlive the reader.
 * Threads: loop.
 * Fails:   ERR_CONFIG (columns, another bucket), ERR_PARSE with list and line, or the decoder's error.
 */
#ifndef ORCHESTRATOR_PLAN_INPUT_LIST_H
#define ORCHESTRATOR_PLAN_INPUT_LIST_H

#include "decon/compression/stage.h"
#include "orchestrator/plan/listing.h"

#define INPUT_LIST_COLUMNS "Bucket,Key,Size,LastModifiedDate,ETag"

typedef struct input_list input_list;

typedef struct input_list_options {
    const char *name; /* for messages */
    const places *places;
    const char *columns; /* of a list that does not name them: "Bucket,Key,Size" */
    listing *out;        /* gets the objects */
} input_list_options;

input_list *input_list_new(const input_list_options *options) MUST_USE;
bool input_list_feed(input_list *l, slice data, err *e) MUST_USE;
bool input_list_end(input_list *l, err *e) MUST_USE; /* the list is complete */
void input_list_free(input_list *l);                 /* NULL is allowed */

/* Of the option input_list_columns. */
bool input_list_check_columns(const char *text, err *e) MUST_USE;

/* Writes the inputs of the listing in pieces, so that the receiver may pause. */
typedef struct input_list_writer {
    const places *places;
    const listing *listing;
    stage *to;
    size_t next;
    bool begun, ended;
} input_list_writer;

/* Writes up to 1,000 rows; at the end of the list also its last line, finishes `to` and sets ended. */
bool input_list_write_some(input_list_writer *w, err *e) MUST_USE;

#endif
