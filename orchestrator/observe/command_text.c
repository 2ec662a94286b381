#include "orchestrator/observe/command_text.h"

#include <string.h>

#include "base/util.h"
#include "decon/base/buf.h"

#define COMMAND_MAX_BYTES 8192

/* For a shell; text between `://` and `@` of an argument is secret. */
static void append_argument(buf *out, const char *argument)
{
    const char *from = strstr(argument, "://"), *at = from ? strchr(from, '@') : NULL;
    bool hides = at && memchr(from + 3, '/', (size_t)(at - from - 3)) == NULL;
    const char *hidden = hides ? from + 3 : NULL;
    bool plain = argument[0] && !hides &&
                 argument[strspn(argument, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789-_=+:,./@%")] == '\0';
    if (plain) {
        buf_append_str(out, argument);
        return;
    }
    buf_append_char(out, '\'');
    for (const char *p = argument; *p; p++) {
        if (p == hidden) {
            buf_append_str(out, "***");
            p = at;
        }
        if (*p == '\'')
            buf_append_str(out, "'\\''");
        else
            buf_append_char(out, *p);
    }
    buf_append_char(out, '\'');
}

char *command_text(int argc, char **argv)
{
    AUTO(buf) text = BUF(COMMAND_MAX_BYTES);
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            buf_append_char(&text, ' ');
        append_argument(&text, argv[i]);
    }
    return xstrdup(buf_str(&text));
}
