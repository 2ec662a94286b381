#include "base/list.h"
#include "base/util.h"
#include "base/httpd/httpd_limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>

#define ADDRESS_BYTES 16

typedef enum phase { WAITING, IN_BODY, IN_REQUEST, SHUT } phase;

struct httpd_connection {
    list_link link; /* in order of acceptance */
    int fd;
    bool counted;                   /* its address is not loopback */
    uint8_t address[ADDRESS_BYTES]; /* IPv6: its /64 network */
    phase phase;
    uint64_t since_ms, deadline_ms; /* of WAITING and IN_BODY */
    uint64_t body_bytes;
};

struct httpd_limits {
    httpd_limits_options options; /* immutable */
    pthread_mutex_t lock;         /* guards all members below */
    linked_list open;
};

httpd_limits *httpd_limits_new(const httpd_limits_options *options)
{
    httpd_limits *l = xcalloc(1, sizeof *l);
    l->options = *options;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void httpd_limits_free(httpd_limits *l)
{
    if (!l)
        return;
    LIST_EACH (c, &l->open, httpd_connection, link)
        httpd_limits_remove(l, c);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* --- addresses --- */

static bool is_mapped_ipv4(const struct in6_addr *a)
{
    return IN6_IS_ADDR_V4MAPPED(a);
}

bool httpd_address_is_loopback(const struct sockaddr *from)
{
    if (from->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, from, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (from->sa_family != AF_INET6)
        return true; /* a Unix socket of this host */
    struct sockaddr_in6 in6;
    memcpy(&in6, from, sizeof in6);
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) ||
           (is_mapped_ipv4(&in6.sin6_addr) && in6.sin6_addr.s6_addr[12] == 127);
}

/* False if its connections are not counted. */
static bool address_key(const struct sockaddr *from, uint8_t key[ADDRESS_BYTES])
{
    memset(key, 0, ADDRESS_BYTES);
    if (!from || httpd_address_is_loopback(from))
        return false;
    if (from->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, from, sizeof in);
        key[10] = key[11] = 0xff;
        memcpy(key + 12, &in.sin_addr, 4);
        return true;
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, from, sizeof in6);
    memcpy(key, &in6.sin6_addr, is_mapped_ipv4(&in6.sin6_addr) ? ADDRESS_BYTES : 8);
    return true;
}

bool httpd_limits_accept(httpd_limits *l, const struct sockaddr *from)
{
    uint8_t key[ADDRESS_BYTES];
    size_t same = 0;
    if (!address_key(from, key))
        return true;
    pthread_mutex_lock(&l->lock);
    LIST_EACH (c, &l->open, httpd_connection, link)
        same += c->counted && memcmp(c->address, key, ADDRESS_BYTES) == 0;
    pthread_mutex_unlock(&l->lock);
    return same < l->options.per_address;
}

/* --- the table; all under the lock --- */

static void shut(httpd_limits *l, httpd_connection *c)
{
    c->phase = SHUT;
    l->options.shut(l->options.ctx, c->fd);
}

/* Closed ones stay in the table until their thread removes them. */
static size_t open_count(const httpd_limits *l)
{
    size_t count = 0;
    LIST_EACH (c, &l->open, httpd_connection, link)
        count += c->phase != SHUT;
    return count;
}

static void make_room(httpd_limits *l)
{
    if (l->open.count <= l->options.connections / 4 * 3 ||
        open_count(l) <= l->options.connections / 4 * 3)
        return;
    httpd_connection *longest = NULL;
    LIST_EACH (c, &l->open, httpd_connection, link)
        if (c->phase == WAITING && (!longest || c->since_ms < longest->since_ms))
            longest = c;
    if (longest)
        shut(l, longest);
}

httpd_connection *httpd_limits_add(httpd_limits *l, int fd, const struct sockaddr *from,
                                   uint64_t now_ms)
{
    httpd_connection *c = xcalloc(1, sizeof *c);
    c->fd = fd;
    c->counted = address_key(from, c->address);
    c->since_ms = now_ms;
    c->deadline_ms = now_ms + l->options.head_ms;
    pthread_mutex_lock(&l->lock);
    make_room(l);
    list_append(&l->open, &c->link);
    pthread_mutex_unlock(&l->lock);
    return c;
}

void httpd_limits_remove(httpd_limits *l, httpd_connection *take_connection)
{
    pthread_mutex_lock(&l->lock);
    list_remove(&l->open, &take_connection->link);
    pthread_mutex_unlock(&l->lock);
    free(take_connection);
}

static void enter(httpd_connection *c, phase next, uint64_t now_ms, uint64_t limit_ms)
{
    c->since_ms = now_ms;
    c->deadline_ms = now_ms + limit_ms;
    if (c->phase != SHUT)
        c->phase = next;
}

void httpd_limits_request(httpd_limits *l, httpd_connection *c, bool has_body, uint64_t now_ms)
{
    pthread_mutex_lock(&l->lock);
    c->body_bytes = 0;
    enter(c, has_body ? IN_BODY : IN_REQUEST, now_ms, HTTPD_BODY_GRACE_MS);
    pthread_mutex_unlock(&l->lock);
}

void httpd_limits_body(httpd_limits *l, httpd_connection *c, size_t len_bytes)
{
    pthread_mutex_lock(&l->lock);
    c->body_bytes += len_bytes;
    c->deadline_ms = c->since_ms + HTTPD_BODY_GRACE_MS + c->body_bytes * 1000 / HTTPD_BODY_RATE;
    pthread_mutex_unlock(&l->lock);
}

void httpd_limits_body_end(httpd_limits *l, httpd_connection *c)
{
    pthread_mutex_lock(&l->lock);
    enter(c, IN_REQUEST, c->since_ms, 0);
    pthread_mutex_unlock(&l->lock);
}

void httpd_limits_request_end(httpd_limits *l, httpd_connection *c, uint64_t now_ms)
{
    pthread_mutex_lock(&l->lock);
    enter(c, WAITING, now_ms, l->options.idle_ms);
    pthread_mutex_unlock(&l->lock);
}

void httpd_limits_sweep(httpd_limits *l, uint64_t now_ms)
{
    const httpd_limits_options *o = &l->options;
    pthread_mutex_lock(&l->lock);
    LIST_EACH (c, &l->open, httpd_connection, link)
        if ((c->phase == WAITING || c->phase == IN_BODY) && now_ms >= c->deadline_ms &&
            !(o->has_unread && o->has_unread(o->ctx, c->fd)))
            shut(l, c);
    pthread_mutex_unlock(&l->lock);
}
