/* Options from the command line. */
#include "base/util.h"
#include "base/options/options_internal.h"

typedef struct args {
    option_target target;
    int argc;
    char **argv;
    int next;        /* index of the next argument */
    bool *seen;      /* one per row: the flag was given before, so a list is appended to */
    char **operands; /* positional arguments, in their order */
    int operand_count;
    char **flags; /* all other arguments */
    int flag_count;
} args;

static const char *take_argument(args *a)
{
    char *argument = a->argv[a->next++];
    a->flags[a->flag_count++] = argument;
    return argument;
}

static bool has_password(const char *text)
{
    const char *separator = strstr(text, "://");
    if (!separator)
        return false;
    const char *authority = separator + 3;
    const char *at = memrchr(authority, '@', strcspn(authority, "/?#"));
    return at && memchr(authority, ':', (size_t)(at - authority));
}

/* Command lines can be read by all users of the host. */
static bool refuse_password(const option *row, const char *shown, err *e)
{
    if (row->flags & OPTION_FLAG_ONLY)
        return err_set(e, ERR_USAGE, "%s: the URL contains a password; remove it", shown);
    return err_set(
        e, ERR_USAGE,
        "%s: the URL contains a password, which other users see in the command line; set "
        "%s in the configuration file",
        shown, row->key);
}

static bool store(args *a, const option *row, const char *shown, const char *text, err *e)
{
    if (has_password(text))
        return refuse_password(row, shown, e);
    size_t i = (size_t)(row - a->target.set->rows);
    bool append = a->seen[i];
    a->seen[i] = true;
    return option_store(&a->target, row, text, append, e) || err_context(e, "%s", shown);
}

/* The value in the next argument. One that begins with two dashes is more likely a forgotten value
 * than a value. */
static bool store_next(args *a, const option *row, const char *shown, err *e)
{
    if (a->next >= a->argc || str_starts_with(a->argv[a->next], "--")) {
        AUTO(buf) metavar = BUF(256);
        option_append_metavar(row, &metavar);
        return err_set(e, ERR_USAGE, "%s needs a value: %s; see --help", shown, buf_str(&metavar));
    }
    return store(a, row, shown, take_argument(a), e);
}

/* A bool alone means true. If its default is true, a following `true` or `false` is its value (as
 * in `--index-answers false`). */
static bool store_bool(args *a, const option *row, const char *shown, err *e)
{
    const char *next = a->next < a->argc ? a->argv[a->next] : "";
    bool given = str_equal(next, "true") || str_equal(next, "false");
    if (given && row->fallback && str_equal(row->fallback, "true"))
        return store(a, row, shown, take_argument(a), e);
    return store(a, row, shown, "true", e);
}

static bool unknown_flag(const args *a, const char *shown, err *e)
{
    AUTO_FREE char *nearest = option_nearest(a->target.set, shown, true);
    if (*nearest)
        return err_set(e, ERR_USAGE, "%s: unknown flag; did you mean %s?", shown, nearest);
    return err_set(e, ERR_USAGE, "%s: unknown flag; --help lists the known ones", shown);
}

/* `shown` is the flag without its value, `value` the text after `=` or NULL. */
static bool read_long(args *a, const char *shown, const char *value, err *e)
{
    const char *name = shown + 2;
    const option *row = option_by_flag(a->target.set, name);
    if (row && value)
        return store(a, row, shown, value, e);
    if (row)
        return row->type == OPTION_BOOL ? store_bool(a, row, shown, e)
                                        : store_next(a, row, shown, e);
    row = str_starts_with(name, "no-") ? option_by_flag(a->target.set, name + 3) : NULL;
    if (!row || row->type != OPTION_BOOL)
        return unknown_flag(a, shown, e);
    if (value)
        return err_set(e, ERR_USAGE, "%s takes no value", shown);
    return store(a, row, shown, "false", e);
}

static const option *by_letter(const option_set *set, char letter)
{
    for (size_t i = 0; i < set->row_count; i++)
        if (set->rows[i].letter == letter)
            return &set->rows[i];
    return NULL;
}

/* `-v`, `-rv`, `-c value`, `-cvalue`. */
static bool read_short(args *a, const char *letters, err *e)
{
    for (; *letters; letters++) {
        const char shown[] = {'-', *letters, '\0'};
        const option *row = by_letter(a->target.set, *letters);
        if (!row)
            return unknown_flag(a, shown, e);
        if (row->type != OPTION_BOOL)
            return letters[1] ? store(a, row, shown, letters + 1, e) : store_next(a, row, shown, e);
        if (!store(a, row, shown, "true", e))
            return false;
    }
    return true;
}

