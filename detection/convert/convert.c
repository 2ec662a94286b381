#include "base/util.h"
#include "detection/convert/convert.h"

#include <inttypes.h>

#include "base/fsutil.h"
#include "base/json/json_read.h"
#include "base/json/json_write.h"
#include "decon/base/digest.h"
#include "detection/convert/convert_config.h"
#include "detection/convert/extract.h"
#include "detection/convert/field.h"
#include "detection/convert/record_file.h"
#include "detection/convert/rows.h"
#include "detection/convert/source_files.h"
#include "detection/index/eval_files.h"

#define LINE_MAX_BYTES    ((size_t)1 << 30)
#define FINGERPRINT_BYTES 8
#define SPLITS_MAX        1000

/* One set and split while it is converted. */
typedef struct conversion {
    const convert_config *config;
    extract_entry entry;
    bool is_prepared; /* rows are evaluation records already */
    char *hf_config;
    record_files *out;
    const json_tree *row;
    convert_result result;
} conversion;

/* --- one record --- */

/* As in published sets: SHA-256 of passage, question and answer, 16 digits. */
static void put_fingerprint(const extract_record *r, buf *line)
{
    uint8_t digest[SHA256_BYTES];
    char text[2 * FINGERPRINT_BYTES + 1];
    const slice parts[] = {r->passage, r->question, r->answer};
    AUTO(digest_ctx) d = {0};
    digest_sha256_init(&d);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        digest_update(&d, parts[i].data, parts[i].len);
    digest_final(&d, digest);
    hex_encode(digest, FINGERPRINT_BYTES, text);
    json_member_string(line, "fingerprint", slice_from(text));
}

static bool is_reserved(const char *key)
{
    static const char *const names[] = {
        "answer",   "config",      "doc_id",     "eval_instance_index",
        "eval_key", "fingerprint", "is_correct", "passage",
        "question", "split",       "sub_index"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_equal(key, names[i]))
            return true;
    return false;
}

static void put_extra(const conversion *c, const json_node *name, buf *line)
{
    AUTO(buf) path = BUF(4096);
    if (!field_text(&c->config->tree, name, ".", &path) || is_reserved(buf_str(&path)))
        return;
    const json_node *value = field_find(c->row, json_tree_root(c->row), buf_slice(&path));
    if (!value)
        return;
    json_key(line, buf_str(&path));
    if (value->value.type == JSON_STRING)
        buf_append_char(line, '"');
    buf_append_slice(line, value->value.raw);
    if (value->value.type == JSON_STRING)
        buf_append_char(line, '"');
}

static void put_extras(const conversion *c, buf *line)
{
    const json_node *list =
        json_tree_member(&c->config->tree, c->entry.node, SLICE_LIT("extra_fields"));
    const json_node *name =
        json_tree_member(&c->config->tree, c->entry.node, SLICE_LIT("dataset_name_field"));
    for (const json_node *n = list ? json_tree_first(&c->config->tree, list) : NULL; n;
         n = json_tree_next(&c->config->tree, n))
        put_extra(c, n, line);
    if (name && !list)
        put_extra(c, name, line);
}

static bool put_record(void *ctx, const extract_record *r, err *e)
{
    conversion *c = ctx;
    AUTO(buf) line = BUF(LINE_MAX_BYTES);
    json_member_string(&line, "eval_key", slice_from(c->result.set));
    if (*c->hf_config)
        json_member_string(&line, "config", slice_from(c->hf_config));
    json_member_string(&line, "split", slice_from(c->result.split));
    json_member_unsigned(&line, "eval_instance_index", c->result.rows);
    json_member_unsigned(&line, "doc_id", record_files_new_id(c->out));
    if (r->sub_index >= 0)
        json_member_int(&line, "sub_index", r->sub_index);
    if (r->passage.data)
        json_member_string(&line, "passage", r->passage);
    json_member_string(&line, "question", r->question);
    if (r->answer.data)
        json_member_string(&line, "answer", r->answer);
    if (r->is_correct >= 0)
        json_member_bool(&line, "is_correct", r->is_correct == 1);
    put_fingerprint(r, &line);
    put_extras(c, &line);
    json_close(&line);
    return line.overflow ? err_set(e, ERR_LIMIT, "the record is longer than 1 GiB")
                         : record_files_put(c->out, buf_slice(&line), e);
}

