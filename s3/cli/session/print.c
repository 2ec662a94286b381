#include "base/util.h"
#include "s3/cli/session/print.h"

#include <jansson.h>
#include <unistd.h>

#include "decon/base/log.h"
#include "s3/cli/session/progress.h"

void print_time(int64_t time_s, char *out, size_t out_size)
{
    time_t t = (time_t)time_s;
    struct tm parts;
    gmtime_r(&t, &parts);
    strftime(out, out_size, "%Y-%m-%d %H:%M:%S", &parts);
}

void print_key(const char *key, FILE *out)
{
    for (const unsigned char *p = (const unsigned char *)key; *p; p++) {
        if (*p == '\n')
            fputs("\\n", out);
        else if (*p == '\t')
            fputs("\\t", out);
        else if (*p < 0x20 || *p == 0x7f)
            fprintf(out, "\\x%02x", *p);
        else
            fputc(*p, out);
    }
}

static json_t *simple_value(const print_member *m)
{
    if (m->truth)
        return json_true();
    /* Text that is not UTF-8 has no JSON form: null. */
    json_t *value = m->text ? json_string(m->text) : json_integer((json_int_t)m->number);
    return value ? value : json_null();
}

static json_t *inner_object(const print_member *members, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        if (!members[i].absent)
            json_object_set_new(object, members[i].name, simple_value(&members[i]));
    return object;
}

static json_t *member_value(const print_member *m)
{
    return m->members ? inner_object(m->members, m->member_count) : simple_value(m);
}

static char *json_line(const print_member *members, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        if (!members[i].absent)
            json_object_set_new(object, members[i].name, member_value(&members[i]));
    char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(object);
    return text;
}

void print_json(const print_member *members, size_t count)
{
    AUTO_FREE char *text = json_line(members, count);
    if (text)
        printf("%s\n", text);
}

void print_json_error(const print_member *members, size_t count)
{
    AUTO_FREE char *text = json_line(members, count);
    if (text)
        log_raw(text);
}

static void print_result_json(const cli *c, const print_result *r)
{
    const print_member members[] = {
        {.name = "operation", .text = r->operation},
        {.name = r->to ? "from" : "uri", .text = r->from},
        {.name = "version_id", .text = r->version, .absent = !r->version},
        {.name = "to", .text = r->to, .absent = !r->to},
        {.name = "size", .number = r->size_bytes, .absent = r->size_bytes == PRINT_NO_SIZE},
        {.name = "reason", .text = r->reason, .absent = !r->reason},
        {.name = "dry_run", .truth = true, .absent = !c->config->dry_run},
    };
    print_json(members, ARRAY_LEN(members));
}

static void print_result_line(const cli *c, const print_result *r)
{
    printf("%s%s ", c->config->dry_run ? "(dry run) " : "", r->operation);
    print_key(r->from, stdout);
    if (r->version)
        printf(" (version %s)", r->version);
    if (r->to) {
        fputs(" -> ", stdout);
        print_key(r->to, stdout);
    }
    if (r->reason)
        printf(" (%s)", r->reason);
    putchar('\n');
}

void print_done(cli *c, const print_result *r)
{
    cli_progress *line = c->session->progress;
    bool on_terminal = isatty(STDOUT_FILENO); /* may be the terminal of the progress line */
    if (c->config->quiet && !c->config->dry_run)
        return;
    if (on_terminal)
        cli_progress_hide(line);
    if (c->style)
        c->style->print_result(c, r);
    else if (c->config->json)
        print_result_json(c, r);
    else
        print_result_line(c, r);
    if (on_terminal) {
        print_settle();
        cli_progress_show(line);
    }
}
