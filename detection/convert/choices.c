#include "base/array.h"
#include "base/util.h"
#include "detection/convert/choices.h"

#include <ctype.h>
#include <inttypes.h>
#include <strings.h>

#include "detection/convert/field.h"

#define TEXT_MAX_BYTES ((size_t)256 << 20)
#define BETWEEN        " "

/* One search: the configuration's tree and the row's. */
typedef struct search {
    const json_tree *t, *row;
    answer_list *out;
} search;

void answer_list_deinit(answer_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        buf_deinit(&l->items[i].text);
    free(l->items);
    *l = (answer_list){0};
}

static void add_answer(const search *s, const json_node *node, int is_correct)
{
    answer_list *l = s->out;
    AUTO(buf) text = BUF(TEXT_MAX_BYTES);
    if (!field_text(s->row, node, BETWEEN, &text))
        return;
    ARRAY_RESERVE(l->items, l->capacity, l->count + 1);
    l->items[l->count] = (answer_item){.text = BUF(TEXT_MAX_BYTES), .is_correct = is_correct};
    buf_append_slice(&l->items[l->count++].text, buf_slice(&text));
}

/* --- the configuration --- */

/* The text of a member; empty where it is absent or null. */
static void put_setting(const search *s, const json_node *config, const char *key, buf *out)
{
    const json_node *node = json_tree_member(s->t, config, slice_from(key));
    if (node)
        (void)field_text(s->t, node, BETWEEN, out);
}

/* The row's value at the path that a member of the configuration names. */
static const json_node *named_field(const search *s, const json_node *config, const char *key)
{
    AUTO(buf) path = BUF(4096);
    put_setting(s, config, key, &path);
    return field_find(s->row, json_tree_root(s->row), buf_slice(&path));
}

static void named_text(const search *s, const json_node *config, const char *key, buf *out)
{
    const json_node *node = named_field(s, config, key);
    if (node)
        (void)field_text(s->row, node, BETWEEN, out);
}

static void replace_by_letter(buf *text, int letter)
{
    buf_clear(text);
    buf_append_char(text, (char)letter);
}

static void replace_by_number(buf *text, uint64_t number)
{
    buf_clear(text);
    buf_printf(text, "%" PRIu64, number);
}

/* numbers_to_letters: 1 is A; add_one: 0 is 1; index_to_letter: 0 is a. */
static void transform_label(const search *s, const json_node *config, buf *label)
{
    AUTO(buf) how = BUF(100);
    uint64_t number;
    put_setting(s, config, "label_transform", &how);
    if (how.len == 0 || !num_parse_u64(buf_str(label), &number) || number > 25)
        return;
    if (str_equal(buf_str(&how), "numbers_to_letters") && number > 0)
        replace_by_letter(label, 'A' + (int)number - 1);
    else if (str_equal(buf_str(&how), "add_one"))
        replace_by_number(label, number + 1);
    else if (str_equal(buf_str(&how), "index_to_letter"))
        replace_by_letter(label, 'a' + (int)number);
}

/* --- expand_choices --- */

typedef struct choices {
    field_list texts, labels; /* labels: empty, or one for each text */
    bool labels_are_keys;
} choices;

static void choices_deinit(choices *c)
{
    field_list_deinit(&c->texts);
    field_list_deinit(&c->labels);
}
DEFINE_AUTO(choices, choices_deinit)

static void collect(const search *s, const json_node *node, field_list *out)
{
    field_collect(s->row, node, (slice){0}, out);
}

/* An array of texts, {"label": [...], "text": [...]}, or {"A": "...", "B": "..."}. */
static void find_choices(const search *s, slice path, choices *c)
{
    const json_node *root = json_tree_root(s->row), *node = field_find(s->row, root, path);
    if (!node)
        return;
    if (node->value.type != JSON_OBJECT) {
        collect(s, node, &c->texts);
        if (!slice_ends_with(path, ".text"))
            return;
        AUTO(buf) beside = BUF(4096);
        buf_append_slice(&beside, (slice){.data = path.data, .len = path.len - strlen("text")});
        buf_append_str(&beside, "label");
        field_collect(s->row, root, buf_slice(&beside), &c->labels);
        return;
    }
    const json_node *texts = json_tree_member(s->row, node, SLICE_LIT("text"));
    const json_node *labels = json_tree_member(s->row, node, SLICE_LIT("label"));
    if (texts && texts->value.type == JSON_ARRAY) {
        collect(s, texts, &c->texts);
        if (labels)
            collect(s, labels, &c->labels);
        return;
    }
    c->labels_are_keys = true;
    for (const json_node *n = json_tree_first(s->row, node); n; n = json_tree_next(s->row, n)) {
        collect(s, n, &c->texts);
        collect(s, n, &c->labels);
    }
}

static bool label_is(const search *s, const choices *c, size_t i, slice correct)
{
    AUTO(buf) label = BUF(TEXT_MAX_BYTES);
    if (c->labels_are_keys)
        json_node_put_key(c->labels.nodes[i], &label);
    else
        (void)field_text(s->row, c->labels.nodes[i], BETWEEN, &label);
    return label.len == correct.len && strncasecmp(buf_str(&label), correct.data, label.len) == 0;
}

