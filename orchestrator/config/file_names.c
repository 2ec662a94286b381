#include "orchestrator/config/file_names.h"

#include "base/utf8.h"
#include "decon/base/buf.h"
#include "decon/compression/codec.h"

#define FILE_NAME_MAX_BYTES 255

/* Length of the key without its input suffixes, or -1 where it is no input. */
static ssize_t base_len(const char *key)
{
    size_t len = strlen(key) - strlen(codec_name_suffix(key));
    slice bare = {key, len};
    if (slice_ends_with(bare, ".jsonl"))
        return (ssize_t)(len - strlen(".jsonl"));
    if (slice_ends_with(bare, ".json"))
        return (ssize_t)(len - strlen(".json"));
    return -1;
}

bool names_is_input(const char *key)
{
    return base_len(key) >= 0;
}

size_t names_base_len(const char *key)
{
    return (size_t)base_len(key);
}

const char *names_basename(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash ? slash + 1 : key;
}

output_names names_outputs(const char *relative, const char *report_prefix,
                           const char *cleaned_prefix)
{
    int base = (int)base_len(relative);
    return (output_names){
        .report_key = xasprintf("%s%.*s" NAMES_REPORT_SUFFIX, report_prefix, base, relative),
        .marker_key = xasprintf("%s%.*s" NAMES_MARKER_SUFFIX, report_prefix, base, relative),
        .cleaned_key = xasprintf("%s%.*s" NAMES_CLEANED_SUFFIX "%s", cleaned_prefix, base, relative,
                                 codec_name_suffix(relative)),
    };
}

void output_names_deinit(output_names *n)
{
    free(n->report_key);
    free(n->marker_key);
    free(n->cleaned_key);
    *n = (output_names){0};
}

bool names_is_utf8(const char *s)
{
    slice text = slice_from(s);
    return utf8_check(text) == text.len;
}

/* The front of a name that is too long goes on until the suffixes just fit behind it. */
static char *shorten(const char *name)
{
    const char *suffixes = name + base_len(name);
    size_t keep = FILE_NAME_MAX_BYTES - strlen(suffixes);
    while (keep > 0 && ((unsigned char)name[keep] & 0xC0) == 0x80) /* never inside a character */
        keep--;
    return xasprintf("%.*s%s", (int)keep, name, suffixes);
}

char *names_local(const char *key)
{
    const char *name = names_basename(key);
    char *local = strlen(name) > FILE_NAME_MAX_BYTES ? shorten(name) : xstrdup(name);
    if (!names_is_utf8(local))
        for (char *p = local; *p; p++)
            if ((unsigned char)*p >= 0x80)
                *p = '_';
    return local;
}
