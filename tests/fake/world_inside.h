/* Internals shared by the world's store, detection server and runs.
 *
 * What:    world.c executes runs and passes each request to world_store.c or world_server.c.
 * Owner:   all is the world's; a reply's text lives until the next request.
 * Threads: one.
 * Fails:   by failing the running test.
 */
#ifndef TESTS_FAKE_WORLD_INSIDE_H
#define TESTS_FAKE_WORLD_INSIDE_H

#include "decon/compression/codec.h"
#include "decon/s3/checksum.h"
#include "tests/fake/world.h"

#define WORLD_STORE    "http://store.test/"
#define WORLD_METADATA "http://169.254.169.254/"
#define WORLD_SERVER   "http://server.test"

typedef struct world_reply {
    buf body;
    http_header headers[16];
    char etag[96], when[64], range[96], checksum[S3_CHECKSUM_TEXT_SIZE], version_id[32];
    char metadata[8][2][256];
} world_reply;

world_object *world_object_find(world *w, const char *key); /* NULL: absent */
void world_object_drop(world_object *o, world *w);

void world_store_answer(world *w, const fake_request *r, fake_reply *reply, world_reply *t);
void world_server_answer(world *w, const fake_request *r, fake_reply *reply, world_reply *t);

void world_write_file(const char *path, slice data);
void world_recode_file(const char *from, const char *to, codec_format format);
void world_signal(void *ctx); /* a timer's; `ctx` is the world */
void world_signal_again(void *ctx);

#endif