/* By label, else by index from 0, else by letter. False: no choice matches. */
static bool correct_by_number(const search *s, const choices *c, slice correct, size_t *which)
{
    AUTO_FREE char *text = slice_dup(correct);
    uint64_t index;
    if (c->labels.count == c->texts.count)
        for (*which = 0; *which < c->labels.count; (*which)++)
            if (label_is(s, c, *which, correct))
                return true;
    if (num_parse_u64(text, &index)) {
        *which = (size_t)index;
        return index < c->texts.count;
    }
    if (correct.len == 1 && isalpha((unsigned char)text[0])) {
        *which = (size_t)(toupper((unsigned char)text[0]) - 'A');
        return *which < c->texts.count;
    }
    return false;
}

static bool correct_by_text(const search *s, const choices *c, slice correct, size_t *which)
{
    for (*which = 0; *which < c->texts.count; (*which)++) {
        AUTO(buf) text = BUF(TEXT_MAX_BYTES);
        (void)field_text(s->row, c->texts.nodes[*which], BETWEEN, &text);
        if (slice_equal(buf_slice(&text), correct))
            return true;
    }
    return false;
}

/* Without correct_index, the row's field `answer` may repeat one of the choices. */
static bool find_correct(const search *s, const json_node *config, const choices *c, size_t *which)
{
    AUTO(buf) correct = BUF(TEXT_MAX_BYTES);
    named_text(s, config, "correct_index", &correct);
    if (correct.len > 0)
        return correct_by_number(s, c, buf_slice(&correct), which) ||
               correct_by_text(s, c, buf_slice(&correct), which);
    const json_node *answer = field_find(s->row, json_tree_root(s->row), SLICE_LIT("answer"));
    return answer && field_text(s->row, answer, BETWEEN, &correct) &&
           correct_by_text(s, c, buf_slice(&correct), which);
}

static void expand_choices(const search *s, const json_node *config)
{
    AUTO(choices) c = {0};
    AUTO(buf) path = BUF(4096);
    size_t which = 0;
    put_setting(s, config, "field", &path);
    find_choices(s, buf_slice(&path), &c);
    bool is_known = find_correct(s, config, &c, &which);
    for (size_t i = 0; i < c.texts.count; i++)
        add_answer(s, c.texts.nodes[i], is_known ? i == which : -1);
    s->out->are_choices = true;
}

/* --- expand_prefix, indexed, a field --- */

/* The rest of a key after the prefix, if it is one or two letters or digits. */
static bool suffix_of(const json_node *member, slice prefix, buf *suffix)
{
    AUTO(buf) key = BUF(4096);
    json_node_put_key(member, &key);
    if (key.len <= prefix.len || key.len > prefix.len + 2 || prefix.len == 0 ||
        memcmp(buf_str(&key), prefix.data, prefix.len) != 0)
        return false;
    for (size_t i = prefix.len; i < key.len; i++)
        if (!isalnum((unsigned char)key.data[i]))
            return false;
    buf_append_str(suffix, buf_str(&key) + prefix.len);
    return true;
}

static void expand_prefix(const search *s, const json_node *config)
{
    AUTO(buf) prefix = BUF(4096);
    AUTO(buf) label = BUF(TEXT_MAX_BYTES);
    const json_node *root = json_tree_root(s->row);
    put_setting(s, config, "prefix", &prefix);
    named_text(s, config, "suffix_match_field", &label);
    transform_label(s, config, &label);
    for (const json_node *n = json_tree_first(s->row, root); n; n = json_tree_next(s->row, n)) {
        AUTO(buf) suffix = BUF(8);
        if (!suffix_of(n, buf_slice(&prefix), &suffix))
            continue;
        add_answer(s, n, label.len ? strcasecmp(buf_str(&suffix), buf_str(&label)) == 0 : -1);
    }
    s->out->are_choices = true;
}

static void indexed(const search *s, const json_node *config)
{
    AUTO(buf) path = BUF(TEXT_MAX_BYTES);
    AUTO(buf) key = BUF(TEXT_MAX_BYTES);
    named_text(s, config, "key_field", &key);
    transform_label(s, config, &key);
    if (key.len == 0)
        return;
    put_setting(s, config, "prefix", &path);
    if (path.len == 0) {
        put_setting(s, config, "field", &path);
        buf_append_char(&path, '.');
    }
    buf_append_slice(&path, buf_slice(&key));
    add_answer(s, field_find(s->row, json_tree_root(s->row), buf_slice(&path)), -1);
}

/* A list contains answers that are all right. */
static void field_answers(const search *s, slice path)
{
    const json_node *node = field_find(s->row, json_tree_root(s->row), path);
    if (!node)
        return;
    AUTO(field_list) values = {0};
    collect(s, node, &values);
    for (size_t i = 0; i < values.count; i++)
        add_answer(s, values.nodes[i], -1);
}

static void try_way(const search *s, const json_node *way)
{
    static const struct {
        const char *name;
        void (*find)(const search *s, const json_node *config);
    } ways[] = {
        {"expand_choices", expand_choices}, {"expand_prefix", expand_prefix}, {"indexed", indexed}};
    if (way->value.type == JSON_STRING) {
        AUTO(buf) path = BUF(4096);
        json_node_put_text(way, &path);
        field_answers(s, buf_slice(&path));
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const json_node *config = json_tree_member(s->t, way, slice_from(ways[i].name));
        if (config)
            ways[i].find(s, config);
    }
}

void answers_find(const json_tree *t, const json_node *config, const json_tree *row,
                  answer_list *out)
{
    const search s = {.t = t, .row = row, .out = out};
    if (!config)
        return;
    if (config->value.type != JSON_ARRAY) {
        try_way(&s, config);
        return;
    }
    for (const json_node *way = json_tree_first(t, config); way && out->count == 0;
         way = json_tree_next(t, way)) {
        out->are_choices = false;
        try_way(&s, way);
    }
}
