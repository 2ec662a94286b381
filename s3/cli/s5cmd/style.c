#include "s3/cli/s5cmd/style.h"

#include "decon/base/buf.h"
#include "decon/base/log.h"
#include "base/util.h"
#include "s3/cli/session/print.h"
#include "s3/cli/s5cmd/translate.h"

#define COMMAND_MAX_BYTES ((size_t)64 * 1024)

char *s5cmd_typed(char **words, int count)
{
    AUTO(buf) text = BUF(COMMAND_MAX_BYTES);
    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i > 0 ? " " : "", words[i]);
    return xstrdup(buf_str(&text));
}

void s5cmd_time(int64_t time_s, bool json, char out[S5CMD_TIME_SIZE])
{
    time_t t = (time_t)time_s;
    struct tm parts;
    gmtime_r(&t, &parts);
    strftime(out, S5CMD_TIME_SIZE, json ? "%Y-%m-%dT%H:%M:%SZ" : "%Y/%m/%d %H:%M:%S", &parts);
}

void s5cmd_size(uint64_t bytes, bool human_readable, char *out, size_t out_size)
{
    static const char units[] = "KMGT";
    double shown = (double)bytes;
    int unit = -1;
    for (; human_readable && unit < 3 && shown > 1024; unit++)
        shown /= 1024;
    if (unit < 0)
        snprintf(out, out_size, "%llu", (unsigned long long)bytes);
    else
        snprintf(out, out_size, "%.1f%c", shown, units[unit]);
}

/* --- results --- */

static bool is_standard(const char *name)
{
    return str_equal(name, "-");
}

static void result_json(const cli *c, const print_result *r, const char *operation,
                        const char *from)
{
    const char *class = c->config->storage_class;
    bool downloads = r->to && !str_starts_with(r->to, "s3://");
    bool copied =
        r->to && from && str_starts_with(from, "s3://") && str_starts_with(r->to, "s3://");
    bool sized = from && r->size_bytes != PRINT_NO_SIZE && r->size_bytes > 0 && !copied;
    const print_member object[] = {
        {.name = "key", .text = r->to, .absent = !copied},
        {.name = "type", .text = "file"},
        {.name = "size", .number = r->size_bytes, .absent = !sized},
        {.name = "storage_class", .text = class, .absent = !class || downloads},
    };
    const print_member members[] = {
        {.name = "operation", .text = operation},
        {.name = "success", .truth = true},
        {.name = "source", .text = from, .absent = !from},
        {.name = "destination", .text = r->to, .absent = !r->to},
        {.name = "object", .members = object, .member_count = ARRAY_LEN(object), .absent = !r->to},
        {.name = "version_id", .text = r->version, .absent = !r->version},
    };
    print_json(members, ARRAY_LEN(members));
}

static void print_result_line(const cli *c, const print_result *r)
{
    const char *from = is_standard(r->from) ? NULL : r->from;
    const char *operation = from ? r->operation : "pipe";
    if (c->config->json) {
        result_json(c, r, operation, from);
        return;
    }
    printf("%s", operation);
    if (from) {
        putchar(' ');
        print_key(from, stdout);
    }
    if (from && r->version)
        printf("%*s %s", MAX(0, 50 - (int)strlen(from)), "", r->version);
    if (r->to) {
        putchar(' ');
        print_key(r->to, stdout);
    }
    putchar('\n');
}

/* --- errors --- */

/* Go's %q: in quotes, with control characters, quotes and backslashes escaped. */
static void append_quoted(const char *text, buf *out)
{
    buf_append_char(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_printf(out, "\\%c", *p);
        else if (*p == '\n')
            buf_append_str(out, "\\n");
        else if (*p == '\t')
            buf_append_str(out, "\\t");
        else if (*p < ' ')
            buf_printf(out, "\\x%02x", *p);
        else
            buf_append_char(out, (char)*p);
    }
    buf_append_char(out, '"');
}

static void print_failure(bool json, const char *operation, const char *command,
                          const char *message)
{
    AUTO(buf) line = BUF(2 * COMMAND_MAX_BYTES);
    if (json) {
        const print_member members[] = {
            {.name = "operation", .text = operation, .absent = !operation},
            {.name = "command", .text = command, .absent = !command},
            {.name = "error", .text = message},
        };
        print_json_error(members, ARRAY_LEN(members));
        return;
    }
    buf_append_str(&line, "ERROR ");
    if (command) {
        append_quoted(command, &line);
        buf_append_str(&line, ": ");
    }
    buf_append_str(&line, message);
    log_plain("%s", buf_str(&line));
}

void s5cmd_print_usage_error(bool json, const char *typed, const err *error)
{
    AUTO_FREE char *operation = typed ? xstrndup(typed, strcspn(typed, " ")) : NULL;
    print_failure(json, operation, typed, error->message);
}

/* An error of one of several objects names that object's own command, as s5cmd does. */
static void print_error_line(const cli *c, const char *from, const char *to, const err *error)
{
    const char *typed = c->typed ? c->typed : "";
    AUTO_FREE char *operation = xstrndup(typed, strcspn(typed, " "));
    AUTO_FREE char *own =
        from ? xasprintf("%s %s%s%s", operation, from, to ? " " : "", to ? to : "") : NULL;
    print_failure(c->config && c->config->json, operation[0] ? operation : NULL,
                  own        ? own
                  : typed[0] ? typed
                             : NULL,
                  error->message);
}

/* All lines of a command file share one client, with one part size. */
static void drop_part_size(line_words *words)
{
    for (int i = words->count - 1; i > 0; i--)
        if (str_starts_with(words->words[i], "--part-size="))
            line_words_remove(words, i, 1);
}

static const cli_command *read_line(cli *c, line_words *words, err *e)
{
    free(c->typed);
    c->typed = s5cmd_typed(words->words, words->count);
    const cli_command *command = s5cmd_translate(words, e);
    if (command)
        drop_part_size(words);
    return command;
}

const cli_style s5cmd_style = {
    .print_result = print_result_line, .print_error = print_error_line, .read_line = read_line};