static bool read_flag(args *a, err *e)
{
    const char *argument = take_argument(a);
    if (argument[1] != '-')
        return read_short(a, argument + 1, e);
    size_t len = strcspn(argument, "=");
    AUTO_FREE char *shown = xstrndup(argument, len);
    return read_long(a, shown, argument[len] == '=' ? argument + len + 1 : NULL, e);
}

static bool read_arguments(args *a, err *e)
{
    bool flags_end = false;
    a->next = 1;
    while (a->next < a->argc) {
        const char *argument = a->argv[a->next];
        if (flags_end || argument[0] != '-' || argument[1] == '\0')
            a->operands[a->operand_count++] = a->argv[a->next++];
        else if (str_equal(argument, "--"))
            flags_end = take_argument(a) != NULL;
        else if (!read_flag(a, e))
            return false;
    }
    return true;
}

/* The flags first, then the positional arguments, each in their order. */
static void permute(const args *a)
{
    for (int i = 0; i < a->flag_count; i++)
        a->argv[1 + i] = a->flags[i];
    for (int i = 0; i < a->operand_count; i++)
        a->argv[1 + a->flag_count + i] = a->operands[i];
}

bool options_arguments(const option_set *set, int argc, char **argv, void *config,
                       option_origin *origins, int *positional, err *e)
{
    size_t places = (size_t)MAX(argc, 1);
    AUTO_FREE bool *seen = xcalloc(set->row_count + 1, sizeof *seen);
    AUTO_FREE char **operands = xcalloc(places, sizeof *operands);
    AUTO_FREE char **flags = xcalloc(places, sizeof *flags);
    args a = {.target = {set, config, origins, 'c'},
              .argc = argc,
              .argv = argv,
              .seen = seen,
              .operands = operands,
              .flags = flags};
    if (!read_arguments(&a, e))
        return false;
    permute(&a);
    *positional = argc - a.operand_count;
    return true;
}

static int long_flag_arguments(const option_set *set, const char *argument, const char *next)
{
    size_t len = strcspn(argument, "=");
    AUTO_FREE char *name = xstrndup(argument + 2, len - 2);
    const option *row = option_by_flag(set, name);
    if (!row)
        return str_starts_with(name, "no-") && option_by_flag(set, name + 3) ? 1 : 0;
    if (argument[len] == '=')
        return 1;
    bool next_is_value = str_equal(next, "true") || str_equal(next, "false");
    if (row->type == OPTION_BOOL)
        return next_is_value && str_equal(row->fallback, "true") ? 2 : 1;
    return 2;
}

int options_flag_arguments(const option_set *set, int argc, char **argv, int at)
{
    const char *argument = argv[at];
    if (argument[0] != '-' || !argument[1])
        return 0;
    if (argument[1] == '-')
        return long_flag_arguments(set, argument, at + 1 < argc ? argv[at + 1] : NULL);
    for (const char *letter = argument + 1; *letter; letter++) {
        const option *row = by_letter(set, *letter);
        if (!row)
            return 0;
        if (row->type != OPTION_BOOL)
            return letter[1] ? 1 : 2;
    }
    return 1;
}

/* The flag's value in `argument`, or NULL; `next` is the following argument or NULL. */
static const char *peek_value(const char *argument, const char *next, const char *flag, char letter)
{
    size_t len = strlen(flag);
    if (str_starts_with(argument, "--") && strncmp(argument + 2, flag, len) == 0) {
        if (argument[2 + len] == '=')
            return argument + 2 + len + 1;
        return argument[2 + len] == '\0' ? next : NULL;
    }
    if (letter && argument[0] == '-' && argument[1] == letter)
        return argument[2] ? argument + 2 : next;
    return NULL;
}

const char *options_peek(int argc, char **argv, const char *flag, char letter)
{
    const char *found = NULL;
    flag += strspn(flag, "-");
    for (int i = 1; i < argc && !str_equal(argv[i], "--"); i++) {
        const char *value = peek_value(argv[i], i + 1 < argc ? argv[i + 1] : NULL, flag, letter);
        found = value ? value : found; /* the last one counts, as in options_arguments */
    }
    return found;
}
