#include "base/util.h"
#include "base/loop/loop_proxy.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_BYTES 256

/* --- NO_PROXY --- */

typedef struct address {
    int family; /* 0: not an address */
    unsigned char bytes[16];
    unsigned bits; /* of the network, from the /N; else all */
} address;

static address address_of(const char *text)
{
    char plain[NAME_MAX_BYTES];
    address a = {0};
    uint64_t bits = 0;
    bool bracket = text[0] == '[';
    snprintf(plain, sizeof plain, "%s", text + bracket);
    char *slash = strchr(plain, '/');
    if (slash)
        *slash++ = '\0';
    char *end = strchr(plain, ']');
    if (end)
        *end = '\0';
    a.family = inet_pton(AF_INET, plain, a.bytes) == 1    ? AF_INET
               : inet_pton(AF_INET6, plain, a.bytes) == 1 ? AF_INET6
                                                          : 0;
    a.bits = a.family == AF_INET ? 32 : 128;
    if (slash && (!num_parse_u64(slash, &bits) || bits > a.bits))
        a.family = 0;
    else if (slash)
        a.bits = (unsigned)bits;
    return a;
}

static bool lies_in(const address *host, const address *net)
{
    unsigned whole = net->bits / 8, rest = net->bits % 8;
    if (host->family != net->family || memcmp(host->bytes, net->bytes, whole) != 0)
        return false;
    return rest == 0 || ((host->bytes[whole] ^ net->bytes[whole]) >> (8 - rest)) == 0;
}

/* `name` itself, or a subdomain of it. */
static bool is_below(const char *host, const char *name)
{
    size_t host_len = strlen(host), len = strlen(name);
    return len > 0 && host_len >= len && strcasecmp(host + host_len - len, name) == 0 &&
           (host_len == len || host[host_len - len - 1] == '.');
}

static void drop_dots(char *name)
{
    size_t len = strlen(name);
    if (len > 0 && name[len - 1] == '.')
        name[--len] = '\0';
    if (name[0] == '.')
        memmove(name, name + 1, len);
}

bool loop_proxy_is_exempt(const char *list, const char *host)
{
    static const char separators[] = " \t,";
    char own[NAME_MAX_BYTES];
    address there = address_of(host);
    if (str_equal(list, "*"))
        return true;
    snprintf(own, sizeof own, "%s", host);
    drop_dots(own);
    for (const char *p = list + strspn(list, separators); *p; p += strspn(p, separators)) {
        char word[NAME_MAX_BYTES];
        size_t len = strcspn(p, separators);
        snprintf(word, sizeof word, "%.*s", (int)MIN(len, sizeof word - 1), p);
        p += len;
        address net = address_of(word);
        drop_dots(word);
        if (there.family ? net.family && lies_in(&there, &net) : is_below(own, word))
            return true;
    }
    return false;
}

/* --- choice of the proxy --- */

static const char *value_of(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

/* HTTP_PROXY in capitals is ignored, since CGI sets it from a request's header. */
static const char *variable(const char *url, const char **name)
{
    static const char *const secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                         NULL};
    static const char *const plain[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    for (const char *const *n = str_starts_with(url, "https:") ? secure : plain; *n; n++) {
        *name = *n;
        if (value_of(*n))
            return value_of(*n);
    }
    return NULL;
}

static const char *exemptions(void)
{
    const char *list = value_of("no_proxy");
    return list ? list : value_of("NO_PROXY");
}

/* A part of the URL that `u` holds, to be freed with curl_free; or NULL. */
static char *part_of(CURLU *u, CURLUPart which)
{
    char *text = NULL;
    return curl_url_get(u, which, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool is_past(const char *url)
{
    const char *list = exemptions();
    CURLU *u = list ? curl_url() : NULL;
    bool past = false;
    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK) {
        char *host = part_of(u, CURLUPART_HOST);
        past = host && loop_proxy_is_exempt(list, host);
        curl_free(host);
    }
    curl_url_cleanup(u);
    return past;
}

/* Shows the port too; curl uses 1080 if none is given. */
static void show(const char *value, char *out, size_t size)
{
    CURLU *u = curl_url();
    out[0] = '\0';
    if (u && curl_url_set(u, CURLUPART_URL, value, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) ==
                 CURLUE_OK) {
        char *scheme = part_of(u, CURLUPART_SCHEME);
        char *host = part_of(u, CURLUPART_HOST);
        char *port = part_of(u, CURLUPART_PORT);
        bool named = strstr(value, "://") != NULL;
        const char *usual = named && str_equal(scheme, "https") ? "443" : "1080";
        if (host)
            snprintf(out, size, "%s://%s:%s", named && scheme ? scheme : "http", host,
                     port ? port : usual);
        curl_free(scheme);
        curl_free(host);
        curl_free(port);
    }
    curl_url_cleanup(u);
}

bool loop_proxy_find(const char *url, loop_proxy *out)
{
    const char *value = variable(url, &out->name);
    if (!value || is_past(url))
        return false;
    show(value, out->shown, sizeof out->shown);
    return true;
}
