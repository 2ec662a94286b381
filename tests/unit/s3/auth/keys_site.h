/* Shared by the tests of credential providers: a folder for files, one request to sign.
 *
 * What:    the request is request_site.h's; signed_with yields the key id that signed it.
 * Owner:   make_dir and remove_dir are a test's setup and teardown; write_file's path is freed by
 *          the caller.
 * Threads: one.
 * Fails:   by cmocka's assertions.
 */
#ifndef TESTS_UNIT_S3_KEYS_SITE_H
#define TESTS_UNIT_S3_KEYS_SITE_H

#include <unistd.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "tests/unit/s3/client/request_site.h"

static char *dir; /* of the files of the test */

static inline int make_dir(void **state)
{
    char template[] = "/tmp/s3-credentials-XXXXXX";
    (void)state;
    dir = xstrdup(mkdtemp(template));
    return 0;
}

static inline int remove_dir(void **state)
{
    (void)state;
    err e = ERR_INIT;
    bool ok = fs_remove_tree(dir, &e);
    free(move(dir));
    return ok ? 0 : 1;
}

static inline char *write_file(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", dir, name);
    assert_true(fs_write_file(path, slice_from(text), false, NULL));
    return path;
}

static inline bool signed_with(const site *s, size_t index, const char *id)
{
    AUTO_FREE char *credential = xasprintf("Credential=%s/", id);
    return strstr(site_sent_header(s, index, "Authorization"), credential) != NULL;
}

#endif
