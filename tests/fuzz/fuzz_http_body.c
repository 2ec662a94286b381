/* Bodies of POST /submit: any body yields a valid file path, or a refusal with status and
 * message. */
#include "base/util.h"
#include "detection/http/submission.h"

#include <limits.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf) words = BUF(1024);
    int status = 0;
    submission_options options = {0};
    /* A copy of exact length, so that a sanitizer detects reads beyond it. */
    AUTO_FREE char *copy = xcalloc(size + 1, 1);
    char *body = xrealloc(move(copy), size ? size : 1);
    if (size > 0)
        memcpy(body, data, size);
    AUTO_FREE char *path =
        submission_read((slice){.data = body, .len = size}, &options, &status, &words);
    free(body);
    if (path)
        check(strlen(path) < PATH_MAX && words.len == 0);
    else
        check((status == 400 || status == 422) && words.len > 0);
    AUTO_FREE char *type = xstrndup((const char *)data, size);
    bool json = submission_is_json(type);
    check(!json || strcasestr(type, "application/"));
    return 0;
}
