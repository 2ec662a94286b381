#include "decon/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/output.h"
#include "base/array.h"
#include "base/util.h"
#include "decon/base/buf.h"

enum {
    SECRET_MIN_CHARS = 8, /* shorter ones would mask ordinary words */
    LINE_MAX_BYTES = 1 << 20,
    DEFAULT_COLUMNS = 80,
    QUEUE_BYTES = 512 << 10,  /* about 3,000 lines */
    KEPT_BYTES = 64 << 20,    /* for errors and the last lines of a run */
    FULL_DISK_RETRY_MS = 250, /* between attempts on a full disk */
};

/* level, json, fd and terminal are constant once threads run. The lock guards the rest; it is held
 * while a line is queued, which never waits. */
static struct {
    log_level level;
    bool json;
    int fd;
    bool terminal;
    pthread_mutex_t lock;
    output *out;      /* NULL until the first line or log_setup */
    uint64_t dropped; /* lines since the last one that was queued */
    char **secrets;
    size_t secret_count;
} state = {.level = LOG_INFO, .fd = STDERR_FILENO, .lock = PTHREAD_MUTEX_INITIALIZER};

static const char *const level_words[] = {"ERROR", "WARN ", "INFO ", "DEBUG"};
static const char *const level_names[] = {"error", "warn", "info", "debug"};

/* --- output --- */

static void before_fork(void)
{
    pthread_mutex_lock(&state.lock);
    if (state.out)
        output_before_fork(state.out);
}

static void after_fork_in_parent(void)
{
    if (state.out)
        output_after_fork(state.out, false);
    pthread_mutex_unlock(&state.lock);
}

static void after_fork_in_child(void)
{
    if (state.out)
        output_after_fork(state.out, true);
    state.dropped = 0; /* the parent reports them */
    pthread_mutex_init(&state.lock, NULL);
}

static void end_at_exit(void)
{
    if (log_flush(LOG_EXIT_WAIT_MS))
        output_stop(state.out, 0);
}

static void register_once(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    atexit(end_at_exit);
}

/* Under the lock. */
static void open_output(int fd, bool queued)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_once);
    output_free(state.out);
    state.dropped = 0;
    state.out = output_new(&(output_options){.fd = fd,
                                             .threaded = queued,
                                             .lossy = true,
                                             .max_bytes = QUEUE_BYTES,
                                             .keep_bytes = KEPT_BYTES,
                                             .retry_ms = FULL_DISK_RETRY_MS});
}

void log_setup(const log_options *options)
{
    log_flush(LOG_EXIT_WAIT_MS);
    pthread_mutex_lock(&state.lock);
    state.level = options->level;
    state.json = options->json;
    state.fd = options->fd;
    state.terminal = !options->json && isatty(options->fd);
    open_output(options->fd, options->queued);
    pthread_mutex_unlock(&state.lock);
}

bool log_enabled(log_level level)
{
    return level <= state.level;
}

bool log_is_terminal(void)
{
    return state.terminal;
}

/* Length of the longest secret at the start of `text`, 0 for none. The longest, so that a secret
 * that begins with another one is masked completely. */
static size_t secret_at(const char *text, size_t len)
{
    size_t longest = 0;
    for (size_t i = 0; i < state.secret_count; i++) {
        size_t secret_len = strlen(state.secrets[i]);
        if (secret_len > longest && secret_len <= len &&
            memcmp(text, state.secrets[i], secret_len) == 0)
            longest = secret_len;
    }
    return longest;
}

static void append_masked(buf *out, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        size_t secret_len = state.secret_count > 0 ? secret_at(text + i, len - i) : 0;
        if (secret_len > 0)
            buf_append_str(out, "***");
        else
            buf_append_char(out, text[i]);
        i += MAX(secret_len, (size_t)1);
    }
}

