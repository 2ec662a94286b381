/* Maps keys to file names; the mapping is unique in both directions.
 *
 * What:    a key is split at each `/`, and where a piece reaches 64 bytes; each piece is
 *          percent-encoded (A-Z a-z 0-9 - . _ ~ are kept) and has a suffix for its kind:
 *              name@d   a directory: the piece was followed by `/`
 *              name@m   a directory: the piece has 64 bytes, and more of the key follows
 *              name@o   the object itself
 *          Thus `a` (a@o) can exist beside `a/b` (a@d/b@o), `..` is an ordinary name (..@d), an
 *          empty piece has a name (@d), and the longest key gives names of at most 194 bytes.
 * Why 64:  splitting at a fixed number of raw bytes preserves the order of keys among siblings:
 *          sorted by decoded name (with its `/`), a walk of the tree visits keys in byte order.
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
    LAYOUT_MORE, /* the decoded name continues in the names inside */
} layout_kind;

bool layout_key_path(slice key, buf *path); /* "a@d/b@o"; false when the buffer is too small */
/* Appends the decoded name; false if it is not a name of this layout. */
bool layout_name_decode(const char *name, layout_kind *kind, buf *decoded) MUST_USE;

#endif
