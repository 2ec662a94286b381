/* Positional words: URIs of objects. */
#include "s3/cli/cli.h"

bool cli_parse_object(const char *text, s3_uri *uri, err *e)
{
    if (!s3_uri_parse(text, uri, e))
        return false;
    return uri->key[0] ||
           err_set(e, ERR_USAGE, "%s: names a bucket, no object; write s3://bucket/key", text);
}

bool cli_each_object(cli *c, bool (*one)(cli *c, const s3_uri *uri, err *e), err *e)
{
    for (int i = 0; i < c->word_count; i++) {
        AUTO(s3_uri) uri = {0};
        if (!cli_parse_object(c->words[i], &uri, e))
            return false;
    }
    for (int i = 0; i < c->word_count && !c->signal_number; i++) {
        AUTO(s3_uri) uri = {0};
        err failed = ERR_INIT;
        if (!cli_parse_object(c->words[i], &uri, &failed) || !one(c, &uri, &failed))
            cli_print_error(c, &failed);
    }
    return true;
}
