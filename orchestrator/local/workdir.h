/* The work directory of one share: local names, the lock, the disk budget, what can be used again.
 *
 * What:    `<root>/input-<12 hex of SHA-256 of the input's URI>/<index>-of-<count>/` with
 *          `orchestrator.lock` and `download/<hash of the key>/<basename>`. A download is written
 *          to `part` beside it and renamed when it is whole and verified; `etag` there says of
 *          which version, `checksum` with which bytes, `part.resume` which ranges of a part are there. It is a cache: removing
 *          it all costs only time.
 *          `<root>` is resolved once; it may be a link. From `input-...` on everything is this
 *          user's alone (0700), or its group's too (share_group: 2770), and is opened below the
 *          directory that is held open, without following links.
 * Owner:   workdir_open / workdir_close; returned paths are malloc'ed and absolute.
 * Threads: loop, but workdir_remove_item and the functions that open files, which only read
 *          constants, and workdir_take_hashes and workdir_give_hashes, which are atomic: any.
 * Fails:   ERR_LOCKED with the other instance's pid; ERR_CONFIG where others could replace what is
 *          in <root>; ERR_IO; ERR_NO_SPACE.
 */
#ifndef ORCHESTRATOR_LOCAL_WORKDIR_H
#define ORCHESTRATOR_LOCAL_WORKDIR_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef struct workdir workdir;

typedef struct workdir_options {
    const char *root;        /* local_work_dir */
    const char *input_uri;   /* remote_file_input, as it was given */
    const char *share_group; /* name or number of the group that may use it too; or NULL */
    unsigned host_index, host_count;
    uint64_t disk_budget_bytes; /* 0: four fifths of the free space */
} workdir_options;

/* Makes the directories and takes the kernel lock, which ends with the process. */
workdir *workdir_open(const workdir_options *options, err *e) MUST_USE;
void workdir_close(workdir *w); /* gives the lock back; NULL is fine */
DEFINE_AUTO_PTR(workdir, workdir_close)

const char *workdir_path(const workdir *w);      /* of this share */
uint64_t workdir_budget_bytes(const workdir *w); /* the limit */

/* 12 hexadecimal digits of this share, the same in each run: begins the ids of its jobs. */
const char *workdir_tag(const workdir *w);
int workdir_fd(const workdir *w);          /* of this share's directory */
int workdir_download_fd(const workdir *w); /* of the directory of all items */

char *workdir_item_dir(const workdir *w, const char *key) MUST_USE;
char *workdir_final_path(const workdir *w, const char *key) MUST_USE;

/* A new and empty file of an item, in place of one that has this name. -1 on failure. */
int workdir_file_create(const workdir *w, const char *key, const char *name, err *e) MUST_USE;
/* A file of an item, for reading; only a regular file of this user with one link is opened. */
int workdir_file_open(const workdir *w, const char *key, const char *name, err *e) MUST_USE;
bool workdir_file_remove(const workdir *w, const char *key, const char *name, err *e) MUST_USE;
#define WORKDIR_RECODED "cleaned" /* the cleaned file in another compression than the server's */

/* For s3_get: which ranges of the part file are there; below workdir_download_fd. */
char *workdir_resume_name(const workdir *w, const char *key) MUST_USE;

/* The part file, opened for reading and writing: what an earlier run left, or, `fresh`, a new and
 * empty one; -1 on failure. */
int workdir_part_open(const workdir *w, const char *key, bool fresh, err *e) MUST_USE;
/* A file without a name in this share's directory, for reading and writing: it ends with its
 * descriptor. -1 on failure. Any thread. */
int workdir_unnamed_open(const workdir *w, err *e) MUST_USE;
/* An earlier run left a part that may be gone on from. */
bool workdir_has_part(const workdir *w, const char *key);
/* The part file becomes the whole file of this version; `checksum` of its bytes ("": not known). */
bool workdir_part_commit(const workdir *w, const char *key, const char *etag, const char *checksum,
                         err *e) MUST_USE;
/* A whole file of this version was left by an earlier run. */
bool workdir_has_whole(const workdir *w, const char *key, const char *etag, uint64_t size_bytes);
/* The checksum that was recorded with it; NULL: none. */
char *workdir_whole_checksum(const workdir *w, const char *key) MUST_USE;
/* That file, opened for reading and writing; -1 on failure. */
int workdir_whole_open(const workdir *w, const char *key, err *e) MUST_USE;
/* It proved bad and is written again: a part from here on, so that no later run takes it for whole. */
bool workdir_whole_to_part(const workdir *w, const char *key, err *e) MUST_USE;

/* Removes what stands for keys that are not wanted: workdir_scan looks what there is, workdir_want
 * is called for each wanted key, workdir_clear_unwanted yields how many directories it removed.
 * From the scan to workdir_forget_scan, workdir_has_whole knows without asking the disk for which
 * keys an earlier run left nothing. */
bool workdir_scan(workdir *w, err *e) MUST_USE;
void workdir_forget_scan(workdir *w);
void workdir_want(workdir *w, const char *key);
bool workdir_clear_unwanted(workdir *w, size_t *removed, err *e) MUST_USE;
bool workdir_remove_item(const workdir *w, const char *key, err *e) MUST_USE;
/* Calls `each` for every share of the input under another host count that no process uses; it is
 * removed afterwards. `share_fd` is its directory. */
bool workdir_clear_other_counts(workdir *w, unsigned host_count,
                                void (*each)(void *ctx, int share_fd, const char *tag), void *ctx,
                                err *e) MUST_USE;
void workdir_remove_if_empty(workdir *w); /* the download folder, at the very end */

/* The disk budget: admission before a download, from the whole size. `alone`: nothing else is under
 * way; then a file larger than the whole budget is let in, if the disk has room for it. */
typedef enum workdir_room {
    WORKDIR_ROOM,
    WORKDIR_ROOM_LATER, /* when others have ended */
    WORKDIR_ROOM_NEVER, /* more than the disk has free, also when others have ended */
} workdir_room;
workdir_room workdir_admit(workdir *w, const char *key, uint64_t size_bytes, bool alone) MUST_USE;
void workdir_release(workdir *w, uint64_t size_bytes);
/* Line hashes count against the budget, and have a tenth of it at most. Any thread. */
bool workdir_take_hashes(workdir *w, uint64_t bytes) MUST_USE;
void workdir_give_hashes(workdir *w, uint64_t bytes);
void workdir_add(workdir *w, uint64_t size_bytes); /* what is on the disk already, unasked */

#endif
