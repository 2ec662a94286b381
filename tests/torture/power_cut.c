/* State of a disk after a power cut, from the log of tests/preload/power.c.
 *
 *   power_cut snapshot DIR >LOG        a log that begins with what is in DIR; all of it counts as synced
 *   power_cut replay DIR LOG SEED      changes DIR to its state after the cut
 *   power_cut kinds LOG                one line for each call: N(ew), L(ink), U(nlink), R(ename), W(rite), (resi)Z(e), S(ync);
 *                                      before them, one for what was there at the start
 *
 * SEED 0: only what was synced: the content of each file and the names of each directory as of its
 * last sync. Other seeds: of the changes of names that were not synced, a prefix (odd seeds, as
 * with a journal) or any subset (even seeds); of each file's changes that were not synced none,
 * all, any of them, or the size without the content (zeros). A rename is atomic.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "decon/base/buf.h"
#include "decon/base/err.h"
#include "tests/torture/power_event.h"

typedef struct node node;

typedef struct {
    char *name; /* NULL: free */
    node *target;
} entry;

typedef struct {
    char *data;
    size_t size;
} content;

/* A change of names that may not be on the disk yet: `target` gets the name `to` and loses
 * `from`. */
typedef struct {
    node *from, *to; /* NULL: none */
    char *from_name, *to_name;
    node *target;
    bool applied;
} name_change;

typedef struct {
    const char *data; /* NULL: the size is set */
    uint64_t offset, len;
} data_change;

struct node {
    uint64_t inode, mode;
    entry *now, *synced; /* of a directory */
    size_t now_count, synced_count;
    content disk; /* of a file, at its last sync */
    data_change *changes;
    size_t change_count;
    node *next;
};

static node *nodes, *top;
static name_change *names;
static size_t name_count;
static uint64_t chance;

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(2);
}

/* xorshift64 */
static bool coin(void)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance >> 33 & 1;
}

static size_t any_below(size_t limit)
{
    (void)coin();
    return (size_t)(chance >> 20) % limit;
}

/* --- the model --- */

static node *find(uint64_t inode)
{
    node *n = nodes;
    while (n && n->inode != inode)
        n = n->next;
    return n;
}

static void add_node(uint64_t inode, uint64_t mode)
{
    node *n = xcalloc(1, sizeof *n);
    *n = (node){.inode = inode, .mode = mode, .next = nodes}; /* hides an older one */
    nodes = n;
    top = top ? top : n;
}

static node *get(const entry *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].name && strcmp(list[i].name, name) == 0)
            return list[i].target;
    return NULL;
}

/* NULL: removes the name. */
static void set(entry **list, size_t *count, const char *name, node *target)
{
    for (size_t i = 0; i < *count; i++)
        if ((*list)[i].name && strcmp((*list)[i].name, name) == 0) {
            (*list)[i].target = target;
            if (!target)
                free(move((*list)[i].name));
            return;
        }
    if (!target)
        return;
    *list = xrealloc(*list, (*count + 1) * sizeof **list);
    (*list)[(*count)++] = (entry){.name = xstrdup(name), .target = target};
}

static void change_names(node *from, const char *from_name, node *to, const char *to_name,
                         node *target)
{
    if (from)
        set(&from->now, &from->now_count, from_name, NULL);
    if (to)
        set(&to->now, &to->now_count, to_name, target);
    names = xrealloc(names, (name_count + 1) * sizeof *names);
    names[name_count++] = (name_change){.from = from,
                                        .to = to,
                                        .from_name = xstrdup(from_name),
                                        .to_name = xstrdup(to_name),
                                        .target = target};
}

static void apply_names(name_change *c)
{
    if (c->applied)
        return;
    c->applied = true;
    if (c->from && get(c->from->synced, c->from->synced_count, c->from_name) == c->target)
        set(&c->from->synced, &c->from->synced_count, c->from_name, NULL);
    if (c->to)
        set(&c->to->synced, &c->to->synced_count, c->to_name, c->target);
}

