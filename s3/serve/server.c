#include "base/util.h"
#include "s3/serve/server.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/httpd/httpd.h"
#include "base/output.h"
#include "s3/serve/operations/ops.h"

#define OBJECT_SIZE_MAX   (5ULL * 1024 * 1024 * 1024) /* of one PUT, as in S3 */
#define LOG_QUEUE_BYTES   ((size_t)1 << 20)           /* if the access log is a pipe */
#define LOG_FLUSH_MS      2000
#define XML_BODY_SIZE_MAX (4ULL * 1024 * 1024)

struct server {
    /* immutable */
    store *store;
    httpd *http;
    auth_keys keys;
    output *log; /* the access log, or NULL; locked inside */
    int log_fd;
    int64_t (*wall_s)(void *clock);
    void *clock;
    /* locked inside */
    fault_set faults;
    atomic_uint_fast64_t request_count;
};

static int64_t now_s(const server *s)
{
    return s->wall_s ? s->wall_s(s->clock) : (int64_t)time(NULL);
}

static void take_header(void *ctx, const char *name, const char *value)
{
    exchange_take_header(ctx, name, value);
}

static exchange *exchange_new(server *s, httpd_request *request)
{
    exchange *x = xcalloc(1, sizeof *x);
    x->store = s->store;
    x->region = s->keys.region ? s->keys.region : "us-east-1";
    x->region_is_fixed = s->keys.region != NULL;
    x->http = request;
    x->log = s->log;
    x->in.fd = -1;
    buf_init(&x->xml, XML_BODY_SIZE_MAX);
    digest_sha256_init(&x->sha256);
    uint64_t number = atomic_fetch_add(&s->request_count, 1) + 1;
    snprintf(x->request_id, sizeof x->request_id, "%08" PRIX32 "%08" PRIX32, (uint32_t)now_s(s),
             (uint32_t)number);
    x->auth = (auth_request){
        .method = httpd_method(request), .headers = x->headers_in, .now_s = now_s(s)};
    httpd_each_header(request, take_header, x);
    return x;
}

static void exchange_free(exchange *x)
{
    target_deinit(&x->target);
    incoming_deinit(&x->in);
    buf_deinit(&x->xml);
    chunks_deinit(&x->chunks);
    free(x->trailer_sum);
    checksum_deinit(&x->sum);
    digest_deinit(&x->sha256);
    for (size_t i = 0; i < x->header_out_count; i++) {
        free((void *)(uintptr_t)x->headers_out[i].name);
        free((void *)(uintptr_t)x->headers_out[i].value);
    }
    free(x);
}

static bool check_length(exchange *x, err *e)
{
    bool plain = chunks_kind_of(exchange_header(x, "x-amz-content-sha256")) == CHUNKS_NONE;
    const char *length =
        exchange_header(x, plain ? "Content-Length" : "x-amz-decoded-content-length");
    if ((plain && exchange_header(x, "Transfer-Encoding")) ||
        (!length && (!plain || x->op->body == OP_BODY_FILE)))
        return s3_refuse(e, REFUSE_MISSING_LENGTH);
    if (length && !num_parse_u64(length, &x->content_length))
        return s3_refuse(e, REFUSE_INVALID_ARGUMENT);
    if (x->content_length > (x->op->body == OP_BODY_FILE ? OBJECT_SIZE_MAX : XML_BODY_SIZE_MAX))
        return s3_refuse(e, REFUSE_ENTITY_TOO_LARGE);
    return true;
}

static bool open_body(exchange *x, err *e)
{
    if (x->op->body != OP_BODY_FILE)
        return true;
    bool (*open_incoming)(store *, incoming *, err *) =
        target_param(&x->target, "uploadId") ? incoming_open_part : incoming_open;
    return store_bucket_check(x->store, x->target.bucket, e) && open_incoming(x->store, &x->in, e);
}

