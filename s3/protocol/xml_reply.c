#include "base/util.h"
#include "s3/protocol/xml_reply.h"

#include <strings.h>

#include "s3/protocol/xml.h"

typedef struct reading {
    s3_xml_field *fields;
    size_t count;
    char root[64];
    const char *twice; /* a field with two different texts */
} reading;

static void take_text(reading *r, s3_xml_field *field, const char *text)
{
    if (field->text && strcmp(field->text, text) != 0)
        r->twice = field->name;
    if (!field->text && *text)
        field->text = xstrdup(text);
}

static bool take_element(void *ctx, const char *path, const char *text, err *e)
{
    reading *r = ctx;
    UNUSED(e);
    const char *name = strchr(path, '/');
    if (!name) {
        snprintf(r->root, sizeof r->root, "%s", path);
        return true;
    }
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->fields[i].name, name + 1) == 0)
            take_text(r, &r->fields[i], text);
    return true;
}

static bool is_refused_root(const char *root)
{
    return strcasecmp(root, "Error") == 0 || strcasecmp(root, "ErrorResponse") == 0 ||
           strcasecmp(root, "html") == 0;
}

static bool check(const reading *r, const char *root, err *e)
{
    bool other_root = strcmp(r->root, root) != 0;
    if (other_root && is_refused_root(r->root))
        return err_set(e, ERR_S3_REPLY, "the reply's root element is <%s>, not <%s>", r->root,
                       root);
    if (r->twice)
        return err_set(e, ERR_S3_REPLY, "%s occurs twice in the reply with different values",
                       r->twice);
    for (size_t i = 0; i < r->count; i++) {
        if (r->fields[i].text || r->fields[i].optional)
            continue;
        if (other_root)
            return err_set(e, ERR_S3_REPLY,
                           "the reply's root element is <%s>, not <%s>, and %s is missing in it",
                           r->root, root, r->fields[i].name);
        return err_set(e, ERR_S3_REPLY, "%s is missing or empty in the reply", r->fields[i].name);
    }
    return true;
}

bool s3_xml_reply_read(slice document, const char *root, s3_xml_field *fields, size_t count, err *e)
{
    reading r = {.fields = fields, .count = count};
    for (size_t i = 0; i < count; i++)
        free(move(fields[i].text));
    return s3_xml_read(document, take_element, &r, e) && check(&r, root, e);
}

void s3_xml_reply_deinit(s3_xml_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(move(fields[i].text));
}
