#include "orchestrator/status/status_print.h"

#include "base/json/json_write.h"
#include "base/options/options.h"
#include "base/util.h"
#include "orchestrator/fleet/run_name.h"

#define FORMAT       1
#define ROWS_MAX     20 /* of each table in text; JSON has all */
#define NUMBER_BYTES 32

/* --- text --- */

static void put_files(buf *out, uint64_t count)
{
    char text[NUMBER_BYTES];
    format_count(count, text, sizeof text);
    buf_printf(out, "%s file%s", text, count == 1 ? "" : "s");
}

static void put_head(const status_view *v, buf *out)
{
    const status_sums *s = v->sums;
    const places *p = v->places;
    char size[NUMBER_BYTES], done[NUMBER_BYTES], left[NUMBER_BYTES];
    uint64_t files_done = s->clean + s->contaminated;
    format_size(s->input_bytes, size, sizeof size);
    format_size(s->done_bytes, done, sizeof done);
    format_size(s->left_bytes, left, sizeof left);
    buf_printf(out, "input    s3://%s/%s: ", p->input.bucket, places_list_prefix(p));
    put_files(out, s->inputs);
    buf_printf(out, ", %s\nreports  s3://%s/%s\ndone     ", size, p->report.bucket,
               p->report.prefix);
    put_files(out, files_done);
    buf_printf(out, " (%llu%%), %s: %llu clean, %llu contaminated\nleft     ",
               (unsigned long long)(s->inputs ? files_done * 100 / s->inputs : 100), done,
               (unsigned long long)s->clean, (unsigned long long)s->contaminated);
    put_files(out, s->left);
    buf_printf(out, ", %s", left);
    if (s->failed || s->refused)
        buf_printf(out, ": %llu failed, %llu refused by name", (unsigned long long)s->failed,
                   (unsigned long long)s->refused);
    buf_append_char(out, '\n');
}

static void put_division(const status_runs *r, buf *out)
{
    if (r->claims)
        buf_append_str(out, "; they claim slices");
    if (r->claims && r->host_count > 1)
        buf_printf(out, ", %llu in all", (unsigned long long)r->host_count);
    buf_append_char(out, '\n');
}

static void put_rate(const status_view *v, buf *out)
{
    const status_sums *s = v->sums;
    char rate[NUMBER_BYTES], left[NUMBER_BYTES];
    uint64_t left_ms = status_sums_left_ms(s);
    buf_printf(out, "hosts    %llu running, %llu silent for more than %d minutes",
               (unsigned long long)s->running, (unsigned long long)s->silent, STATUS_SILENT_S / 60);
    put_division(v->runs, out);
    if (!s->bytes_per_s || !s->left)
        return;
    format_size(s->bytes_per_s, rate, sizeof rate);
    format_duration(left_ms, left, sizeof left);
    buf_printf(out, "rate     %s/s, %s left\n", rate, left);
}

/* If hosts claim their work. */
static void put_slices(const status_slices *s, buf *out)
{
    if (!s->total)
        return;
    buf_printf(out, "slices   %llu of %llu done, %llu of them with failures, %llu held by hosts\n",
               (unsigned long long)s->done + s->failed, (unsigned long long)s->total,
               (unsigned long long)s->failed, (unsigned long long)s->held);
}

static void put_lines(const status_sums *s, buf *out)
{
    char lines[NUMBER_BYTES], found[NUMBER_BYTES];
    uint64_t done = s->clean + s->contaminated;
    format_count(s->lines, lines, sizeof lines);
    format_count(s->contaminated_lines, found, sizeof found);
    buf_printf(out, "lines    %s, %s contaminated", lines, found);
    if (s->counted < done)
        buf_printf(out, " (of %llu of %llu files; unknown for the others)",
                   (unsigned long long)s->counted, (unsigned long long)done);
    buf_append_char(out, '\n');
    if (s->other_settings)
        buf_printf(out,
                   "settings %llu results were made with other settings than the newest run's\n",
                   (unsigned long long)s->other_settings);
}

/* Running hosts, and shares with files left. */
static bool is_shown(const status_host *h)
{
    return h->running || h->left_files || h->failed || h->refused;
}