/* --- one split --- */

static bool take_row(void *ctx, slice object, uint64_t line, err *e)
{
    UNUSED(line);
    conversion *c = ctx;
    AUTO(json_tree) row = {0};
    uint64_t count = 0;
    if (!json_tree_read(&row, object, e))
        return false;
    if (json_tree_root(&row)->value.type != JSON_OBJECT)
        return err_set(e, ERR_PARSE, "the row is not a JSON object");
    if (c->is_prepared) {
        count = 1;
        if (!record_files_copy(c->out, object, e))
            return false;
    } else {
        c->row = &row;
        if (!extract_row(&c->entry, &row, put_record, c, &count, e))
            return false;
    }
    c->result.without_question += count == 0;
    c->result.records += count;
    c->result.rows++;
    return true;
}

static bool convert_files(conversion *c, const source_files *files, err *e)
{
    AUTO_FREE char *name = xasprintf("%s_%s-1.jsonl", c->result.set, c->result.split);
    uint64_t renumbered = c->out->renumbered;
    if (strchr(name, '/'))
        return err_set(e, ERR_CONFIG, "%s: a name of a set or split has a slash", name);
    if (!record_files_begin(c->out, name, e))
        return false;
    for (size_t i = 0; i < files->count; i++)
        if (!rows_each(files->paths[i], take_row, c, e))
            return false;
    c->result.renumbered = c->out->renumbered - renumbered;
    return record_files_end(c->out, e);
}

/* --- one set --- */

/* local_path; else hf_path with hf_config, below the source folder. */
static char *source_of(const convert_options *o, const convert_config *c, const json_node *entry)
{
    AUTO_FREE char *local = convert_config_text(c, entry, "local_path");
    AUTO_FREE char *remote = convert_config_text(c, entry, "hf_path");
    AUTO_FREE char *config = convert_config_text(c, entry, "hf_config");
    const char *dir = o->source_dir ? o->source_dir : ".";
    if (*local)
        return *local == '/' ? xstrdup(local) : xasprintf("%s/%s", dir, local);
    if (!o->source_dir)
        return NULL;
    AUTO_FREE char *with_config = xasprintf("%s/%s/%s", dir, remote, config);
    return *config && fs_exists(with_config) ? xstrdup(with_config)
                                             : xasprintf("%s/%s", dir, remote);
}

typedef struct split_list {
    char *names[SPLITS_MAX + 1];
    size_t count;
} split_list;

static void split_list_deinit(split_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
}
DEFINE_AUTO(split_list, split_list_deinit)

static void find_splits(const convert_config *c, const json_node *entry, split_list *out)
{
    const json_node *list = json_tree_member(&c->tree, entry, SLICE_LIT("splits"));
    for (const json_node *n = json_tree_first(&c->tree, list); n && out->count < SPLITS_MAX;
         n = json_tree_next(&c->tree, n)) {
        AUTO(buf) name = BUF(4096);
        if (field_text(&c->tree, n, " ", &name))
            out->names[out->count++] = xstrdup(buf_str(&name));
    }
}

static bool convert_split(const convert_options *o, conversion *c, const char *source,
                          const split_list *splits, err *e)
{
    AUTO(source_files) files = {0};
    if (source &&
        !source_files_find(source, c->result.split, (const char *const *)splits->names, &files, e))
        return false;
    c->result.files = files.count;
    c->result.unreadable = files.unreadable;
    if (files.count > 0 && !convert_files(c, &files, e))
        return false;
    o->on_result(o->ctx, &c->result);
    return true;
}

