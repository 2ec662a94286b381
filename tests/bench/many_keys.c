/* many_keys DIR OBJECT FOLDERS: fills the directory of a bucket of `decon-s3 serve` with FOLDERS folders
 * of 1,000 objects, all links to OBJECT, the file of an existing object: a million keys without a
 * million files. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decon/base/buf.h"
#include "base/util.h"
#include "base/fsutil.h"

#define LINKS_PER_FILE 50000 /* ext4 allows 65,000 */
#define KEYS           1000  /* in a folder */

static bool link_folder(const char *dir, const char *object, unsigned folder)
{
    AUTO_FREE char *path = xasprintf("%s/%03u@d", dir, folder);
    if (mkdir(path, 0777) != 0)
        return false;
    for (unsigned key = 0; key < KEYS; key++) {
        AUTO_FREE char *name = xasprintf("%s/part-%05u.jsonl.gz@o", path, key);
        if (link(object, name) != 0)
            return false;
    }
    return true;
}

/* The links of the next folders point to another file. */
static bool copy_object(const char *dir, slice object, unsigned number, char **path, err *e)
{
    free(*path);
    *path = xasprintf("%s/copy-%u@o", dir, number);
    return fs_write_file(*path, object, false, e);
}

int main(int argc, char **argv)
{
    err e = ERR_INIT;
    uint64_t folders = 0;
    AUTO(buf) object = BUF(1 << 20);
    AUTO_FREE char *copy = NULL;
    if (argc != 4 || !num_parse_u64(argv[3], &folders))
        return fputs("usage: many_keys DIR OBJECT FOLDERS\n", stderr), 2;
    if (!fs_read_file(argv[2], 1 << 20, &object, &e))
        return fprintf(stderr, "many_keys: %s\n", e.message), 1;
    for (unsigned i = 0; i < folders; i++) {
        if (i % (LINKS_PER_FILE / KEYS) == 0 &&
            !copy_object(argv[1], buf_slice(&object), i, &copy, &e))
            return fprintf(stderr, "many_keys: %s\n", e.message), 1;
        if (!link_folder(argv[1], copy, i))
            return perror("many_keys"), 1;
    }
    return 0;
}
