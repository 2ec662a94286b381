/* The simplest request of the S3 client's tests: DELETE of URL.
 *
 * What:    remove_key begins it, REMOVE also waits for its end and expects this error code;
 *          accept_removals answers all of them; ERROR_XML is a refusal's body.
 * Owner:   the site's. Threads: one. Fails: by cmocka's assertions.
 */
#ifndef TESTS_UNIT_S3_REQUEST_SITE_H
#define TESTS_UNIT_S3_REQUEST_SITE_H

#include "tests/unit/s3/site.h"

#define URL             "http://store/b/k"
#define ERROR_XML(code) "<Error><Code>" code "</Code><Message>words.</Message></Error>"

static inline void remove_key(site *s)
{
    s3_delete(s->c, "b", "k", site_done, s);
}

#define REMOVE(s, expected)                                                                        \
    do {                                                                                           \
        remove_key(s);                                                                             \
        assert_int_equal(site_end(s), expected);                                                   \
    } while (0)

static inline void accept_removals(site *s)
{
    fake_when(s->f, &(fake_rule){.url = URL, .reply = {.status = 204}});
}

#endif