static void put_host(const status_host *h, int64_t now_s, buf *out)
{
    char size[NUMBER_BYTES], rate[NUMBER_BYTES];
    char age[NUMBER_BYTES] = "-", index[NUMBER_BYTES] = "claims";
    format_size(h->left_bytes, size, sizeof size);
    format_size(h->bytes_per_s, rate, sizeof rate);
    if (h->run)
        format_duration((uint64_t)MAX(now_s - h->updated_s, (int64_t)0) * 1000, age, sizeof age);
    if (h->index >= 0)
        snprintf(index, sizeof index, "%lld", (long long)h->index);
    buf_printf(out, "%6s  %-13s %8s %9llu %7llu %9llu %10s %10s/s  %s%s%s\n", index,
               h->silent ? "SILENT" : h->state, age, (unsigned long long)h->clean + h->contaminated,
               (unsigned long long)h->failed, (unsigned long long)h->left_files, size, rate,
               h->machine ? h->machine : "", h->machine ? ", " : "", h->run ? h->run : "-");
}

static void put_hosts(const status_view *v, buf *out)
{
    const status_runs *r = v->runs;
    size_t shown = 0, count = 0;
    for (size_t i = 0; i < r->count; i++)
        count += is_shown(&r->hosts[i]);
    if (!count)
        return;
    buf_printf(out, "\n%6s  %-13s %8s %9s %7s %9s %10s %12s  %s\n", "host", "state", "record",
               "done", "failed", "left", "left", "rate", "machine, run");
    for (size_t i = 0; i < r->count && shown < ROWS_MAX; i++)
        if (is_shown(&r->hosts[i])) {
            put_host(&r->hosts[i], v->now_s, out);
            shown++;
        }
    if (count > shown)
        buf_printf(out, "        and %zu more hosts; --json shows all\n", count - shown);
}

static int compare_sets(const void *a, const void *b)
{
    const set_count *x = *(const set_count *const *)a, *y = *(const set_count *const *)b;
    return (y->lines > x->lines) - (y->lines < x->lines);
}

static void put_sets(const set_counts *c, buf *out)
{
    AUTO_FREE const set_count **order = xcalloc(c->count + 1, sizeof *order);
    for (size_t i = 0; i < c->count; i++)
        order[i] = &c->sets[i];
    if (!c->count)
        return;
    qsort(order, c->count, sizeof *order, compare_sets);
    buf_append_str(out, "\ncontaminated lines by evaluation set\n");
    for (size_t i = 0; i < MIN(c->count, (size_t)ROWS_MAX); i++)
        buf_printf(out, "%12llu  %s\n", (unsigned long long)order[i]->lines, order[i]->name);
    if (c->count > ROWS_MAX)
        buf_printf(out, "              and %zu more sets; --json shows all\n", c->count - ROWS_MAX);
}

static int compare_folders(const void *a, const void *b)
{
    const status_folder *x = *(const status_folder *const *)a,
                        *y = *(const status_folder *const *)b;
    if (x->contaminated != y->contaminated)
        return x->contaminated < y->contaminated ? 1 : -1;
    return (y->contaminated_lines > x->contaminated_lines) -
           (y->contaminated_lines < x->contaminated_lines);
}

static void put_folders(const status_sums *s, buf *out)
{
    AUTO_FREE const status_folder **order = xcalloc(s->folder_count + 1, sizeof *order);
    for (size_t i = 0; i < s->folder_count; i++)
        order[i] = &s->folders[i];
    if (!s->folder_count)
        return;
    qsort(order, s->folder_count, sizeof *order, compare_folders);
    buf_printf(out, "\n%9s %9s %12s %12s  %s\n", "files", "done", "contaminated", "its lines",
               "source folder");
    for (size_t i = 0; i < MIN(s->folder_count, (size_t)ROWS_MAX); i++)
        buf_printf(out, "%9llu %9llu %12llu %12llu  %s\n", (unsigned long long)order[i]->files,
                   (unsigned long long)order[i]->done, (unsigned long long)order[i]->contaminated,
                   (unsigned long long)order[i]->contaminated_lines,
                   order[i]->name[0] ? order[i]->name : ".");
    if (s->folder_count > ROWS_MAX)
        buf_printf(out, "          and %zu more folders; --json shows all\n",
                   s->folder_count - ROWS_MAX);
}

void status_print_text(const status_view *v, buf *out)
{
    put_head(v, out);
    put_rate(v, out);
    put_slices(v->slices, out);
    put_lines(v->sums, out);
    put_hosts(v, out);
    put_sets(&v->sums->sets, out);
    put_folders(v->sums, out);
}

/* --- JSON --- */

static void json_uri(buf *out, const char *key, const char *bucket, const char *prefix)
{
    AUTO_FREE char *uri = xasprintf("s3://%s/%s", bucket, prefix);
    json_member_string(out, key, slice_from(uri));
}

