/* Arguments that are URIs of objects and buckets. */
#include "base/util.h"
#include "s3/cli/source/source.h"

bool cli_parse_object(const char *text, s3_uri *uri, err *e)
{
    if (!s3_uri_parse(text, uri, e))
        return false;
    return uri->key[0] ||
           err_set(e, ERR_USAGE, "%s: is a bucket, not an object; write s3://bucket/key", text);
}

bool cli_parse_bucket(const char *text, s3_uri *uri, err *e)
{
    if (!s3_uri_parse(text, uri, e))
        return false;
    return !uri->key[0] || err_set(e, ERR_USAGE, "%s: write s3://bucket", text);
}

bool cli_check_version(const cli *c, err *e)
{
    AUTO(place) at = {0};
    if (!c->config->version_id)
        return true;
    if (c->word_count != 1 || !place_parse(c->words[0], &at, e))
        return !err_is_set(e) ? err_set(e, ERR_USAGE, "--version-id: name one object") : false;
    return (!place_is_pattern(&at) || c->config->raw) ||
           err_set(e, ERR_USAGE, "%s: is a pattern; --version-id needs a key (--raw)", c->words[0]);
}

static bool each_that_fits(cli *c, const place *pattern, cli_one one, void *ctx, err *e)
{
    AUTO_PTR(source)
    s = source_open(c, &(source_options){.place = pattern, .folders = FOLDER_OBJECTS_ALL});
    entry it;
    uint64_t count = 0;
    source_step step;
    while ((step = source_next(s, &it, e)) == SOURCE_ENTRY) {
        AUTO(entry) mine = it;
        AUTO(place) at = {0};
        err failed = ERR_INIT;
        count++;
        entry_place(&mine, pattern, &at);
        if (!one(ctx, c, &at.uri, &failed))
            cli_print_error(c, &failed);
    }
    if (step == SOURCE_END && count == 0)
        return err_set(e, ERR_S3_NOT_FOUND,
                       "s3://%s/%s: no key matches; --raw treats * and ? as ordinary characters",
                       pattern->uri.bucket, pattern->uri.key);
    return step == SOURCE_END;
}

static bool each_of_word(cli *c, const char *word, cli_one one, void *ctx, err *e)
{
    AUTO(place) at = {0};
    if (!place_parse(word, &at, e))
        return false;
    if (place_is_pattern(&at) && !c->config->raw)
        return each_that_fits(c, &at, one, ctx, e);
    return one(ctx, c, &at.uri, e);
}

bool cli_each_object(cli *c, cli_one one, void *ctx, err *e)
{
    for (int i = 0; i < c->word_count; i++) {
        AUTO(s3_uri) uri = {0};
        if (!cli_parse_object(c->words[i], &uri, e))
            return false;
    }
    for (int i = 0; i < c->word_count && !c->session->signal_number; i++) {
        err failed = ERR_INIT;
        if (!each_of_word(c, c->words[i], one, ctx, &failed) && !c->session->signal_number)
            cli_print_error_of(c, c->words[i], NULL, &failed);
    }
    return !c->session->signal_number || cli_interrupted(c, e);
}
