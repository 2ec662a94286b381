#include "base/util.h"
#include "detection/rejudge/rejudge_print.h"

#include <inttypes.h>

#include "base/json/json_write.h"

bool rejudge_needs_cleaning(const rejudge_change *c)
{
    return c->change.lines_added + c->change.lines_removed > 0;
}

static const char *verdict(uint64_t lines)
{
    return lines > 0 ? "contaminated" : "clean";
}

/* Names come from reports: control characters never reach the terminal. */
static void put_name(const char *name, FILE *out)
{
    for (; *name; name++)
        fputc((unsigned char)*name < 0x20 || *name == 0x7F ? '?' : *name, out);
}

static void print_change(const rejudge_change *x, FILE *out)
{
    const file_change *c = &x->change;
    if (!rejudge_needs_cleaning(x))
        return;
    fputs("CLEAN AGAIN: ", out);
    put_name(x->name, out);
    fprintf(out, ": %" PRIu64 " more and %" PRIu64 " fewer contaminated line%s, ", c->lines_added,
            c->lines_removed, plural_s(c->lines_removed));
    if ((c->lines > 0) == (c->lines_before > 0))
        fprintf(out, "still contaminated\n");
    else
        fprintf(out, "was %s, is %s\n", verdict(c->lines_before), verdict(c->lines));
}

static uint64_t count_cleaning(const rejudge_result *r)
{
    uint64_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        count += rejudge_needs_cleaning(&r->changes[i]);
    return count;
}

void rejudge_print(const rejudge_rules *rules, const rejudge_result *r, FILE *out)
{
    for (size_t i = 0; i < r->count; i++)
        print_change(&r->changes[i], out);
    fprintf(out,
            "SUMMARY: Threshold=%g ScanThreshold=%g Contaminated=%" PRIu64 " (was %" PRIu64
            ") ContaminatedLines=%" PRIu64 " (was %" PRIu64 ") Matches=%" PRIu64 " (was %" PRIu64
            ") CleanAgain=%" PRIu64 " LeftAlone=%" PRIu64 "\n",
            (double)rules->threshold, (double)rules->scan_threshold, r->contaminated,
            r->contaminated_before, r->total.lines, r->total.lines_before, r->total.matches,
            r->total.matches_before, count_cleaning(r), r->bad_files);
    if (rules->threshold != rules->scan_threshold)
        fprintf(out,
                "Scores are those of the scan with threshold %g; a scan with threshold %g scores "
                "short records differently.\n",
                (double)rules->scan_threshold, (double)rules->threshold);
}

static void put_change(const rejudge_change *x, buf *json)
{
    const file_change *c = &x->change;
    json_member_bool(json, "clean_again", rejudge_needs_cleaning(x));
    json_member_unsigned(json, "contaminated_lines", c->lines);
    json_member_unsigned(json, "contaminated_lines_before", c->lines_before);
    json_member_unsigned(json, "lines_added", c->lines_added);
    json_member_unsigned(json, "lines_removed", c->lines_removed);
    json_member_unsigned(json, "matches", c->matches);
    json_member_unsigned(json, "matches_before", c->matches_before);
    json_member_string(json, "name", slice_from(x->name));
    json_member_string(json, "verdict", slice_from(verdict(c->lines)));
    json_member_string(json, "verdict_before", slice_from(verdict(c->lines_before)));
    json_close(json);
}

void rejudge_print_json(const rejudge_rules *rules, const rejudge_result *r, FILE *out)
{
    AUTO(buf) json = BUF(SIZE_MAX);
    json_key(&json, "changes");
    for (size_t i = 0; i < r->count; i++) {
        AUTO(buf) one = BUF(SIZE_MAX);
        put_change(&r->changes[i], &one);
        buf_append_char(&json, i == 0 ? '[' : ',');
        buf_append_slice(&json, buf_slice(&one));
    }
    buf_append_str(&json, r->count == 0 ? "[]" : "]");
    json_member_unsigned(&json, "clean_again", count_cleaning(r));
    json_member_unsigned(&json, "contaminated", r->contaminated);
    json_member_unsigned(&json, "contaminated_before", r->contaminated_before);
    json_member_unsigned(&json, "contaminated_lines", r->total.lines);
    json_member_unsigned(&json, "contaminated_lines_before", r->total.lines_before);
    json_member_unsigned(&json, "files", r->files);
    json_member_unsigned(&json, "left_alone", r->bad_files);
    json_member_unsigned(&json, "matches", r->total.matches);
    json_member_unsigned(&json, "matches_before", r->total.matches_before);
    json_member_float(&json, "scan_threshold", rules->scan_threshold);
    json_member_float(&json, "threshold", rules->threshold);
    json_close(&json);
    fprintf(out, "%s\n", buf_str(&json));
}
