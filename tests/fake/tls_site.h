/* A TLS server with a certificate made on the fly, and a proxy, for the tests of the event loop.
 *
 * What:    the server answers each connection with one small reply; the proxy records its requests,
 *          and tunnels CONNECT.
 * Owner:   *_start and *_end; the certificate's file is in `folder` until the end.
 * Threads: server and proxy have one each; the rest is the test's.
 * Fails:   by cmocka's assertions.
 */
#ifndef TESTS_FAKE_TLS_SITE_H
#define TESTS_FAKE_TLS_SITE_H

#include <pthread.h>

#include "decon/base/buf.h"

typedef struct tls_site {
    int listener;
    uint16_t port;
    void *tls; /* SSL_CTX */
    char folder[40];
    char *ca_path; /* the certificate, self-signed */
    pthread_t thread;
} tls_site;

/* `name`: the IP address or host name in the certificate; `newest`: the highest protocol version,
 * such as TLS1_1_VERSION; 0: any. */
void tls_site_start(tls_site *s, const char *name, int newest);
void tls_site_end(tls_site *s);

typedef struct proxy_site {
    int listener;
    uint16_t port;
    pthread_t thread;
    buf heads;       /* of the requests; read it after proxy_site_end */
    int refuse_with; /* CONNECT gets this status; 0: a tunnel. Set it before the first request */
} proxy_site;

void proxy_site_start(proxy_site *p);
void proxy_site_end(proxy_site *p); /* heads stay */
void proxy_site_deinit(proxy_site *p);

#endif