static void change_data(node *n, const char *data, uint64_t offset, uint64_t len)
{
    n->changes = xrealloc(n->changes, (n->change_count + 1) * sizeof *n->changes);
    n->changes[n->change_count++] = (data_change){.data = data, .offset = offset, .len = len};
}

static void resize(content *c, size_t size)
{
    c->data = xrealloc(c->data, size + 1);
    if (size > c->size)
        memset(c->data + c->size, 0, size - c->size);
    c->size = size;
}

static void apply_data(content *c, const data_change *d, bool zeros)
{
    if (!d->data) {
        resize(c, (size_t)d->offset);
        return;
    }
    if (c->size < d->offset + d->len)
        resize(c, (size_t)(d->offset + d->len));
    if (!zeros)
        memcpy(c->data + d->offset, d->data, (size_t)d->len);
}

static void sync_node(node *n)
{
    for (size_t i = 0; i < n->change_count; i++)
        apply_data(&n->disk, &n->changes[i], false);
    n->change_count = 0;
    for (size_t i = 0; i < name_count; i++)
        if (names[i].from == n || names[i].to == n)
            apply_names(&names[i]);
}

static void take_event(const power_event *e, const char *data)
{
    node *a = find(e->a), *b = find(e->b);
    if (e->type == POWER_NEW)
        add_node(e->a, e->b);
    else if (!a)
        return; /* not below the root */
    else if (e->type == POWER_LINK && b)
        change_names(NULL, "", a, data, b);
    else if (e->type == POWER_UNLINK)
        change_names(a, data, NULL, "", get(a->now, a->now_count, data));
    else if (e->type == POWER_RENAME && b)
        change_names(a, data, b, data + strlen(data) + 1, get(a->now, a->now_count, data));
    else if (e->type == POWER_WRITE)
        change_data(a, data, e->b, e->size);
    else if (e->type == POWER_RESIZE)
        change_data(a, NULL, e->b, 0);
    else if (e->type == POWER_SYNC)
        sync_node(a);
}

/* --- the cut --- */

static void cut_names(uint64_t seed)
{
    size_t open_count = 0, kept = 0;
    for (size_t i = 0; i < name_count; i++)
        open_count += !names[i].applied;
    size_t first = any_below(open_count + 1);
    for (size_t i = 0; i < name_count; i++)
        if (!names[i].applied && (seed % 2 ? kept++ < first : coin()))
            apply_names(&names[i]);
}

static void cut_data(node *n)
{
    enum { NONE, ALL, ANY, ZEROS, WAYS } way = (int)any_below(WAYS);
    for (size_t i = 0; i < n->change_count; i++)
        if (way != NONE && (way != ANY || coin()))
            apply_data(&n->disk, &n->changes[i], way == ZEROS);
    n->change_count = 0;
}

static void cut(uint64_t seed)
{
    chance = seed * 0x9e3779b97f4a7c15u + 1;
    if (seed == 0)
        return;
    cut_names(seed);
    for (node *n = nodes; n; n = n->next)
        cut_data(n);
}

/* Moves all below `path` to names that are inode numbers in `flat`, so that what stays keeps its inode. */
static void flatten(const char *path, const char *flat)
{
    DIR *list = opendir(path);
    if (!list)
        give_up(path);
    for (struct dirent *d; (d = readdir(list));) {
        struct stat st;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        AUTO_FREE char *below = xasprintf("%s/%s", path, d->d_name);
        if (lstat(below, &st) != 0)
            give_up(below);
        if (S_ISDIR(st.st_mode))
            flatten(below, flat);
        AUTO_FREE char *kept = xasprintf("%s/%llu", flat, (unsigned long long)st.st_ino);
        if (rename(below, kept) != 0)
            give_up(below);
    }
    closedir(list);
}

static bool take_kept(const char *flat, const node *n, const char *path)
{
    struct stat st;
    AUTO_FREE char *kept = xasprintf("%s/%llu", flat, (unsigned long long)n->inode);
    return lstat(kept, &st) == 0 && (st.st_mode & S_IFMT) == (n->mode & S_IFMT) &&
           rename(kept, path) == 0;
}

