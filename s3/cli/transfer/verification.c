#include "s3/cli/transfer/verification.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/util.h"
#include "s3/client/offload.h"

struct verification {
    s3_work work; /* first */
    const cli_verifier *verifier;
    int level, fd;
    char *name;
    err error;
    void (*on_done)(void *ctx, const err *error); /* NULL: the result is not needed */
    void *ctx;
};

static void run(s3_work *w)
{
    verification *v = (verification *)w;
    if (!v->verifier->check(v->fd, v->name, v->level, &v->error) && !err_is_set(&v->error))
        err_set(&v->error, ERR_INTERNAL, "%s: cannot be verified", v->name);
}

static void done(s3_work *w)
{
    verification *v = (verification *)w;
    if (v->on_done)
        v->on_done(v->ctx, err_is_set(&v->error) ? &v->error : NULL);
    close(v->fd);
    free(v->name);
    free(v);
}

verification *verification_start(cli *c, int fd, const char *name,
                                 void (*on_done)(void *ctx, const err *error), void *ctx, err *e)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        err_set_errno(e, ERR_IO, errno, "%s: cannot be verified", name);
        return NULL;
    }
    verification *v = xcalloc(1, sizeof *v);
    v->work = (s3_work){.run = run, .done = done};
    v->verifier = c->verifier;
    v->level = c->config->verify;
    v->fd = copy;
    v->name = xstrdup(name);
    v->on_done = on_done;
    v->ctx = ctx;
    s3_work_start(c->client, &v->work);
    return v;
}

void verification_leave(verification *v)
{
    if (v)
        v->on_done = NULL;
}
