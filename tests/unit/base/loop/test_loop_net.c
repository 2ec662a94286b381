/* TLS, proxies and addresses of the event loop, against servers on this host. */
#include <dlfcn.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/util.h"
#include "base/fsutil.h"
#include "base/loop/loop_private.h"
#include "base/loop/loop_proxy.h"
#include "tests/fake/loop_site.h"
#include "tests/fake/tls_site.h"

static const char *const proxy_names[] = {"http_proxy",  "https_proxy", "all_proxy", "no_proxy",
                                          "HTTPS_PROXY", "ALL_PROXY",   "NO_PROXY"};

static void forget_proxies(void)
{
    for (size_t i = 0; i < ARRAY_LEN(proxy_names); i++)
        unsetenv(proxy_names[i]);
}

typedef struct ask { /* one GET on a new loop */
    loop_options options;
    const char *scheme, *host;
    uint16_t port;
    bool no_proxy;
} ask;

/* Yields the result; *body is the reply's, or NULL. */
static http_result get(const ask *a, char *body, size_t body_size)
{
    err e = ERR_INIT;
    AUTO_PTR(loop) l = loop_new(&a->options, &e);
    assert_non_null(l);
    AUTO(probe) p = {0};
    probe_init(&p, l, "GET", a->port, "/x");
    snprintf(p.url, sizeof p.url, "%s://%s:%u/x", a->scheme, a->host ? a->host : "127.0.0.1",
             a->port);
    p.request.no_proxy = a->no_proxy;
    probe_run(&p);
    snprintf(body, body_size, "%s", buf_str(&p.body));
    assert_true(p.heads <= 1);
    assert_null(strstr(buf_str(&p.headers), "X-Of-The-Proxy"));
    return p.result;
}

static void is_answered(const ask *a)
{
    char body[64];
    http_result result = get(a, body, sizeof body);
    if (!result.ok)
        fail_msg("%s", result.error.message);
    assert_string_equal(body, "secret");
}

static http_result is_refused(const ask *a)
{
    char body[64];
    http_result result = get(a, body, sizeof body);
    assert_false(result.ok);
    assert_string_equal(body, "");
    return result;
}

/* --- certificates --- */

static void a_certificate_of_the_bundle_is_trusted(void **state)
{
    tls_site s;
    (void)state;
    tls_site_start(&s, "127.0.0.1", 0);
    is_answered(&(ask){.options = {.verify_tls = true, .ca_bundle = s.ca_path},
                       .scheme = "https",
                       .port = s.port});
    tls_site_end(&s);
}

static void an_unknown_certificate_is_refused(void **state)
{
    tls_site s;
    ask a = {.options = {.verify_tls = true}, .scheme = "https"};
    (void)state;
    tls_site_start(&s, "127.0.0.1", 0);
    a.port = s.port;
    http_result result = is_refused(&a);
    assert_int_equal(result.error.cls, ERR_CLASS_RUN); /* a retry would not help */
    assert_non_null(strstr(result.error.message, "AWS_CA_BUNDLE"));
    a.options.verify_tls = false;
    is_answered(&a);
    tls_site_end(&s);
}

static void a_certificate_for_another_host_is_refused(void **state)
{
    tls_site s;
    ask a = {.options = {.verify_tls = true}, .scheme = "https"};
    (void)state;
    tls_site_start(&s, "other.example", 0);
    a.port = s.port;
    a.options.ca_bundle = s.ca_path;
    assert_int_equal(is_refused(&a).error.cls, ERR_CLASS_RUN);
    a.options.verify_tls = false;
    is_answered(&a);
    tls_site_end(&s);
}

static void a_bundle_that_is_not_there_is_named(void **state)
{
    tls_site s;
    (void)state;
    tls_site_start(&s, "127.0.0.1", 0);
    http_result result = is_refused(&(ask){
        .options = {.verify_tls = true, .ca_bundle = "/no/ca"}, .scheme = "https", .port = s.port});
    assert_int_equal(result.error.code, ERR_CONFIG);
    assert_non_null(strstr(result.error.message, "/no/ca"));
    tls_site_end(&s);
}