static void write_tree(const char *flat, const char *path, const node *n)
{
    err e = ERR_INIT;
    bool kept = n == top || take_kept(flat, n, path);
    if (S_ISDIR(n->mode)) {
        if (!kept && mkdir(path, n->mode & 07777) != 0)
            give_up(path);
        for (size_t i = 0; i < n->synced_count; i++) {
            if (!n->synced[i].name)
                continue;
            AUTO_FREE char *below = xasprintf("%s/%s", path, n->synced[i].name);
            write_tree(flat, below, n->synced[i].target);
        }
        return;
    }
    AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, n->mode & 07777);
    if (fd < 0 || !fs_write_all(fd, n->disk.data ? n->disk.data : "", n->disk.size, &e))
        give_up(path);
}

/* --- the log --- */

/* The program may have been ended within the last event. Events are not aligned. */
static void each_event(const char *path, buf *log, void (*each)(const power_event *, const char *))
{
    err e = ERR_INIT;
    power_event event;
    if (!fs_read_file(path, SIZE_MAX / 4, log, &e)) {
        fprintf(stderr, "%s\n", e.message);
        exit(2);
    }
    for (size_t at = 0; log->len - at >= sizeof event; at += sizeof event + event.size) {
        memcpy(&event, log->data + at, sizeof event);
        if (event.size > log->len - at - sizeof event)
            return;
        each(&event, log->data + at + sizeof event);
    }
}

static void print_kind(const power_event *event, const char *data)
{
    (void)data;
    putchar(" NLURWZS\n"[event->type]);
}

static void put(power_type type, uint64_t a, uint64_t b, const void *data, size_t len)
{
    power_event event = {.type = type, .a = a, .b = b, .size = len};
    if (fwrite(&event, sizeof event, 1, stdout) != 1 || fwrite(data, 1, len, stdout) != len)
        give_up("standard output");
}

static void snapshot_file(int fd, const struct stat *st)
{
    char piece[65536];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, piece, sizeof piece, at)) > 0; at += n)
        put(POWER_WRITE, st->st_ino, (uint64_t)at, piece, (size_t)n);
}

static void snapshot(int fd, const struct stat *st)
{
    DIR *list = S_ISDIR(st->st_mode) ? fdopendir(dup(fd)) : NULL;
    put(POWER_NEW, st->st_ino, st->st_mode, "", 0);
    if (!list)
        snapshot_file(fd, st);
    for (struct dirent *d; list && (d = readdir(list));) {
        struct stat below;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        AUTO_FD entry_fd = openat(fd, d->d_name, O_RDONLY | O_CLOEXEC);
        if (entry_fd < 0 || fstat(entry_fd, &below) != 0)
            give_up(d->d_name);
        snapshot(entry_fd, &below);
        put(POWER_LINK, st->st_ino, below.st_ino, d->d_name, strlen(d->d_name) + 1);
    }
    if (list)
        closedir(list);
    put(POWER_SYNC, st->st_ino, 0, "", 0);
}

int main(int argc, char **argv)
{
    AUTO(buf) log = BUF(SIZE_MAX / 4);
    if (argc == 3 && str_equal(argv[1], "kinds")) {
        each_event(argv[2], &log, print_kind);
    } else if (argc == 3 && str_equal(argv[1], "snapshot")) {
        struct stat st;
        AUTO_FD fd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) != 0)
            give_up(argv[2]);
        snapshot(fd, &st);
    } else if (argc == 5 && str_equal(argv[1], "replay")) {
        each_event(argv[3], &log, take_event);
        cut(strtoull(argv[4], NULL, 10));
        if (!top)
            give_up(argv[3]);
        AUTO_FREE char *flat = xasprintf("%s.flat", argv[2]);
        if (mkdir(flat, 0700) != 0)
            give_up(flat);
        flatten(argv[2], flat);
        write_tree(flat, argv[2], top);
        if (!fs_remove_tree(flat, NULL))
            give_up(flat);
    } else {
        fprintf(stderr, "usage: power_cut snapshot DIR | replay DIR LOG SEED | kinds LOG\n");
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 2;
}