static bool convert_set(const convert_options *o, const convert_config *config,
                        const json_node *entry, const char *name, record_files *out, err *e)
{
    AUTO(split_list) splits = {0};
    AUTO_FREE char *source = source_of(o, config, entry);
    AUTO_FREE char *hf_config = convert_config_text(config, entry, "hf_config");
    find_splits(config, entry, &splits);
    for (size_t i = 0; i < splits.count; i++) {
        const char *split = splits.names[i];
        conversion c = {.config = config,
                        .entry = {.config = &config->tree,
                                  .node = entry,
                                  .has_answers = !convert_config_lists(config, entry,
                                                                       "no_answer_splits", split)},
                        .is_prepared = !convert_config_has(config, entry, "prompt") &&
                                       !convert_config_has(config, entry, "prompts"),
                        .hf_config = hf_config,
                        .out = out,
                        .result = {.set = name, .split = split}};
        if (!convert_split(o, &c, source, &splits, e))
            return false;
    }
    return true;
}

bool convert_run(const convert_options *o, err *e)
{
    AUTO(convert_config) config = {0};
    AUTO(record_files) out = {0};
    bool found = false;
    if (!convert_config_read(&config, o->config, e) || !record_files_open(&out, o->output_dir, e))
        return false;
    const json_node *entries = convert_config_entries(&config);
    for (const json_node *n = json_tree_first(&config.tree, entries); n;
         n = json_tree_next(&config.tree, n)) {
        AUTO(buf) name = BUF(4096);
        json_node_put_key(n, &name);
        if (o->set && !str_equal(o->set, buf_str(&name)))
            continue;
        found = true;
        if (!convert_set(o, &config, n, buf_str(&name), &out, e))
            return err_context(e, "evals.%s", buf_str(&name));
    }
    return found || !o->set ||
           err_set(e, ERR_CONFIG, "%s: there is no entry %s", o->config, o->set);
}

/* --- renumbering --- */

typedef struct copying {
    record_files *out;
    convert_result *total;
} copying;

static bool copy_row(void *ctx, slice object, uint64_t line, err *e)
{
    UNUSED(line);
    copying *c = ctx;
    if (object.data[0] == '#')
        return true;
    c->total->records++;
    return record_files_copy(c->out, object, e);
}

/* The name below the folder, without its compression's suffix. */
static char *plain_name(const char *path, const char *dir)
{
    const char *name = path + strlen(dir);
    name += strspn(name, "/");
    return xstrndup(name, strlen(name) - strlen(codec_name_suffix(name)));
}

static bool note_highest(void *ctx, slice object, uint64_t line, err *e)
{
    static const char *const keys[] = {"doc_id"};
    record_files *out = ctx;
    json_value value;
    uint64_t doc_id;
    UNUSED(line), UNUSED(e);
    if (json_read_members(object, keys, &value, 1, NULL, NULL) && json_unsigned(&value, &doc_id))
        out->ids.highest = MAX(out->ids.highest, doc_id);
    return true;
}

/* New numbers lie above all that the files have. */
static bool note_all(const eval_files *files, record_files *out, err *e)
{
    for (size_t i = 0; i < files->count; i++)
        if (!rows_each(files->paths[i], note_highest, out, e))
            return false;
    return true;
}

static bool check_folders(const char *dir, const char *output_dir, err *e)
{
    AUTO_FREE char *from = realpath(dir, NULL);
    AUTO_FREE char *to = realpath(output_dir, NULL);
    return !from || !to || !str_equal(from, to) ||
           err_set(e, ERR_USAGE, "%s is also the folder that is read; choose another --output-dir",
                   output_dir);
}

bool convert_renumber(const char *dir, const char *output_dir, convert_result *total, err *e)
{
    AUTO(eval_files) files = {0};
    AUTO(record_files) out = {0};
    *total = (convert_result){0};
    copying c = {.out = &out, .total = total};
    if (!check_folders(dir, output_dir, e) || !eval_files_find(dir, &files, e) ||
        !record_files_open(&out, output_dir, e) || !note_all(&files, &out, e))
        return false;
    for (size_t i = 0; i < files.count; i++) {
        AUTO_FREE char *name = plain_name(files.paths[i], dir);
        if (!record_files_begin(&out, name, e) || !rows_each(files.paths[i], copy_row, &c, e) ||
            !record_files_end(&out, e))
            return false;
        total->files++;
    }
    total->renumbered = out.renumbered;
    return true;
}
