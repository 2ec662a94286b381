/* The work directory of one share: local names, the lock, the disk budget, reusable files.
 *
 * What:    `<root>/input-<12 hex of SHA-256 of the input's URI>/<index>-of-<count>/` with
 *          `orchestrator.lock` and `download/<hash of the key>/<basename>`. A download is written
 *          to `part` beside it and renamed when it is complete and verified; an extended attribute
 *          (where there are none, the files `etag` and `checksum`) has its version and checksum,
 *          `part.resume` the finished ranges of a part; `spare-...` are unused directories. It is a
 *          cache: it may be removed at the cost of time. `<root>` is resolved once; it may be a
 *          link. From `input-...` on everything is accessible only to this user (0700), or also its
 *          group (share_group: 2770), and is opened relative to an open directory, without
 *          following links.
 * Owner:   workdir_open / workdir_close; returned paths are malloc'ed and absolute.
 * Threads: loop; any thread for workdir_remove_item and functions that open files, which only read
 *          constants, and for workdir_take_hashes and workdir_give_hashes, which are atomic.
 * Fails:   ERR_LOCKED with the other instance's pid; ERR_CONFIG if others could replace files in
 *          <root>; ERR_IO; ERR_NO_SPACE.
 */
#ifndef ORCHESTRATOR_LOCAL_WORKDIR_H
#define ORCHESTRATOR_LOCAL_WORKDIR_H

#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "base/util.h"

typedef struct workdir workdir;

typedef struct workdir_options {
    const char *root;        /* local_work_dir */
    const char *input_uri;   /* remote_file_input, as configured */
    const char *share_group; /* name or number of a group with access; or NULL */
    unsigned host_index, host_count;
    uint64_t disk_budget_bytes; /* 0: four fifths of the free space */
} workdir_options;

/* Creates the directories and takes the kernel lock, which ends with the process. */
workdir *workdir_open(const workdir_options *options, err *e) MUST_USE;
void workdir_close(workdir *w); /* releases the lock; NULL is allowed */
DEFINE_AUTO_PTR(workdir, workdir_close)

const char *workdir_path(const workdir *w);      /* of this share */
uint64_t workdir_budget_bytes(const workdir *w); /* the limit */

/* 12 hexadecimal digits of this share, the same in each run: begins the ids of its jobs. */
const char *workdir_tag(const workdir *w);
int workdir_fd(const workdir *w);          /* of this share's directory */
int workdir_download_fd(const workdir *w); /* of the directory of all items */

char *workdir_item_dir(const workdir *w, const char *key) MUST_USE;
char *workdir_final_path(const workdir *w, const char *key) MUST_USE;

/* A new, empty file of an item; replaces an existing one. -1 on failure. */
int workdir_file_create(const workdir *w, const char *key, const char *name, err *e) MUST_USE;
/* A file of an item, for reading; only a regular file of this user with one link is opened. */
int workdir_file_open(const workdir *w, const char *key, const char *name, err *e) MUST_USE;
bool workdir_file_remove(const workdir *w, const char *key, const char *name, err *e) MUST_USE;
#define WORKDIR_RECODED "cleaned" /* the cleaned file, compressed again */

/* For s3_get: the record of finished ranges of the part file; below workdir_download_fd. */
char *workdir_resume_name(const workdir *w, const char *key) MUST_USE;

/* The part file, opened for reading and writing: of an earlier run, or (`fresh`) new and empty; -1
 * on failure. */
int workdir_part_open(const workdir *w, const char *key, bool fresh, err *e) MUST_USE;
/* An unnamed file in this share's directory, for reading and writing; it disappears with its
 * descriptor. -1 on failure. Any thread. */
int workdir_unnamed_open(const workdir *w, err *e) MUST_USE;
/* An earlier run left a resumable part. */
bool workdir_has_part(const workdir *w, const char *key);
/* The part file, open as `fd`, becomes the complete file of this version; `checksum` of its bytes
 * ("": unknown). */
bool workdir_part_commit(const workdir *w, const char *key, int fd, const char *etag,
                         const char *checksum, err *e) MUST_USE;
/* An earlier run left a complete file of this version. */
bool workdir_has_whole(const workdir *w, const char *key, const char *etag, uint64_t size_bytes);
/* The recorded checksum of that file, open as `fd`; NULL: none. */
char *workdir_whole_checksum(const workdir *w, const char *key, int fd) MUST_USE;
/* That file, opened for reading and writing; -1 on failure. */
int workdir_whole_open(const workdir *w, const char *key, err *e) MUST_USE;
/* It is corrupt and is downloaded again: renamed to a part, so that no later run takes it as
 * complete. */
bool workdir_whole_to_part(const workdir *w, const char *key, err *e) MUST_USE;

/* Removes directories of keys that are not in the plan: workdir_scan reads the names,
 * workdir_want is called for each wanted key, workdir_clear_unwanted returns how many
 * directories it removed. Between the scan and workdir_forget_scan, workdir_has_whole does not
 * access the disk for keys without a directory. */
bool workdir_scan(workdir *w, err *e) MUST_USE;
void workdir_forget_scan(workdir *w);
void workdir_want(workdir *w, const char *key);
/* Of the scan: an earlier run left files of this key. */
bool workdir_has_item(const workdir *w, const char *key);
/* What the files of this key take on the disk; 0: none, or not known. */
uint64_t workdir_item_bytes(const workdir *w, const char *key);
bool workdir_clear_unwanted(workdir *w, size_t *removed, err *e) MUST_USE;
/* Its files; its directory is kept for another item. */
bool workdir_remove_item(const workdir *w, const char *key, err *e) MUST_USE;
/* Calls `each` for every unused share of the input with another host count, then removes the share.
 * `share_fd` is its directory. */
bool workdir_clear_other_counts(workdir *w, unsigned host_count,
                                void (*each)(void *ctx, int share_fd, const char *tag), void *ctx,
                                err *e) MUST_USE;
void workdir_remove_if_empty(workdir *w); /* the download directory, at the end */

/* The disk budget: admission before a download, by its size. `alone`: nothing else is in progress;
 * then a file larger than the budget is admitted if it fits on the disk. */
typedef enum workdir_room {
    WORKDIR_ROOM,
    WORKDIR_ROOM_LATER, /* after others have ended */
    WORKDIR_ROOM_NEVER, /* larger than the free space, even after others have ended */
} workdir_room;
workdir_room workdir_admit(workdir *w, const char *key, uint64_t size_bytes, bool alone) MUST_USE;
void workdir_release(workdir *w, uint64_t size_bytes);
/* Line hashes count toward the budget; they may use at most a tenth of it. Any thread. */
bool workdir_take_hashes(workdir *w, uint64_t bytes) MUST_USE;
void workdir_give_hashes(workdir *w, uint64_t bytes);
void workdir_add(workdir *w, uint64_t size_bytes); /* a file that is on the disk already */

#endif
