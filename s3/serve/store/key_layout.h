/* How keys become file names: every key has its place, and no place is ever two things.
 *
 * What:    a key is cut at each `/`, and again where a piece reaches 64 bytes; each piece is
 *          percent-encoded (A-Z a-z 0-9 - . _ ~ stay) and says by its ending what it is:
 *              name@d   a directory: the piece was followed by `/`
 *              name@m   a directory: the piece has 64 bytes, and more of the key follows
 *              name@o   the object itself
 *          So `a` (a@o) stands beside `a/b` (a@d/b@o), `..` is a name like any other (..@d), an
 *          empty piece has a name (@d), and the longest key gives names of at most 194 bytes.
 * Why 64:  cutting at a fixed count of raw bytes keeps siblings in an order that is the keys' own:
 *          sorted by decoded name (with its `/`), a walk of the tree yields keys in byte order.
 * Owner:   results are appended to the caller's buffer.
 * Threads: any.
 * Fails:   by s3_refuse (InvalidURI, KeyTooLongError, InvalidBucketName).
 * Source:  Amazon S3 User Guide, "Naming objects", "Bucket naming rules".
 */
#ifndef S3_SERVE_STORE_KEY_LAYOUT_H
#define S3_SERVE_STORE_KEY_LAYOUT_H

#include "base/util.h"
#include "s3/serve/protocol/naming.h"

#define LAYOUT_PIECE_BYTES 64

typedef enum layout_kind {
    LAYOUT_OBJECT,
    LAYOUT_DIR,  /* the decoded name ends in `/` */
    LAYOUT_MORE, /* the decoded name goes on in the names inside */
} layout_kind;

bool layout_key_path(slice key, buf *path); /* "a@d/b@o"; false when the buffer is too small */
/* Appends what the name stands for; false where it is none of ours. */
bool layout_name_decode(const char *name, layout_kind *kind, buf *decoded) MUST_USE;

#endif
