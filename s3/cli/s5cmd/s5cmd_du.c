/* du as s5cmd prints it: one line, or one per storage class. */
#include "s3/cli/commands/option_rows.h"
#include "base/util.h"
#include "s3/cli/s5cmd/listing.h"
#include "s3/cli/s5cmd/style.h"
#include "s3/cli/s5cmd/translate.h"
#include "s3/cli/session/print.h"

#define CLASSES_MAX 32

typedef struct class_sum {
    char name[32];
    uint64_t count, bytes;
} class_sum;

typedef struct sums {
    class_sum total, classes[CLASSES_MAX];
    size_t class_count;
} sums;

static void add(class_sum *s, uint64_t bytes)
{
    s->count++;
    s->bytes += bytes;
}

static void on_entry(void *ctx, const s3_uri *at, const char *key, const char *shown,
                     const s3_object *object)
{
    sums *s = ctx;
    UNUSED(at);
    UNUSED(shown);
    if (!object || str_ends_with(key, "/"))
        return;
    const char *name = object->storage_class ? object->storage_class : "STANDARD";
    size_t i = 0;
    while (i < s->class_count && !str_equal(s->classes[i].name, name))
        i++;
    if (i == s->class_count && i < CLASSES_MAX - 1)
        snprintf(s->classes[s->class_count++].name, sizeof s->classes[i].name, "%s", name);
    add(&s->classes[MIN(i, (size_t)CLASSES_MAX - 2)], object->size_bytes);
    add(&s->total, object->size_bytes);
}

static void print_sum(const cli *c, const class_sum *s)
{
    char size[32];
    if (c->config->json) {
        const print_member members[] = {
            {.name = "source", .text = c->words[0]},
            {.name = "storage_class", .text = s->name, .absent = !s->name[0]},
            {.name = "count", .number = s->count},
            {.name = "size", .number = s->bytes},
        };
        print_json(members, ARRAY_LEN(members));
        return;
    }
    s5cmd_size(s->bytes, c->config->human_readable, size, sizeof size);
    printf("%s bytes in %llu objects: %s", size, (unsigned long long)s->count, c->words[0]);
    if (s->name[0])
        printf(" [%s]", s->name);
    putchar('\n');
}

static bool run(cli *c, err *e)
{
    sums s = {0};
    s5cmd_listing l = {.call = {.c = c}, .word = c->words[0], .each = on_entry, .ctx = &s};
    if (!s5cmd_list(&l, e))
        return false;
    for (size_t i = 0; c->config->by_class && i < s.class_count; i++)
        print_sum(c, &s.classes[i]);
    if (!c->config->by_class)
        print_sum(c, &s.total);
    return print_flush(e);
}

/* clang-format off */
static const option rows[] = {
    {.key = "by_class", .type = OPTION_BOOL, .offset = AT(by_class), .help = "Print one line per storage class."},
    ROW_ALL_VERSIONS, ROW_VERSION_ID, ROW_HUMAN_READABLE, ROWS_OF_FILTERS, ROWS_OF_CLIENTS, ROWS_OF_ALL,
};
/* clang-format on */

const cli_command s5cmd_command_du = {
    .name = "du",
    .options = SET(rows, "du", "s5cmd du s3://BUCKET[/PREFIX]", NULL, NULL),
    .words_min = 1,
    .words_max = 1,
    .needs_client = true,
    .run = run,
};
