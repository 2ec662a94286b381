#include "base/util.h"
#include "orchestrator/claim/claim_plan.h"

#include "base/json/json_read.h"
#include "base/json/json_write.h"

#define SLICES_MIN      1024u
#define SLICES_PER_HOST 16u
#define SLICES_MAX      16000000u
#define TEXT_MAX_BYTES  ((size_t)4096)
#define SHOWN_MAX       12 /* characters of a digest */
#define NONCE_CHARS     32

enum { FORMAT, ROUND, SLICES, USED, FINGERPRINT, INPUT, LISTS, NONCE, MEMBER_COUNT };
static const char *const members[MEMBER_COUNT] = {
    "format", "round", "slices", "used_slices", "fingerprint", "input", "input_lists", "nonce"};

void claim_plan_deinit(claim_plan *p)
{
    free(p->fingerprint);
    free(p->input);
    free(p->lists);
    free(p->nonce);
    *p = (claim_plan){0};
}

uint32_t claim_plan_slices(uint64_t host_count)
{
    return (uint32_t)MIN(MAX((uint64_t)SLICES_MIN, SLICES_PER_HOST * host_count),
                         (uint64_t)SLICES_MAX);
}

void claim_plan_write(const claim_plan *p, const char *nonce, buf *out)
{
    json_member_unsigned(out, members[FORMAT], 1);
    json_member_unsigned(out, members[ROUND], p->round);
    json_member_unsigned(out, members[SLICES], p->slices);
    json_member_unsigned(out, members[USED], p->used);
    json_member_string(out, members[FINGERPRINT], slice_from(p->fingerprint));
    json_member_string(out, members[INPUT], slice_from(p->input));
    json_member_string(out, members[LISTS], slice_from(p->lists));
    json_member_string(out, members[NONCE], slice_from(nonce));
    json_close(out);
    buf_append_char(out, '\n');
}

static bool take_text(const json_value *value, char **out)
{
    slice text;
    AUTO(buf) scratch = BUF(TEXT_MAX_BYTES);
    if (value->type != JSON_STRING || !json_text(value, &scratch, &text))
        return false;
    *out = slice_dup(text);
    return true;
}

static bool nonce_is_valid(const char *nonce)
{
    return strlen(nonce) == NONCE_CHARS && strspn(nonce, "0123456789abcdef") == NONCE_CHARS;
}

char *claim_plan_folder(const claim_plan *p)
{
    return xasprintf("%llu-%.8s/", (unsigned long long)p->round, p->nonce);
}

bool claim_plan_read(slice text, claim_plan *out, err *e)
{
    json_value v[MEMBER_COUNT];
    uint64_t format = 0, slices = 0, used = 0;
    *out = (claim_plan){0};
    bool ok = json_read_members(slice_trim(text), members, v, MEMBER_COUNT, NULL, e) &&
              json_unsigned(&v[FORMAT], &format) && json_unsigned(&v[ROUND], &out->round) &&
              json_unsigned(&v[SLICES], &slices) && json_unsigned(&v[USED], &used) &&
              take_text(&v[FINGERPRINT], &out->fingerprint) && take_text(&v[INPUT], &out->input) &&
              take_text(&v[LISTS], &out->lists) && take_text(&v[NONCE], &out->nonce) &&
              nonce_is_valid(out->nonce);
    out->slices = (uint32_t)slices;
    out->used = (uint32_t)used;
    return (ok && format == 1 && slices >= 1 && slices <= SLICES_MAX) ||
           err_set(
               e, ERR_PARSE,
               "is not a plan of a claim run of this version; remove it when no host is running");
}

static const char *shown(const char *digest)
{
    return digest[0] ? digest : "none";
}

bool claim_plan_match(const claim_plan *mine, const claim_plan *found, const char *name,
                      const char *difference, err *e)
{
    static const char advice[] =
        "start all hosts with the same options, or wait until that run is complete; if its hosts "
        "will not return, remove this object";
    if (!str_equal(mine->input, found->input))
        return err_set(e, ERR_CONFIG,
                       "%s: a claim run of %s is in progress, this host's input is %s; %s", name,
                       found->input, mine->input, advice);
    bool same_settings = str_equal(mine->fingerprint, found->fingerprint);
    if (!same_settings && difference)
        return err_set(e, ERR_CONFIG,
                       "%s: a claim run with other detection settings is in progress (%s); %s",
                       name, difference, advice);
    if (!same_settings)
        return err_set(
            e, ERR_CONFIG,
            "%s: a claim run with other detection settings is in progress (fingerprint %.*s, this "
            "host's server has %.*s); %s",
            name, SHOWN_MAX, shown(found->fingerprint), SHOWN_MAX, shown(mine->fingerprint),
            advice);
    return str_equal(mine->lists, found->lists) ||
           err_set(e, ERR_CONFIG,
                   "%s: a claim run with another input list is in progress (SHA-256 %.*s, this "
                   "host's is "
                   "%.*s); %s",
                   name, SHOWN_MAX, shown(found->lists), SHOWN_MAX, shown(mine->lists), advice);
}
