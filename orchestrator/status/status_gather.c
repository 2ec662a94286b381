#include "orchestrator/status/status_gather.h"

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/plan/input_list_fetch.h"

static bool on_input(void *ctx, const s3_object *object, err *e)
{
    UNUSED(e);
    status_table_add_input(ctx, object);
    return true;
}

static bool on_output(void *ctx, const s3_object *object, err *e)
{
    UNUSED(e);
    status_table_add_output(ctx, object);
    return true;
}

static bool same_place(const place *a, const place *b)
{
    return str_equal(a->bucket, b->bucket) && str_equal(a->prefix, b->prefix);
}

static bool read_lists(store_session *s, const config *c, const char *const *lists, status_table *t,
                       err *e)
{
    AUTO(listing) found = {0};
    store_session_begin(s);
    op *fetch = input_list_fetch_start(&(input_list_fetch_options){.transport = s->env.transport,
                                                                   .s3 = s->s3,
                                                                   .lists = lists,
                                                                   .columns = c->input_list_columns,
                                                                   .places = t->places,
                                                                   .out = &found,
                                                                   .on_done = store_session_end,
                                                                   .ctx = s});
    UNUSED(fetch);
    if (!store_session_wait(s, e) || !listed_drop_repeats(&found.inputs, e))
        return false;
    status_table_take_inputs(t, &found.inputs);
    return true;
}

static const char *const *lists_of(const config *given, const status_runs *runs)
{
    bool any = given->input_list && given->input_list[0];
    char **of_run = given->remote_file_input ? NULL : runs->input_lists;
    char **lists = any ? given->input_list : of_run;
    for (size_t i = 0; !any && lists && lists[i]; i++)
        if (!str_starts_with(lists[i], "s3://")) {
            log_info("input_list of the newest run: %s is a file of its host; the input folder is "
                     "listed instead",
                     lists[i]);
            return NULL;
        }
    return lists && lists[0] ? (const char *const *)lists : NULL;
}

/* At the same time: the store prepares a page of one while another is read. */
static bool list_folders(store_session *s, bool with_input, bool with_cleaned, status_table *t,
                         err *e)
{
    const places *p = t->places;
    store_listing listings[3] = {{p->report.bucket, p->report.prefix, on_output, t}};
    size_t count = 1;
    if (with_input)
        listings[count++] = (store_listing){p->input.bucket, places_list_prefix(p), on_input, t};
    if (with_cleaned && !same_place(&p->report, &p->cleaned))
        listings[count++] = (store_listing){p->cleaned.bucket, p->cleaned.prefix, on_output, t};
    return store_session_list_all(s, listings, count, e);
}

bool status_find_places(const config *given, const status_runs *runs, places *out, err *e)
{
    const char *input = given->remote_file_input ? given->remote_file_input : runs->input_uri;
    const char *cleaned =
        given->remote_cleaned_output_dir ? given->remote_cleaned_output_dir : runs->cleaned_uri;
    if (!input)
        return err_set(e, ERR_PLAN,
                       "%s: there is no record of a run, so the input folder is unknown; give "
                       "--remote-file-input or --config FILE",
                       given->remote_report_output_dir);
    if (!given->input_suffixes[0] && runs->suffixes)
        names_take_suffixes((const char *const *)runs->suffixes);
    return places_make(input, given->remote_report_output_dir, cleaned, out, e);
}

bool status_gather(store_session *s, const config *c, const status_runs *runs, const places *where,
                   status_table *table, err *e)
{
    bool purify = runs->purify_known && runs->purify;
    const char *const *lists = lists_of(c, runs);
    table->places = where;
    table->lists = lists;
    if ((lists && !read_lists(s, c, lists, table, e)) || !list_folders(s, !lists, purify, table, e))
        return false;
    status_table_judge(table, purify);
    return table->inputs.count > 0 ||
           err_set(e, ERR_PLAN, "s3://%s/%s: there is no training file; check remote_file_input",
                   where->input.bucket, places_list_prefix(where));
}
