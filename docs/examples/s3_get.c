/* Downloads one object: s3_get BUCKET KEY FILE
 *   cc s3_get.c $(pkg-config --cflags --libs decon-s3) -o s3_get
 * Keys, region and endpoint come from the environment and the shared files, as for other clients. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/loop.h"
#include "s3/s3.h"

struct call {
    bool done;
    err error;
};

static const char *environment(const char *name)
{
    return getenv(name);
}

static void on_done(void *ctx, const s3_get_result *result, const err *error)
{
    struct call *call = ctx;
    call->done = true;
    if (error)
        call->error = *error;
    else
        printf("%llu bytes, ETag %s\n", (unsigned long long)result->size_bytes, result->etag);
}

int main(int argc, char **argv)
{
    struct call call = {.error = ERR_INIT};
    int fd = argc == 4 ? open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd < 0)
        return fprintf(stderr, "usage: s3_get BUCKET KEY FILE (which can be written)\n"), 2;
    loop *l = loop_new(&(loop_options){.verify_tls = true}, &call.error);
    s3_config config = {.getenv_fn = environment};
    s3_client *c = l ? s3_client_new(loop_transport(l), &config, &call.error) : NULL;
    if (c) {
        s3_get(c, &(s3_get_options){
                      .bucket = argv[1], .key = argv[2], .fd = fd, .on_done = on_done, .ctx = &call});
        loop_run(l, &call.done);
    }
    if (err_is_set(&call.error))
        fprintf(stderr, "%s\n", call.error.message);
    s3_client_free(c);
    loop_free(l);
    return err_is_set(&call.error) || close(fd) != 0;
}
