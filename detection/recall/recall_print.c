#include "base/util.h"
#include "detection/recall/recall.h"

#include <inttypes.h>

#include "base/json/json_write.h"

#define JSON_MAX_BYTES ((size_t)64 << 20)
#define NAME_MOST      32

/* Kinds that are shown for each set on the terminal; JSON has all. */
static const alter_kind columns[] = {ALTER_VERBATIM,     ALTER_FULL_WIDTH, ALTER_EDIT_1,
                                     ALTER_EDIT_2,       ALTER_EDIT_4,     ALTER_TRUNCATED,
                                     ALTER_QUESTION_ONLY};

static void print_kinds(const recall_result *r, FILE *out)
{
    fprintf(out, "%-16s  %9s  %9s  %7s  %s\n", "kind of copy", "injected", "found", "recall", "");
    for (alter_kind kind = 0; kind < ALTER_KINDS; kind++) {
        const recall_count *c = &r->kinds[kind];
        fprintf(out, "%-16s  %9" PRIu64 "  %9" PRIu64 "  ", alter_name(kind), c->injected,
                c->found);
        if (c->injected > 0)
            fprintf(out, "%5.1f %%  %s\n", recall_share(c) * 100, alter_meaning(kind));
        else
            fprintf(out, "%7s  %s\n", "-", alter_meaning(kind));
    }
}

/* Names come from files: control characters are shown as '?'. */
static void print_name(const char *name, FILE *out)
{
    char shown[NAME_MOST + 1];
    snprintf(shown, sizeof shown, "%s", name);
    for (char *p = shown; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    fprintf(out, "%-*s", NAME_MOST, shown);
}

static void print_heading(const char *name, FILE *out)
{
    fprintf(out, "\n%-*s  %7s", NAME_MOST, name, "records");
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        fprintf(out, "  %13s", alter_name(columns[i]));
    fputc('\n', out);
}

static void print_row(uint64_t records, const recall_count *kinds, FILE *out)
{
    fprintf(out, "  %7" PRIu64, records);
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        const recall_count *c = &kinds[columns[i]];
        if (c->injected > 0)
            fprintf(out, "  %13.1f", recall_share(c) * 100);
        else
            fprintf(out, "  %13s", "-");
    }
    fputc('\n', out);
}

static void print_lengths(const recall_result *r, FILE *out)
{
    size_t least = 0;
    print_heading("recall in percent by tokens", out);
    for (size_t i = 0; i < RECALL_LENGTHS; i++) {
        char name[NAME_MOST + 1];
        if (r->lengths[i].most == SIZE_MAX)
            snprintf(name, sizeof name, "more than %zu", least - 1);
        else
            snprintf(name, sizeof name, "%zu to %zu", least, r->lengths[i].most);
        fprintf(out, "%-*s", NAME_MOST, name);
        print_row(r->lengths[i].records, r->lengths[i].kinds, out);
        least = r->lengths[i].most + 1;
    }
}

static void print_neighbours(const recall_result *r, FILE *out)
{
    fprintf(out, "\n%-16s  %9s  %9s\n", "near neighbours", "texts", "flagged");
    for (size_t i = 0; i < NEIGHBOUR_KINDS; i++)
        fprintf(out, "%-16s  %9" PRIu64 "  %9" PRIu64 "  %s\n", neighbour_name(i),
                r->neighbours[i].made, r->neighbours[i].flagged, neighbour_meaning(i));
}

static void print_sets(const recall_result *r, FILE *out)
{
    print_heading("recall in percent by set", out);
    for (size_t i = 0; i < r->set_count; i++) {
        print_name(r->sets[i].name, out);
        print_row(r->sets[i].records, r->sets[i].kinds, out);
    }
}

static void print_precision(const recall_result *r, FILE *out)
{
    recall_neighbours all = recall_all_neighbours(r);
    fprintf(out,
            "\nprecision: %.2f %% of the flagged documents contain a record; %" PRIu64
            " of %" PRIu64 " documents without one were flagged, %" PRIu64 " of %" PRIu64
            " near neighbours\n",
            recall_precision(r) * 100, r->clean_flagged, r->clean, all.flagged, all.made);
}

