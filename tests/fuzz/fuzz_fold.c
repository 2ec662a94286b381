/* Folding of any text gives valid UTF-8, and normalising the result twice equals normalising it
 * once. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "detection/text/fold.h"
#include "detection/text/nfkc.h"
#include "detection/text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void put_normal(slice text, buf *out)
{
    nfkc n;
    nfkc_init(&n, out);
    for (size_t i = 0; i < text.len;)
        nfkc_put(&n, utf8_next(text, &i));
    nfkc_finish(&n);
}

/* Runs of marks longer than the buffer are not sorted. */
static bool has_long_runs(slice text)
{
    size_t run = 0;
    for (size_t i = 0; i < text.len;) {
        run = unicode_flags(utf8_next(text, &i)) & UNICODE_MARK ? run + 1 : 0;
        if (run > 8)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice text = {.data = (const char *)data, .len = size};
    if (size == 0 || size > 4096 || utf8_check(text) != size)
        return 0;
    AUTO(buf) folded = BUF(size * 12 + 1);
    AUTO(buf) once = BUF(size * 40 + 64);
    AUTO(buf) twice = BUF(size * 400 + 64);
    fold_text(text, &folded);
    expect(!folded.overflow);
    expect(utf8_check(buf_slice(&folded)) == folded.len);
    expect(fold_is_needed(text) || slice_equal(text, buf_slice(&folded)));
    put_normal(text, &once);
    put_normal(buf_slice(&once), &twice);
    expect(!once.overflow && !twice.overflow);
    expect(has_long_runs(buf_slice(&once)) || slice_equal(buf_slice(&once), buf_slice(&twice)));
    return 0;
}