/* OPENSSL_CONF, set in main, allows old versions, so the refusal comes from this program. */
static void versions_before_1_2_are_refused(void **state)
{
    static const struct {
        int newest;
        bool refused;
    } rows[] = {{TLS1_VERSION, true},
                {TLS1_1_VERSION, true},
                {TLS1_2_VERSION, false},
                {TLS1_3_VERSION, false}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        tls_site s;
        tls_site_start(&s, "127.0.0.1", rows[i].newest);
        ask a = {.options = {.verify_tls = true, .ca_bundle = s.ca_path},
                 .scheme = "https",
                 .port = s.port};
        if (rows[i].refused)
            is_refused(&a);
        else
            is_answered(&a);
        tls_site_end(&s);
    }
}

/* --- proxies --- */

static void set_proxy(const char *name, uint16_t port)
{
    AUTO_FREE char *url = xasprintf("http://127.0.0.1:%u", port);
    forget_proxies();
    setenv(name, url, 1);
}

static void plain_requests_go_to_the_proxy(void **state)
{
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        proxy_site p;
        proxy_site_start(&p);
        set_proxy(names[i], p.port);
        is_answered(&(ask){.scheme = "http", .host = "store.invalid", .port = 80});
        proxy_site_end(&p);
        assert_true(str_starts_with(buf_str(&p.heads), "GET http://store.invalid/x HTTP/1.1\r\n"));
        proxy_site_deinit(&p);
    }
    forget_proxies();
}

static void tls_goes_through_the_proxy_and_is_checked_there_too(void **state)
{
    tls_site s;
    proxy_site p;
    ask a = {.options = {.verify_tls = true}, .scheme = "https"};
    (void)state;
    tls_site_start(&s, "127.0.0.1", 0);
    proxy_site_start(&p);
    set_proxy("HTTPS_PROXY", p.port);
    a.port = s.port;
    is_refused(&a);
    a.options.ca_bundle = s.ca_path;
    is_answered(&a);
    proxy_site_end(&p);
    AUTO_FREE char *line = xasprintf("CONNECT 127.0.0.1:%u HTTP/1.1\r\n", s.port);
    assert_true(str_starts_with(buf_str(&p.heads), line));
    proxy_site_deinit(&p);
    tls_site_end(&s);
    forget_proxies();
}

static void the_password_of_a_proxy_is_not_shown(void **state)
{
    static const char *const urls[] = {"http://user:hush@[bad:1", "http://user:hush@127.0.0.1:1"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        forget_proxies();
        setenv("http_proxy", urls[i], 1);
        http_result result = is_refused(&(ask){.scheme = "http", .port = 2});
        assert_null(strstr(result.error.message, "hush"));
    }
    forget_proxies();
}