/* Bytes of the UTF-8 character at the start of `s`, and its code point; 0 if it is malformed
 * (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_decode(slice s, uint32_t *code_point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)s.data;
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (len == 0 || len > s.len || p[0] > 0xf4)
        return 0;
    uint32_t value = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3f);
    }
    if (value < smallest[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *code_point = value;
    return len;
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0);
}

/* Escapes control characters, which could break the line or control the terminal. */
static void append_human(buf *out, slice text)
{
    while (text.len > 0) {
        uint32_t code_point = 0;
        size_t len = utf8_decode(text, &code_point);
        if (len == 0)
            buf_printf(out, "\\x%02x", (unsigned char)text.data[0]);
        else if (code_point == '\n' || code_point == '\t')
            buf_append_str(out, code_point == '\n' ? "\\n" : "\\t");
        else if (is_control(code_point))
            buf_printf(out, "\\x%02x", (unsigned)code_point);
        else
            buf_append(out, text.data, len);
        text.data += MAX(len, (size_t)1);
        text.len -= MAX(len, (size_t)1);
    }
}

/* Inside a JSON string (RFC 8259, section 7); a byte that is not UTF-8 becomes U+FFFD. */
static void append_json(buf *out, slice text)
{
    while (text.len > 0) {
        uint32_t code_point = 0;
        size_t len = utf8_decode(text, &code_point);
        if (len == 0)
            buf_append_str(out, "\\ufffd");
        else if (code_point == '"' || code_point == '\\')
            buf_printf(out, "\\%c", (char)code_point);
        else if (is_control(code_point))
            buf_printf(out, "\\u%04x", (unsigned)code_point);
        else
            buf_append(out, text.data, len);
        text.data += MAX(len, (size_t)1);
        text.len -= MAX(len, (size_t)1);
    }
}

static void append_text_field(buf *out, const char *name, const char *text)
{
    AUTO(buf) masked = BUF(LINE_MAX_BYTES);
    if (!text)
        return;
    append_masked(&masked, text);
    buf_printf(out, ",\"%s\":\"", name);
    append_json(out, buf_slice(&masked));
    buf_append_char(out, '"');
}

static void append_number_field(buf *out, const char *name, const uint64_t *number)
{
    if (number)
        buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)*number);
}

static void append_fields(buf *out, const log_fields *f)
{
    append_text_field(out, "event", f->event);
    append_text_field(out, "key", f->key);
    append_text_field(out, "state", f->state);
    append_number_field(out, "bytes", f->bytes);
    append_number_field(out, "lines", f->lines);
    if (f->ms)
        buf_printf(out, ",\"seconds\":%llu.%03u", (unsigned long long)(*f->ms / 1000),
                   (unsigned)(*f->ms % 1000));
}

static void append_json_line(buf *out, log_level level, const log_fields *fields, slice message)
{
    struct timespec now = {0};
    struct tm utc = {0};
    char text[40];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(out, "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"message\":\"", text,
               (int)(now.tv_nsec / 1000000), level_names[level]);
    append_json(out, message);
    buf_append_char(out, '"');
    append_fields(out, fields);
    buf_append_char(out, '}');
}

static void append_time_and_level(buf *out, log_level level)
{
    time_t now = time(NULL);
    struct tm local = {0};
    char text[40];
    localtime_r(&now, &local);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
    buf_printf(out, "%s %s ", text, level_words[level]);
}

/* A complete line, including its end. */
static void append_line(buf *out, log_level level, const log_fields *fields, slice message)
{
    if (state.json) {
        append_json_line(out, level, fields, message);
    } else {
        if (!fields->plain)
            append_time_and_level(out, level);
        append_human(out, message);
    }
    buf_append_char(out, '\n');
}

/* Under the lock, once the queue accepts lines again. */
static void report_dropped(void)
{
    AUTO(buf) message = BUF(200);
    AUTO(buf) line = BUF(2000);
    buf_printf(&message, "log: %llu lines dropped: the log's reader or disk is too slow",
               (unsigned long long)state.dropped);
    append_line(&line, LOG_WARN, &(log_fields){.event = "log"}, buf_slice(&message));
    if (output_put(state.out, buf_slice(&line), OUTPUT_KEEP))
        state.dropped = 0;
}

/* Under the lock. */
static void put_line(slice line, bool keep)
{
    if (!state.out)
        open_output(state.fd, false);
    if (state.dropped && (keep || output_has_space(state.out, line.len)))
        report_dropped();
    if (!output_put(state.out, line, keep ? OUTPUT_KEEP : OUTPUT_DROP))
        state.dropped++;
}

