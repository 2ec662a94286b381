/* The shared files (~/.aws/config and credentials): for any content, names and values are single
 * lines, and reading the same text again gives the same values. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "s3/config/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* The result for a program: each name's value. */
static char *visible(const s3_profile *p)
{
    AUTO(buf) out = BUF(1 << 24);
    for (size_t i = 0; i < p->pair_count; i++)
        buf_printf(&out, "%s=%s\n", p->pairs[i].name, s3_profile_get(p, p->pairs[i].name));
    return xstrdup(buf_str(&out));
}

static void try_profile(slice text, const char *name, bool is_config)
{
    AUTO(s3_profile) p = {.name = xstrdup(name)};
    err e = ERR_INIT;
    if (!s3_profile_parse(&p, text, is_config, &e)) {
        expect(e.code == ERR_CONFIG && p.pair_count == 0 && !strchr(e.message, '\n'));
        return;
    }
    expect(p.found || p.pair_count == 0);
    size_t count = p.pair_count;
    for (size_t i = 0; i < count; i++) {
        expect(!strchr(p.pairs[i].name, '\n'));
        expect(!strchr(p.pairs[i].value, '\n') && s3_profile_get(&p, p.pairs[i].name) != NULL);
        expect(p.pairs[i].line > 0);
    }
    AUTO_FREE char *once = visible(&p);
    expect(s3_profile_parse(&p, text, is_config, &e));
    expect(p.pair_count == 2 * count);
    AUTO_FREE char *twice = visible(&p);
    expect(strncmp(once, twice, strlen(once)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice text = {(const char *)data, size};
    for (int is_config = 0; is_config < 2; is_config++) {
        try_profile(text, "default", is_config);
        try_profile(text, "work", is_config);
    }
    return 0;
}