static void a_proxy_that_is_in_the_way_is_named(void **state)
{
    static const struct {
        const char *scheme, *name, *value;
        int refuse_with;
        const char *text, *advice;
        err_code code;
    } rows[] = {
        {"http", "http_proxy", "http://user:hush@127.0.0.1:1", 0,
         "the proxy http://127.0.0.1:1 (http_proxy)", "correct or unset http_proxy", ERR_NET_DNS},
        {"https", "HTTPS_PROXY", "127.0.0.1:1", 0, "the proxy http://127.0.0.1:1 (HTTPS_PROXY)",
         "NO_PROXY", ERR_NET_DNS},
        {"https", "ALL_PROXY", "http://nowhere.test", 0,
         "the proxy http://nowhere.test:1080 (ALL_PROXY)", "correct or unset ALL_PROXY",
         ERR_NET_DNS},
        {"http", "http_proxy", "http://user:hush@[bad:1", 0,
         "the value of http_proxy is not a proxy URL", "http://HOST:PORT", ERR_CONFIG},
        {"https", "https_proxy", NULL, 407, "(https_proxy)", "USER:PASSWORD", ERR_NET},
        {"https", "https_proxy", NULL, 403, "(https_proxy)", "to allow this host", ERR_NET},
        {"https", "https_proxy", NULL, 502, "(https_proxy)", "cannot reach that host", ERR_NET},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        proxy_site p;
        proxy_site_start(&p);
        p.refuse_with = rows[i].refuse_with;
        set_proxy(rows[i].name, p.port);
        if (rows[i].value)
            setenv(rows[i].name, rows[i].value, 1);
        http_result result = is_refused(&(ask){.scheme = rows[i].scheme, .port = 2});
        const char *said = result.error.message;
        if (result.error.code != rows[i].code || !strstr(said, rows[i].text) ||
            !strstr(said, rows[i].advice) || strstr(said, "hush"))
            fail_msg("row %zu: %s", i, said);
        bool for_good = rows[i].refuse_with == 407 || rows[i].refuse_with == 403;
        assert_int_equal(result.error.cls == ERR_CLASS_RUN, for_good || rows[i].code == ERR_CONFIG);
        proxy_site_end(&p);
        proxy_site_deinit(&p);
    }
    forget_proxies();
}

/* As in curl: an error of a host that NO_PROXY exempts is not attributed to the proxy. */
static void what_no_proxy_means(void **state)
{
    static const struct {
        const char *list, *host;
        bool past;
    } rows[] = {
        {"*", "store.example", true},
        {"store.example", "store.example", true},
        {"other.example,store.example", "STORE.example", true},
        {"other.example store.example", "store.example.", true},
        {".store.example", "bucket.store.example", true},
        {"store.example.", "bucket.store.example", true},
        {"ore.example", "store.example", false},
        {"a.store.example", "store.example", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.2", "127.0.0.1", false},
        {"10.0.0.0/8", "10.9.8.7", true},
        {"10.0.0.0/8", "11.9.8.7", false},
        {"192.168.5.0/23", "192.168.4.1", true},
        {"192.168.6.0/23", "192.168.4.1", false},
        {"10.0.0.0/33", "10.0.0.1", false},
        {"::1", "[::1]", true},
        {"fd00::/8", "[fd12::1]", true},
        {"fd00::/8", "[fe80::1]", false},
        {"", "store.example", false},
        {" , ", "store.example", false},
        {".", "store.example", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (loop_proxy_is_exempt(rows[i].list, rows[i].host) != rows[i].past)
            fail_msg("row %zu: %s, %s", i, rows[i].list, rows[i].host);
}

static void some_go_past_the_proxy(void **state)
{
    tls_site s;
    proxy_site p;
    ask a = {.scheme = "https"};
    (void)state;
    tls_site_start(&s, "127.0.0.1", 0);
    proxy_site_start(&p);
    set_proxy("HTTPS_PROXY", p.port);
    a.options = (loop_options){.verify_tls = true, .ca_bundle = s.ca_path};
    a.port = s.port;
    a.no_proxy = true; /* IMDS, containers, the detection server */
    is_answered(&a);
    a.no_proxy = false;
    static const char *const names[] = {"NO_PROXY", "no_proxy"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        setenv(names[i], "10.0.0.1,127.0.0.1", 1);
        is_answered(&a);
        unsetenv(names[i]);
    }
    proxy_site_end(&p);
    assert_int_equal(p.heads.len, 0);
    proxy_site_deinit(&p);
    tls_site_end(&s);
    forget_proxies();
}

/* --- addresses --- */

/* Replaces getaddrinfo() for libcurl: store.test has two addresses of this host. */
static unsigned lookups;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    if (name && strcmp(name, "nowhere.test") == 0)
        return EAI_NONAME;
    if (!name || strcmp(name, "store.test") != 0)
        return real(name, service, hints, out);
    __atomic_add_fetch(&lookups, 1, __ATOMIC_SEQ_CST);
    int failed = real("127.0.0.1", service, hints, out);
    return failed ? failed : real("127.0.0.2", service, hints, &(*out)->ai_next);
}

typedef struct one_host {
    int listener;
    unsigned *count;
} one_host;

static void *host_main(void *arg)
{
    one_host *h = arg;
    static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    char data[4096];
    for (int fd; (fd = accept(h->listener, NULL, NULL)) >= 0; close(fd)) {
        ++*h->count;
        if (read(fd, data, sizeof data) > 0)
            assert_true(fs_write_all(fd, reply, strlen(reply), NULL));
    }
    return NULL;
}

static int listen_at(const char *address, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(strcmp(address, "127.0.0.1") == 0 ? 0x7f000001 : 0x7f000002);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 64), 0);
    return fd;
}

