/* The HTTP server: connections that end early, are slow, or meet its end. */
#include "tests/unit/base/httpd/httpd_site.h"

static void cut_replies_end_the_connection(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /cut HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&c), 200);
    assert_non_null(strstr(c.head, "Content-Length: 8\r\n"));
    client_take(&c, 4);
    assert_string_equal(c.body, "half");
    assert_false(client_more(&c));
    AUTO(client) other = {0};
    client_open(&other, *state);
    client_send(&other, "GET /cut/at-once HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_head(&other), 200);
    assert_false(client_more(&other));
}

static void no_reply_is_a_500_and_the_first_reply_counts(void **state)
{
    AUTO(client) c = {0};
    client_open(&c, *state);
    client_send(&c, "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 500);
    client_send(&c, "GET /twice HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    assert_string_equal(c.body, "one");
}

static void a_broken_upload_is_released(void **state)
{
    fixture *f = *state;
    client c;
    client_open(&c, f);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
    pthread_mutex_lock(&f->counters.lock);
    while (f->counters.begun == 0)
        pthread_cond_wait(&f->counters.changed, &f->counters.lock);
    pthread_mutex_unlock(&f->counters.lock);
    client_close(&c);
    pthread_mutex_lock(&f->counters.lock);
    while (f->counters.released == 0)
        pthread_cond_wait(&f->counters.changed, &f->counters.lock);
    pthread_mutex_unlock(&f->counters.lock);
}

static void stopping_releases_exchanges_in_progress(void **state)
{
    fixture *f = *state;
    AUTO(client) c = {0};
    client_open(&c, f);
    client_send(&c, "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_int_equal(client_head(&c), 100);
    httpd_stop(f->server);
    f->server = NULL;
    assert_int_equal(f->counters.released, 1);
}

static void a_taken_port_and_a_foreign_address_are_named(void **state)
{
    fixture *f = *state;
    err e = ERR_INIT;
    httpd_handler handler = {.begin = begin};
    httpd_options options = {.port = httpd_port(f->server)};
    assert_null(httpd_start(&options, &handler, &e));
    assert_int_equal(e.code, ERR_IO);
    char words[32];
    snprintf(words, sizeof words, "port %u of ", httpd_port(f->server));
    assert_non_null(strstr(e.message, words));
    assert_non_null(strstr(e.message, " is taken"));
    options = (httpd_options){.address = "192.0.2.1"};
    assert_null(httpd_start(&options, &handler, &e));
    assert_int_equal(e.code, ERR_IO);
    assert_non_null(strstr(e.message, "192.0.2.1"));
}

/* The same server with other limits. */
static void restart(fixture *f, const httpd_options *options)
{
    err e = ERR_INIT;
    httpd_handler handler = {
        .begin = begin, .body = body, .end = end, .release = release, .ctx = &f->counters};
    httpd_stop(f->server);
    f->server = httpd_start(options, &handler, &e);
    assert_non_null(f->server);
}

#define HALF_OPEN 200

static void half_open_connections_silence_no_server(void **state)
{
    fixture *f = *state;
    client half[HALF_OPEN];
    restart(f, &(httpd_options){.thread_count = 2, .connections = 64, .head_ms = 3600000});
    for (size_t i = 0; i < ARRAY_LEN(half); i++) {
        client_open(&half[i], f);
        client_send(&half[i], "GET /half HTTP/1.1\r\nHo");
    }
    AUTO(client) c = {0};
    client_open(&c, f);
    client_send(&c, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(client_reply(&c), 200);
    for (size_t i = 0; i < ARRAY_LEN(half); i++)
        client_close(&half[i]);
}

/* Sends until the server closes the connection; fails after 20 s. */
static void trickle(client *c, const char *words)
{
    for (int i = 0; i < 2000; i++) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        if (send(c->fd, words, strlen(words), MSG_NOSIGNAL) < 0)
            return;
        if (poll(&p, 1, 10) == 1)
            return; /* no request was sent, so this is the close */
    }
    fail_msg("still open");
}

static void a_head_that_trickles_in_is_cut_off(void **state)
{
    fixture *f = *state;
    restart(f, &(httpd_options){.head_ms = 200});
    AUTO(client) c = {0};
    client_open(&c, f);
    client_send(&c, "GET /half HTTP/1.1\r\n");
    trickle(&c, "X-Y: z\r\n");
    assert_int_equal(f->counters.begun, 0);
}

int main(void)
{
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH(cut_replies_end_the_connection),
        WITH(no_reply_is_a_500_and_the_first_reply_counts),
        WITH(a_broken_upload_is_released),
        WITH(stopping_releases_exchanges_in_progress),
        WITH(a_taken_port_and_a_foreign_address_are_named),
        WITH(half_open_connections_silence_no_server),
        WITH(a_head_that_trickles_in_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
