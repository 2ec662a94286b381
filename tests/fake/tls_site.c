#include "base/util.h"
#include "tests/fake/tls_site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsutil.h"
#include "tests/fake/loop_site.h"

static const char ok_reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";

/* --- the certificate --- */

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *make_certificate(EVP_PKEY *key, const char *name)
{
    bool address = strspn(name, "0123456789.") == strlen(name);
    AUTO_FREE char *names = xasprintf("%s:%s", address ? "IP" : "DNS", name);
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1,
                               0);
    X509_set_issuer_name(certificate, subject);
    X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, names);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void write_certificate(tls_site *s, X509 *certificate)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL;
    PEM_write_bio_X509(memory, certificate);
    long len = BIO_get_mem_data(memory, &text);
    snprintf(s->folder, sizeof s->folder, "/tmp/tls-site-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    s->ca_path = xasprintf("%s/ca.pem", s->folder);
    assert_true(fs_write_file(s->ca_path, (slice){.data = text, .len = (size_t)len}, false, NULL));
    BIO_free(memory);
}

/* --- the server --- */

static bool read_head(SSL *tls)
{
    char window[4] = "";
    while (memcmp(window, "\r\n\r\n", 4) != 0) {
        memmove(window, window + 1, 3);
        if (SSL_read(tls, window + 3, 1) != 1)
            return false;
    }
    return true;
}

static void *serve(void *arg)
{
    tls_site *s = arg;
    for (int fd; (fd = accept(s->listener, NULL, NULL)) >= 0; close(fd)) {
        SSL *tls = SSL_new(s->tls);
        SSL_set_fd(tls, fd);
        if (SSL_accept(tls) == 1 && read_head(tls)) {
            SSL_write(tls, ok_reply, (int)strlen(ok_reply));
            SSL_shutdown(tls);
        }
        SSL_free(tls);
    }
    return NULL;
}

void tls_site_start(tls_site *s, const char *name, int newest)
{
    *s = (tls_site){0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key, name);
    write_certificate(s, certificate);
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(tls, 0); /* old versions need old digests */
    SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls, newest);
    assert_int_equal(SSL_CTX_use_certificate(tls, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    s->tls = tls;
    s->listener = loop_site_bound_socket(&s->port);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void tls_site_end(tls_site *s)
{
    shutdown(s->listener, SHUT_RDWR); /* ends accept */
    pthread_join(s->thread, NULL);
    close(s->listener);
    SSL_CTX_free(s->tls);
    free(s->ca_path);
    assert_true(fs_remove_tree(s->folder, NULL));
}

/* --- the proxy --- */

static bool read_plain_head(int fd, buf *head)
{
    char c;
    while (!slice_ends_with(buf_slice(head), "\r\n\r\n"))
        if (read(fd, &c, 1) != 1 || !buf_append_char(head, c))
            return false;
    return true;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Until one side ends. */
static void relay(int a, int b)
{
    char data[4096];
    struct pollfd fds[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    while (poll(fds, 2, -1) > 0)
        for (int i = 0; i < 2; i++) {
            if (!fds[i].revents)
                continue;
            ssize_t got = read(fds[i].fd, data, sizeof data);
            if (got <= 0 || !fs_write_all(fds[1 - i].fd, data, (size_t)got, NULL))
                return;
        }
}

static void tunnel(int fd, const char *target, int refuse_with)
{
    AUTO_FREE char *refusal =
        xasprintf("HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n", refuse_with ? refuse_with : 502);
    static const char opened[] = "HTTP/1.1 200 Opened\r\nX-Of-The-Proxy: yes\r\n\r\n";
    const char *colon = strchr(target, ':');
    AUTO_FD other = colon && !refuse_with ? connect_to((uint16_t)strtoul(colon + 1, NULL, 10)) : -1;
    const char *reply = other >= 0 ? opened : refusal;
    if (fs_write_all(fd, reply, strlen(reply), NULL) && other >= 0)
        relay(fd, other);
}

static void *proxy_main(void *arg)
{
    proxy_site *p = arg;
    for (int fd; (fd = accept(p->listener, NULL, NULL)) >= 0; close(fd)) {
        AUTO(buf) head = BUF(8192);
        if (!read_plain_head(fd, &head))
            continue;
        buf_append_slice(&p->heads, buf_slice(&head));
        if (str_starts_with(buf_str(&head), "CONNECT "))
            tunnel(fd, buf_str(&head) + strlen("CONNECT "), p->refuse_with);
        else if (!fs_write_all(fd, ok_reply, strlen(ok_reply), NULL))
            continue;
    }
    return NULL;
}

void proxy_site_start(proxy_site *p)
{
    *p = (proxy_site){0};
    buf_init(&p->heads, 65536);
    p->listener = loop_site_bound_socket(&p->port);
    assert_int_equal(listen(p->listener, 8), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_main, p), 0);
}

void proxy_site_end(proxy_site *p)
{
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
}

void proxy_site_deinit(proxy_site *p)
{
    buf_deinit(&p->heads);
}