static void connections_are_spread_over_the_addresses(void **state)
{
    uint16_t port;
    unsigned counts[2] = {0, 0};
    pthread_t threads[2];
    (void)state;
    int first = loop_site_bound_socket(&port);
    assert_int_equal(listen(first, 64), 0);
    one_host hosts[2] = {{first, &counts[0]}, {listen_at("127.0.0.2", port), &counts[1]}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, host_main, &hosts[i]), 0);
    err e = ERR_INIT;
    loop *l = loop_new(&(loop_options){.verify_tls = true}, &e);
    for (int i = 0; i < 40; i++) { /* probability of all at one address: 2 in 2^40 */
        AUTO(probe) p = {0};
        probe_init(&p, l, "GET", port, "/x");
        snprintf(p.url, sizeof p.url, "http://store.test:%u/x", port);
        p.request.no_reuse = true;
        probe_run(&p);
        assert_true(p.result.ok);
    }
    loop_free(l);
    for (int i = 0; i < 2; i++) {
        shutdown(hosts[i].listener, SHUT_RDWR);
        pthread_join(threads[i], NULL);
        close(hosts[i].listener);
    }
    assert_int_equal(counts[0] + counts[1], 40);
    assert_true(counts[0] > 0 && counts[1] > 0);
    assert_int_equal(lookups, 40); /* the DNS replies of S3 change every few seconds */
}

/* A configuration of OpenSSL that allows everything; it is read once, at the first use. */
static char *allow_old_tls(void)
{
    static const char text[] = "openssl_conf = main\n[main]\nssl_conf = modules\n[modules]\n"
                               "system_default = everything\n[everything]\n"
                               "CipherString = DEFAULT@SECLEVEL=0\nMinProtocol = TLSv1\n";
    char folder[] = "/tmp/loop-net-XXXXXX";
    err e = ERR_INIT;
    if (!mkdtemp(folder))
        return NULL;
    AUTO_FREE char *path = xasprintf("%s/openssl.cnf", folder);
    if (!fs_write_file(path, slice_from(text), false, &e))
        return NULL;
    setenv("OPENSSL_CONF", path, 1);
    return xstrdup(folder);
}

int main(void)
{
    forget_proxies();
    AUTO_FREE char *folder = allow_old_tls();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_of_the_bundle_is_trusted),
        cmocka_unit_test(an_unknown_certificate_is_refused),
        cmocka_unit_test(a_certificate_for_another_host_is_refused),
        cmocka_unit_test(a_bundle_that_is_not_there_is_named),
        cmocka_unit_test(versions_before_1_2_are_refused),
        cmocka_unit_test(plain_requests_go_to_the_proxy),
        cmocka_unit_test(tls_goes_through_the_proxy_and_is_checked_there_too),
        cmocka_unit_test(the_password_of_a_proxy_is_not_shown),
        cmocka_unit_test(some_go_past_the_proxy),
        cmocka_unit_test(a_proxy_that_is_in_the_way_is_named),
        cmocka_unit_test(what_no_proxy_means),
        cmocka_unit_test(connections_are_spread_over_the_addresses),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    err e = ERR_INIT;
    return folder && fs_remove_tree(folder, &e) ? failed : 1;
}
