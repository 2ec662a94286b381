/* Copies of files and objects: one, or a list of them side by side.
 *
 * What:    transfers_run starts up to TRANSFERS_AT_ONCE of a list and waits for all; what fails is
 *          printed, and the others go on.
 * Owner:   a transfer_list owns its items, transfer_list_deinit frees them.
 * Threads: the loop's.
 * Fails:   transfers_run: when interrupted. Errors of single transfers are printed and counted.
 */
#ifndef S3_CLI_TRANSFER_H
#define S3_CLI_TRANSFER_H

#include "s3/cli/cli.h"

#define TRANSFERS_AT_ONCE 32

/* Where something comes from or goes to: an object, a file, or standard input or output. */
typedef struct place {
    bool is_object;
    s3_uri uri; /* of an object */
    char *path; /* of a file; "-" for the standard ones */
} place;

typedef struct transfer {
    place from, to;
    /* while it runs */
    struct transfers *owner;
    s3_op *op;
    int fd; /* -1: none */
    char *temp_path;
} transfer;

typedef struct transfer_list {
    transfer *items;
    size_t count, capacity;
} transfer_list;

bool place_parse(const char *text, place *out, err *e) MUST_USE;
void place_deinit(place *p);
DEFINE_AUTO(place, place_deinit)
bool place_is_standard(const place *p);
char *place_text(const place *p) MUST_USE; /* for people */

/* Takes both places over. */
void transfer_list_add(transfer_list *list, place *give_from, place *give_to);
void transfer_list_deinit(transfer_list *list);
DEFINE_AUTO(transfer_list, transfer_list_deinit)

bool transfers_run(cli *c, transfer_list *list, err *e) MUST_USE;

/* s3/cli/copy_tree.c: the transfers of a whole folder. */
bool copy_tree_list(cli *c, const place *from, const place *to, transfer_list *out, err *e)
    MUST_USE;

#endif
