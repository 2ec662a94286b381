#include "orchestrator/config/config_checks.h"

#include "decon/base/buf.h"
#include "decon/s3/uri.h"
#include "base/util.h"

/* The URL after its scheme: [USER@]HOST[:PORT][/...]; HOST may be an IPv6 address in brackets. */
static bool has_host_and_port(const char *rest)
{
    AUTO_FREE char *authority = xstrndup(rest, strcspn(rest, "/?#"));
    const char *at = strrchr(authority, '@');
    const char *host = at ? at + 1 : authority;
    const char *end = host[0] == '[' ? strchr(host, ']') : host + strcspn(host, ":");
    if (!end || end == host)
        return false;
    end += host[0] == '[';
    uint64_t port = 0;
    return *end == '\0' ||
           (*end == ':' && num_parse_u64(end + 1, &port) && port >= 1 && port <= 65535);
}

static bool has_blanks(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7F)
            return true;
    return false;
}

bool config_check_url(const char *text, err *e)
{
    static const char *const schemes[] = {"http://", "https://"};
    AUTO_FREE char *url = url_clean(text);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_starts_with(url, schemes[i]) && has_host_and_port(url + strlen(schemes[i])) &&
            !has_blanks(url))
            return true;
    AUTO_FREE char *shown = url_shown(text);
    return err_set(e, ERR_CONFIG, "'%s' is not a URL such as http://localhost:8080", shown);
}

bool config_check_folder(const char *text, err *e)
{
    return text[0] || err_set(e, ERR_CONFIG, "is empty; name a folder such as /tmp/decon-work");
}

bool config_check_input_list(const char *text, err *e)
{
    if (str_starts_with(text, "s3://"))
        return s3_uri_check(text, e);
    return text[0] || err_set(e, ERR_CONFIG, "is empty; name a file or s3://bucket/key");
}

bool config_check_address(const char *text, err *e)
{
    uint64_t port = 0;
    const char *colon = strrchr(text, ':');
    bool has_port = num_parse_u64(colon ? colon + 1 : text, &port) && port <= 65535;
    return (has_port && colon != text) ||
           err_set(e, ERR_CONFIG, "'%s' is not an address such as 9464, 0.0.0.0:9464 or [::1]:9464",
                   text);
}
