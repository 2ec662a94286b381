/* Bodies in chunks (aws-chunked): any split of the bytes gives the same data and the same refusal.
 * The first byte selects the kind and the length of the pieces. */
#include <stdlib.h>

#include "base/util.h"
#include "s3/serve/protocol/chunks.h"

#define DATA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
    buf data;
    char *value;
    err error;
} outcome;

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static bool take(void *ctx, slice data, err *e)
{
    UNUSED(e);
    return buf_append_slice(ctx, data);
}

static void decode(slice body, chunks_kind kind, size_t step, outcome *out)
{
    static const chunk_signer signer = {.amz_date = "20130524T000000Z", .scope = "x"};
    bool ok = true;
    chunks c;
    *out = (outcome){.error = ERR_INIT};
    buf_init(&out->data, DATA_MAX);
    chunks_init(&c, kind, &signer);
    for (size_t at = 0; ok && at < body.len; at += step) {
        slice piece = {body.data + at, MIN(step, body.len - at)};
        ok = chunks_take(&c, piece, take, &out->data, &out->error);
    }
    ok = ok && chunks_end(&c, "x-amz-checksum-crc32", &out->value, &out->error);
    expect(ok == !err_is_set(&out->error) && ok == (out->value != NULL));
    expect(ok || out->error.s3_code[0]);
    chunks_deinit(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    outcome whole, cut;
    if (size == 0 || size > DATA_MAX)
        return 0;
    slice body = {(const char *)data + 1, size - 1};
    chunks_kind kind = (chunks_kind)(CHUNKS_SIGNED + data[0] % 3);
    decode(body, kind, MAX(body.len, (size_t)1), &whole);
    decode(body, kind, 1 + data[0] / 3, &cut);
    expect(slice_equal(buf_slice(&whole.data), buf_slice(&cut.data)));
    expect(str_equal(whole.value, cut.value));
    expect(str_equal(whole.error.message, cut.error.message));
    free(whole.value);
    free(cut.value);
    buf_deinit(&whole.data);
    buf_deinit(&cut.data);
    return 0;
}
