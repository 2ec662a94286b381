/* What the tests of the event loop share: a server that echoes its requests, raw servers with
 * canned answers, and a client call that records its result.
 *
 * Owner:   loop_site_set_up* make the state of a test, loop_site_tear_down ends all of it.
 * Threads: the server's are its own; the rest is the test's.
 * Fails:   by cmocka's assertions.
 */
#ifndef TESTS_FAKE_LOOP_SITE_H
#define TESTS_FAKE_LOOP_SITE_H

#include <pthread.h>

#include "base/httpd/httpd.h"
#include "decon/base/loop.h"
#include "base/util.h"

/* Answers with method, target, headers and body of the request; /cut, /big/<bytes> and /refuse are
 * special. */
typedef struct site {
    httpd *server;
    pthread_mutex_t lock;
    buf arrivals; /* targets, a line each; under the lock */
} site;

typedef struct loop_site {
    site site;
    loop *loop;
    uint16_t port;
    int silent; /* listens, never answers */
    uint16_t silent_port;
} loop_site;

int loop_site_set_up(void **state);
int loop_site_set_up_one(void **state); /* at most one connection */
int loop_site_set_up_two(void **state);
int loop_site_tear_down(void **state);

/* A socket bound to 127.0.0.1 that does not listen. */
int loop_site_bound_socket(uint16_t *port);

/* Reads a request's head, writes one answer, closes; one connection for each answer. */
typedef struct canned {
    int listener;
    uint16_t port;
    const char *const *answers; /* NULL-terminated: the last one */
    pthread_t thread;
} canned;

void canned_start(canned *c, const char *const *answers);
void canned_end(canned *c);

typedef struct probe {
    loop *loop;
    http_request request;
    http_call *call;
    char url[256];
    unsigned heads, bodies, dones;
    size_t largest_piece;
    buf headers, body;
    http_result result;
    bool done;
    bool refuse_head, refuse_body, cancel_in_head, cancel_in_body;
    unsigned *all_done; /* counts over several probes */
    struct probe *next; /* sent from on_done */
} probe;

void probe_init(probe *p, loop *l, const char *method, uint16_t port, const char *path);
void probe_deinit(probe *p);
DEFINE_AUTO(probe, probe_deinit)
void probe_send(probe *p);
void probe_run(probe *p); /* sends and waits */
bool probe_body_has(const probe *p, const char *words);

#endif
