#include "s3/cli/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsutil.h"

typedef struct transfers {
    cli *c;
    transfer_list *list;
    size_t next, running;
} transfers;

bool place_parse(const char *text, place *out, err *e)
{
    *out = (place){.is_object = str_starts_with(text, "s3://")};
    if (out->is_object)
        return s3_uri_parse(text, &out->uri, e);
    if (!text[0])
        return err_set(e, ERR_USAGE, "an empty path names no file");
    out->path = xstrdup(text);
    return true;
}

void place_deinit(place *p)
{
    s3_uri_deinit(&p->uri);
    free(p->path);
    *p = (place){0};
}

bool place_is_standard(const place *p)
{
    return !p->is_object && str_equal(p->path, "-");
}

char *place_text(const place *p)
{
    return p->is_object ? xasprintf("s3://%s/%s", p->uri.bucket, p->uri.key) : xstrdup(p->path);
}

void transfer_list_add(transfer_list *list, place *give_from, place *give_to)
{
    if (list->count == list->capacity) {
        list->capacity = MAX(list->capacity * 2, (size_t)16);
        list->items = xrealloc(list->items, list->capacity * sizeof *list->items);
    }
    list->items[list->count++] = (transfer){.from = *give_from, .to = *give_to, .fd = -1};
    *give_from = *give_to = (place){0};
}

static void transfer_close(transfer *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    fs_temp_discard(&t->temp_path);
}

void transfer_list_deinit(transfer_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        transfer_close(&list->items[i]);
        place_deinit(&list->items[i].from);
        place_deinit(&list->items[i].to);
    }
    free(list->items);
    *list = (transfer_list){0};
}

/* --- one transfer --- */

static void tell(const cli *c, const transfer *t)
{
    if (place_is_standard(&t->to))
        return;
    AUTO_FREE char *from = place_text(&t->from);
    AUTO_FREE char *to = place_text(&t->to);
    if (c->config->json) {
        const print_member members[] = {{.name = "from", .text = from}, {.name = "to", .text = to}};
        print_json(members, ARRAY_LEN(members), stdout);
        return;
    }
    print_key(from, stdout);
    fputs(" -> ", stdout);
    print_key(to, stdout);
    putchar('\n');
}

static void transfer_ended(transfer *t, const err *error)
{
    transfers *all = t->owner;
    err e = ERR_INIT;
    bool ok = !error;
    t->op = NULL;
    all->running--;
    if (ok && t->temp_path)
        ok = fs_temp_commit(&t->temp_path, t->to.path, &e);
    if (ok)
        tell(all->c, t);
    else
        cli_print_error(all->c, error ? error : &e);
    transfer_close(t);
    all->c->done = true; /* the loop yields to transfers_run, which starts the next */
}

static void on_got(void *ctx, const s3_get_result *result, const err *error)
{
    UNUSED(result);
    transfer_ended(ctx, error);
}

static void on_put(void *ctx, const s3_put_result *result, const err *error)
{
    UNUSED(result);
    transfer_ended(ctx, error);
}

static void on_copied(void *ctx, const err *error)
{
    transfer_ended(ctx, error);
}

static bool on_data(void *ctx, slice data, err *e)
{
    UNUSED(ctx);
    errno = 0;
    return fwrite(data.data, 1, data.len, stdout) == data.len ||
           err_set_errno(e, ERR_IO, errno, "standard output cannot be written");
}

static bool start_download(cli *c, transfer *t, err *e)
{
    s3_get_options options = {
        .bucket = t->from.uri.bucket, .key = t->from.uri.key, .on_done = on_got, .ctx = t};
    if (place_is_standard(&t->to)) {
        options.fd = -1;
        options.on_data = on_data;
    } else {
        t->fd = options.fd = fs_temp_create(t->to.path, &t->temp_path, e);
        if (t->fd < 0)
            return false;
    }
    t->op = s3_get(c->client, &options);
    return true;
}

/* Standard input has no length and cannot be read twice: it goes through a file without a name. */
static int spool_stdin(err *e)
{
    char chunk[64 * 1024];
    const char *dir = getenv("TMPDIR");
    int fd = open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        err_set_errno(e, ERR_IO, errno, "no temporary file for standard input; set TMPDIR");
    for (ssize_t got = 1; fd >= 0 && got != 0;) {
        got = read(STDIN_FILENO, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        bool ok = got >= 0 ? fs_write_all(fd, chunk, (size_t)got, e)
                           : err_set_errno(e, ERR_IO, errno, "standard input cannot be read");
        if (!ok) {
            close(fd);
            fd = -1;
        }
    }
    return fd;
}

static int open_source(const char *path, err *e)
{
    if (str_equal(path, "-"))
        return spool_stdin(e);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", path);
    return fd;
}

static bool start_upload(cli *c, transfer *t, err *e)
{
    struct stat st;
    t->fd = open_source(t->from.path, e);
    if (t->fd < 0)
        return false;
    if (fstat(t->fd, &st) != 0)
        return err_set_errno(e, ERR_IO, errno, "%s", t->from.path);
    if (S_ISDIR(st.st_mode))
        return err_set(e, ERR_USAGE, "%s: is a folder; use --recursive", t->from.path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_USAGE, "%s: is no regular file; use `- < %s`", t->from.path,
                       t->from.path);
    s3_put_options options = {.bucket = t->to.uri.bucket,
                              .key = t->to.uri.key,
                              .fd = t->fd,
                              .size_bytes = (uint64_t)st.st_size,
                              .content_type = c->config->content_type,
                              .on_done = on_put,
                              .ctx = t};
    t->op = s3_put(c->client, &options);
    return true;
}

static bool start_one(cli *c, transfer *t, err *e)
{
    if (!t->from.is_object)
        return start_upload(c, t, e);
    if (!t->to.is_object)
        return start_download(c, t, e);
    t->op = s3_copy(c->client, &(s3_copy_options){.from_bucket = t->from.uri.bucket,
                                                  .from_key = t->from.uri.key,
                                                  .to_bucket = t->to.uri.bucket,
                                                  .to_key = t->to.uri.key,
                                                  .on_done = on_copied,
                                                  .ctx = t});
    return true;
}

/* --- all of them --- */

static void start_next(transfers *all)
{
    transfer *t = &all->list->items[all->next++];
    err e = ERR_INIT;
    t->owner = all;
    all->running++;
    if (start_one(all->c, t, &e))
        return;
    all->running--;
    cli_print_error(all->c, &e);
    transfer_close(t);
}

static void cancel_running(transfer_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].op)
            s3_op_cancel(move(list->items[i].op));
}

bool transfers_run(cli *c, transfer_list *list, err *e)
{
    transfers all = {.c = c, .list = list};
    while (!c->signal_number && (all.next < list->count || all.running > 0)) {
        while (all.next < list->count && all.running < TRANSFERS_AT_ONCE)
            start_next(&all);
        if (all.running == 0)
            continue;
        loop_run(c->loop, &c->done);
        c->done = false;
    }
    if (!c->signal_number)
        return true;
    cancel_running(list);
    return err_set(e, ERR_CANCELLED, "interrupted by signal %d", c->signal_number);
}
