/* s3_get BUCKET KEY FILE: downloads one object; keys, region and endpoint as for other clients.
 *   cc s3_get.c $(pkg-config --cflags --libs decon-s3) -o s3_get */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "decon/base/loop.h"
#include "decon/s3/s3.h"

static decon_err failure = DECON_ERR_INIT;

static void on_done(void *ctx, const s3_get_result *result, const decon_err *error)
{
    *(bool *)ctx = true;
    if (error)
        failure = *error;
    else
        printf("%llu bytes, ETag %s\n", (unsigned long long)result->size_bytes, result->etag);
}

int main(int argc, char **argv)
{
    bool done = false;
    int fd = argc == 4 ? open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd < 0)
        return fprintf(stderr, "usage: s3_get BUCKET KEY FILE (which can be written)\n"), 2;
    decon_loop *l = decon_loop_new(&(decon_loop_options){.verify_tls = true}, &failure);
    s3_config config = {.getenv_fn = s3_environment};
    s3_client *c = l ? s3_client_new(decon_loop_transport(l), &config, &failure) : NULL;
    if (c)
        s3_get(c,
               &(s3_get_options){
                   .bucket = argv[1], .key = argv[2], .fd = fd, .on_done = on_done, .ctx = &done});
    if (c)
        decon_loop_run(l, &done);
    if (decon_err_is_set(&failure))
        fprintf(stderr, "%s\n", failure.message);
    s3_client_free(c);
    decon_loop_free(l);
    return decon_err_is_set(&failure) || close(fd) != 0;
}