void recall_print(const recall_result *r, FILE *out)
{
    fprintf(out,
            "Self-test: %" PRIu64 " evaluation records in synthetic text, seed %" PRIu64 "\n\n",
            r->records, r->seed);
    print_kinds(r, out);
    print_precision(r, out);
    print_neighbours(r, out);
    print_lengths(r, out);
    print_sets(r, out);
}

void recall_put_line(const recall_result *r, buf *out)
{
    for (alter_kind kind = 0; kind < ALTER_KINDS; kind++)
        if (r->kinds[kind].injected > 0)
            buf_printf(out, "%s%s %.1f %%", out->len > 0 ? ", " : "", alter_name(kind),
                       recall_share(&r->kinds[kind]) * 100);
}

static void put_kinds(const recall_count *kinds, buf *json)
{
    AUTO(buf) all = BUF(JSON_MAX_BYTES);
    for (alter_kind kind = 0; kind < ALTER_KINDS; kind++) {
        AUTO(buf) one = BUF(JSON_MAX_BYTES);
        json_member_unsigned(&one, "found", kinds[kind].found);
        json_member_unsigned(&one, "injected", kinds[kind].injected);
        json_close(&one);
        json_key(&all, alter_name(kind));
        buf_append_slice(&all, buf_slice(&one));
    }
    json_close(&all);
    json_key(json, "kinds");
    buf_append_slice(json, buf_slice(&all));
}

static void put_neighbours(const recall_result *r, buf *json)
{
    AUTO(buf) all = BUF(JSON_MAX_BYTES);
    for (neighbour_kind kind = 0; kind < NEIGHBOUR_KINDS; kind++) {
        AUTO(buf) one = BUF(JSON_MAX_BYTES);
        json_member_unsigned(&one, "flagged", r->neighbours[kind].flagged);
        json_member_unsigned(&one, "texts", r->neighbours[kind].made);
        json_close(&one);
        json_key(&all, neighbour_name(kind));
        buf_append_slice(&all, buf_slice(&one));
    }
    json_close(&all);
    json_key(json, "neighbours");
    buf_append_slice(json, buf_slice(&all));
}

static void put_lengths(const recall_result *r, buf *json)
{
    json_key(json, "lengths");
    for (size_t i = 0; i < RECALL_LENGTHS; i++) {
        AUTO(buf) one = BUF(JSON_MAX_BYTES);
        put_kinds(r->lengths[i].kinds, &one);
        if (r->lengths[i].most != SIZE_MAX)
            json_member_unsigned(&one, "most_tokens", r->lengths[i].most);
        json_member_unsigned(&one, "records", r->lengths[i].records);
        json_close(&one);
        buf_append_char(json, i == 0 ? '[' : ',');
        buf_append_slice(json, buf_slice(&one));
    }
    buf_append_char(json, ']');
}

static void put_totals(const recall_result *r, buf *json)
{
    json_member_unsigned(json, "clean_documents", r->clean);
    json_member_unsigned(json, "clean_flagged", r->clean_flagged);
    json_member_unsigned(json, "flagged", r->flagged);
    put_kinds(r->kinds, json);
    put_lengths(r, json);
    put_neighbours(r, json);
    json_member_unsigned(json, "records", r->records);
    json_member_unsigned(json, "seed", r->seed);
}

static void put_sets(const recall_result *r, buf *json)
{
    json_key(json, "sets");
    for (size_t i = 0; i < r->set_count; i++) {
        AUTO(buf) one = BUF(JSON_MAX_BYTES);
        put_kinds(r->sets[i].kinds, &one);
        json_member_unsigned(&one, "records", r->sets[i].records);
        json_member_string(&one, "set", slice_from(r->sets[i].name));
        json_close(&one);
        buf_append_char(json, i == 0 ? '[' : ',');
        buf_append_slice(json, buf_slice(&one));
    }
    buf_append_str(json, r->set_count == 0 ? "[]" : "]");
}

void recall_json_short(const recall_result *r, buf *json)
{
    put_totals(r, json);
    json_close(json);
}

void recall_json(const recall_result *r, const char *fingerprint, buf *json)
{
    AUTO(buf) recall = BUF(JSON_MAX_BYTES);
    put_totals(r, &recall);
    put_sets(r, &recall);
    json_close(&recall);
    json_member_string(json, "fingerprint", slice_from(fingerprint));
    json_member_int(json, "format", 1);
    json_key(json, "recall");
    buf_append_slice(json, buf_slice(&recall));
    json_close(json);
}