static void emit(log_level level, const log_fields *fields, const char *text)
{
    AUTO(buf) message = BUF(LINE_MAX_BYTES);
    AUTO(buf) line = BUF((size_t)LINE_MAX_BYTES * 6 + 4096); /* an escaped byte takes up to 6 */
    pthread_mutex_lock(&state.lock);
    append_masked(&message, text);
    append_line(&line, level, fields, buf_slice(&message));
    put_line(buf_slice(&line), fields->plain || level == LOG_ERROR);
    pthread_mutex_unlock(&state.lock);
}

PRINTF_LIKE(3, 0)
static void emit_args(log_level level, const log_fields *fields, const char *fmt, va_list args)
{
    int saved_errno = errno;
    AUTO_FREE char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL; /* out of memory: this line is dropped */
    else
        emit(level, fields, text);
    errno = saved_errno;
}

void log_line(log_level level, const char *fmt, ...)
{
    if (!log_enabled(level))
        return;
    va_list args;
    va_start(args, fmt);
    emit_args(level, &(log_fields){0}, fmt, args);
    va_end(args);
}

void log_event(log_level level, const log_fields *fields, const char *fmt, ...)
{
    if (!fields->plain && !log_enabled(level))
        return;
    va_list args;
    va_start(args, fmt);
    emit_args(level, fields, fmt, args);
    va_end(args);
}

void log_raw(const char *line)
{
    int saved_errno = errno;
    AUTO(buf) text = BUF((size_t)LINE_MAX_BYTES * 6);
    pthread_mutex_lock(&state.lock);
    append_masked(&text, line);
    buf_append_char(&text, '\n');
    put_line(buf_slice(&text), true);
    pthread_mutex_unlock(&state.lock);
    errno = saved_errno;
}

void log_plain(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    emit_args(LOG_INFO, &(log_fields){.plain = true}, fmt, args);
    va_end(args);
}

/* One column less than the terminal has: a full line would wrap and could not be erased. */
static size_t terminal_columns(void)
{
    struct winsize size = {0};
    if (ioctl(state.fd, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return DEFAULT_COLUMNS - 1;
    return size.ws_col - 1u;
}

/* `text` with secrets masked and control characters escaped, cut to `columns` characters. */
static char *status_text(const char *text, size_t columns)
{
    AUTO(buf) masked = BUF(LINE_MAX_BYTES);
    AUTO(buf) shown = BUF(LINE_MAX_BYTES * 6);
    append_masked(&masked, text);
    append_human(&shown, buf_slice(&masked));
    size_t len = 0;
    for (size_t seen = 0; len < shown.len; len++) {
        bool starts_character = ((unsigned char)shown.data[len] & 0xc0) != 0x80;
        if (starts_character && seen++ == columns)
            break;
    }
    return xstrndup(buf_str(&shown), len);
}

void log_status(const char *text)
{
    if (!state.terminal)
        return;
    int saved_errno = errno;
    pthread_mutex_lock(&state.lock);
    AUTO_FREE char *shown = text ? status_text(text, terminal_columns()) : NULL;
    output_status(state.out, shown);
    pthread_mutex_unlock(&state.lock);
    errno = saved_errno;
}

unsigned log_columns(void)
{
    return (unsigned)terminal_columns();
}

bool log_flush(unsigned limit_ms)
{
    pthread_mutex_lock(&state.lock);
    output *out = state.out;
    if (out && state.dropped)
        report_dropped();
    pthread_mutex_unlock(&state.lock);
    return !out || output_flush(out, limit_ms);
}

void log_settle(void)
{
    pthread_mutex_lock(&state.lock);
    output *out = state.out;
    pthread_mutex_unlock(&state.lock);
    if (out)
        output_settle(out);
}

static bool secret_known(const char *secret)
{
    for (size_t i = 0; i < state.secret_count; i++)
        if (str_equal(state.secrets[i], secret))
            return true;
    return false;
}

void log_secret_add(const char *secret)
{
    if (!secret || strlen(secret) < SECRET_MIN_CHARS)
        return;
    pthread_mutex_lock(&state.lock);
    if (!secret_known(secret))
        *ARRAY_ADD(state.secrets, state.secret_count) = xstrdup(secret);
    pthread_mutex_unlock(&state.lock);
}