static void json_totals(const status_sums *s, buf *out)
{
    json_open(out, "files");
    json_member_unsigned(out, "total", s->inputs);
    json_member_unsigned(out, "done", s->clean + s->contaminated);
    json_member_unsigned(out, "clean", s->clean);
    json_member_unsigned(out, "contaminated", s->contaminated);
    json_member_unsigned(out, "left", s->left);
    json_member_unsigned(out, "failed", s->failed);
    json_member_unsigned(out, "refused", s->refused);
    json_member_unsigned(out, "with_known_lines", s->counted);
    json_member_unsigned(out, "with_other_settings", s->other_settings);
    json_close(out);
    json_open(out, "bytes");
    json_member_unsigned(out, "total", s->input_bytes);
    json_member_unsigned(out, "done", s->done_bytes);
    json_member_unsigned(out, "left", s->left_bytes);
    json_member_unsigned(out, "per_second", s->bytes_per_s);
    json_close(out);
    json_key(out, "seconds_left");
    if (status_sums_left_ms(s) == UINT64_MAX)
        buf_append_str(out, "null");
    else
        buf_printf(out, "%llu", (unsigned long long)(status_sums_left_ms(s) / 1000));
    json_member_unsigned(out, "lines", s->lines);
    json_member_unsigned(out, "contaminated_lines", s->contaminated_lines);
    json_key(out, "contaminated_lines_by_set");
    set_counts_write(&s->sets, out);
}

static void json_slices(const status_slices *s, buf *out)
{
    if (!s->total)
        return;
    json_open(out, "slices");
    json_member_unsigned(out, "round", s->round);
    json_member_unsigned(out, "total", s->total);
    json_member_unsigned(out, "done", s->done);
    json_member_unsigned(out, "failed", s->failed);
    json_member_unsigned(out, "held", s->held);
    json_close(out);
}

static void json_host(const status_host *h, buf *out)
{
    char when[RUN_TIME_BYTES];
    buf_append_char(out, '{');
    if (h->index >= 0)
        json_member_int(out, "index", h->index);
    else
        json_member_bool(out, "claims", true);
    if (h->count)
        json_member_unsigned(out, "count", h->count);
    if (h->machine)
        json_member_string(out, "machine", slice_from(h->machine));
    if (h->work_dir)
        json_member_string(out, "work_dir", slice_from(h->work_dir));
    if (h->run)
        json_member_string(out, "run", slice_from(h->run));
    json_member_string(out, "state", slice_from(h->state));
    json_member_bool(out, "silent", h->silent);
    if (h->run)
        json_member_string(out, "updated", slice_from(run_time_text(h->updated_s, true, when)));
    json_member_unsigned(out, "clean", h->clean);
    json_member_unsigned(out, "contaminated", h->contaminated);
    json_member_unsigned(out, "failed", h->failed);
    json_member_unsigned(out, "refused", h->refused);
    json_member_unsigned(out, "in_flight", h->in_flight);
    json_member_unsigned(out, "bytes_done", h->bytes_done);
    json_member_unsigned(out, "bytes_per_second", h->bytes_per_s);
    json_member_unsigned(out, "left_files", h->left_files);
    json_member_unsigned(out, "left_bytes", h->left_bytes);
    json_close(out);
}

static void json_folder(const status_folder *f, buf *out)
{
    buf_append_char(out, '{');
    json_member_string(out, "name", slice_from(f->name));
    json_member_unsigned(out, "files", f->files);
    json_member_unsigned(out, "done", f->done);
    json_member_unsigned(out, "contaminated", f->contaminated);
    json_member_unsigned(out, "lines", f->lines);
    json_member_unsigned(out, "contaminated_lines", f->contaminated_lines);
    json_close(out);
}

void status_print_json(const status_view *v, buf *out)
{
    const places *p = v->places;
    char when[RUN_TIME_BYTES];
    json_member_int(out, "format", FORMAT);
    json_member_string(out, "time", slice_from(run_time_text(v->now_s, true, when)));
    json_member_bool(out, "complete", v->sums->left == 0);
    json_uri(out, "input", p->input.bucket, places_list_prefix(p));
    json_uri(out, "reports", p->report.bucket, p->report.prefix);
    json_totals(v->sums, out);
    json_slices(v->slices, out);
    json_member_unsigned(out, "hosts_running", v->sums->running);
    json_member_unsigned(out, "hosts_silent", v->sums->silent);
    json_key(out, "hosts");
    buf_append_char(out, '[');
    for (size_t i = 0; i < v->runs->count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        json_host(&v->runs->hosts[i], out);
    }
    buf_append_char(out, ']');
    json_key(out, "folders");
    buf_append_char(out, '[');
    for (size_t i = 0; i < v->sums->folder_count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        json_folder(&v->sums->folders[i], out);
    }
    buf_append_str(out, "]}\n");
}