static void wait_ms(uint64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Faults that replace the request's execution; the others are applied to the reply. */
static bool apply_fault(server *s, exchange *x, err *e)
{
    x->fault = fault_match(&s->faults, &x->auth);
    if (!x->fault)
        return true;
    if (x->fault->kind == FAULT_DELAY)
        wait_ms(x->fault->delay_ms);
    if (x->fault->kind == FAULT_RESET)
        exchange_drop(x);
    if (x->fault->kind == FAULT_STATUS)
        return s3_refuse_status(e, (int)x->fault->status, x->fault->code);
    return true;
}

static bool check_writable(const exchange *x, err *e)
{
    bool reads = str_equal(x->op->method, "GET") || str_equal(x->op->method, "HEAD");
    return reads || !store_is_read_only(x->store) ||
           s3_refuse_because(e, REFUSE_ACCESS_DENIED,
                             "This folder of files is served read-only: decon-s3 serve --adopt "
                             "allows changes.");
}

static bool begin_exchange(server *s, exchange *x, err *e)
{
    if (!target_parse(httpd_raw_target(x->http), &x->target, e))
        return false;
    x->auth.target = &x->target;
    x->auth.path = x->target.raw_path;
    x->auth.query = x->target.raw_query;
    if (!auth_check(&x->auth, &s->keys, e) || !apply_fault(s, x, e))
        return false;
    if (httpd_replied(x->http))
        return true;
    op_hoist_params(x);
    x->op = operation_find(x->auth.method, &x->target, x, e);
    return x->op && op_check_supported(x, e) && check_writable(x, e) && check_length(x, e) &&
           exchange_begin_body(x, &s->keys, e) && open_body(x, e);
}

static void on_begin(void *ctx, httpd_request *request, void **user)
{
    server *s = ctx;
    exchange *x = exchange_new(s, request);
    err e = ERR_INIT;
    *user = x;
    if (!begin_exchange(s, x, &e))
        exchange_reply_error(x, &e);
}

static void on_body(void *ctx, httpd_request *request, void **user, slice data)
{
    UNUSED(ctx), UNUSED(request);
    exchange_take_body(*user, data);
}

/* The received body must be the signed one, even if the operation ignores it. */
static bool run(exchange *x, err *e)
{
    object_meta unused = {0};
    bool checked_by_op = x->op->body == OP_BODY_FILE;
    return (checked_by_op || exchange_check_body(x, &unused, e)) && x->op->run(x, e);
}

static void on_end(void *ctx, httpd_request *request, void **user)
{
    UNUSED(ctx);
    exchange *x = *user;
    err e = ERR_INIT;
    if (!httpd_replied(request) && !run(x, &e))
        exchange_reply_error(x, &e);
}

static void on_release(void *ctx, httpd_request *request, void **user)
{
    UNUSED(ctx), UNUSED(request);
    exchange_free(*user);
}

static bool open_log(server *s, const char *path, err *e)
{
    s->log_fd = -1;
    if (!path)
        return true;
    s->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (s->log_fd < 0)
        return err_set_errno(e, ERR_IO, errno, "%s: cannot be opened", path);
    struct stat about;
    bool is_file = fstat(s->log_fd, &about) == 0 && S_ISREG(about.st_mode);
    s->log = output_new(&(output_options){
        .fd = s->log_fd, .threaded = !is_file, .lossy = true, .max_bytes = LOG_QUEUE_BYTES});
    return true;
}

static void close_log(server *s)
{
    if (!s->log)
        return;
    output_flush(s->log, LOG_FLUSH_MS);
    output_free(s->log);
    close(s->log_fd);
}

static bool add_faults(server *s, const char *const *rules, err *e)
{
    for (; rules && *rules; rules++)
        if (!fault_add(&s->faults, *rules, e))
            return false;
    return true;
}

static bool check_options(const server_options *o, err *e)
{
    if (!o->access_key_id || !o->access_key_id[0] || !o->secret_access_key ||
        !o->secret_access_key[0])
        return err_set(e, ERR_CONFIG,
                       "the server needs the keys that clients sign with: set AWS_ACCESS_KEY_ID "
                       "and AWS_SECRET_ACCESS_KEY to any values, the same for server and clients");
    return o->port <= UINT16_MAX || err_set(e, ERR_CONFIG, "%u is not a port", o->port);
}

static bool start(server *s, const server_options *o, err *e)
{
    httpd_options http = {
        .address = o->address, .port = (uint16_t)o->port, .thread_count = o->thread_count};
    httpd_handler handler = {on_begin, on_body, on_end, on_release, s};
    if (!check_options(o, e) || !open_log(s, o->log_path, e) || !add_faults(s, o->faults, e))
        return false;
    s->keys = (auth_keys){o->access_key_id, o->secret_access_key, o->region, o->anonymous};
    s->store = o->adopt ? store_open_adopted(o->root, e) : store_open(o->root, e);
    s->http = s->store ? httpd_start(&http, &handler, e) : NULL;
    return s->http != NULL;
}

server *server_start(const server_options *options, err *e)
{
    server *s = xcalloc(1, sizeof *s);
    s->log_fd = -1;
    s->wall_s = options->wall_s;
    s->clock = options->clock;
    fault_set_init(&s->faults);
    if (start(s, options, e))
        return s;
    server_stop(s);
    return NULL;
}

unsigned server_port(const server *s)
{
    return httpd_port(s->http);
}

void server_stop(server *s)
{
    if (!s)
        return;
    httpd_stop(s->http);
    if (s->store)
        store_close(s->store);
    close_log(s);
    fault_set_deinit(&s->faults);
    free(s);
}
