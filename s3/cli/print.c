#include "s3/cli/cli.h"

#include <errno.h>
#include <jansson.h>

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

void print_json(const print_member *members, size_t count, FILE *out)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) {
        const print_member *m = &members[i];
        if (m->absent)
            continue;
        /* What is not UTF-8 has no JSON form: null, which is better than no line. */
        json_t *value = m->text ? json_string(m->text) : json_integer((json_int_t)m->number);
        json_object_set_new(object, m->name, value ? value : json_null());
    }
    AUTO_FREE char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(object);
    if (text)
        fprintf(out, "%s\n", text);
}

bool print_flush(err *e)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    return err_set_errno(e, ERR_IO, errno, "standard output cannot be written");
}
