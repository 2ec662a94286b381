#include "orchestrator/certify/certificate_check.h"

#include <string.h>

#include "base/array.h"
#include "base/util.h"
#include "base/fsutil.h"
#include "base/utf8.h"
#include "decon/compression/codec.h"

typedef struct line_check {
    certificate_check *check;
    merkle tree;
    certificate_scratch scratch;
    buf last_key;
    uint64_t bytes, verdicts[CERTIFICATE_VERDICT_COUNT];
    uint64_t unproven, with_settings; /* lines; unproven: of those with a result */
    uint64_t wanted, random;          /* lines still to draw; state of the random numbers */
} line_check;

/* --- the sample --- */

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void keep_line(certificate_check *c, const certificate_line *line)
{
    *ARRAY_ADD(c->drawn, c->drawn_count) = (certificate_drawn){
        .key = slice_dup(line->key),
        .etag = line->etag.len ? slice_dup(line->etag) : xstrdup(""),
        .version_id = line->version_id.len ? slice_dup(line->version_id) : xstrdup(""),
        .size_bytes = line->size_bytes,
        .checksum = line->checksum};
}

/* Selection sampling (Knuth, 3.4.2, algorithm S): each line with the probability wanted / left. */
static void draw(line_check *l, const certificate_line *line)
{
    uint64_t left = l->check->head.count - l->tree.count;
    if (l->wanted == 0 || next_random(&l->random) % left >= l->wanted)
        return;
    l->wanted--;
    keep_line(l->check, line);
}

/* --- lines --- */

static bool is_invalid(err *e)
{
    return e->code == ERR_PARSE || e->code == ERR_CODEC_CORRUPT || e->code == ERR_CODEC_EARLY_END ||
           e->code == ERR_CODEC_TRAILING || e->code == ERR_LIMIT;
}

static bool refuse(err *e, const err *why)
{
    return err_set(e, ERR_RESULT, "%s", why->message);
}

static bool check_order(line_check *l, slice key, uint64_t number, err *e)
{
    slice last = buf_slice(&l->last_key);
    size_t common = MIN(last.len, key.len);
    int order = number ? memcmp(last.data, key.data, common) : -1;
    if (order > 0 || (order == 0 && last.len >= key.len))
        return err_set(e, ERR_RESULT, "line %llu: its key is not above that of the line before",
                       (unsigned long long)number + 1);
    buf_clear(&l->last_key);
    return buf_append_slice(&l->last_key, key) || err_set(e, ERR_RESULT, "a key is too long");
}

static void count_line(line_check *l, const certificate_line *line)
{
    bool has_result =
        line->verdict == CERTIFICATE_CLEAN || line->verdict == CERTIFICATE_CONTAMINATED;
    l->bytes += line->size_bytes;
    l->verdicts[line->verdict]++;
    l->unproven += line->unproven && has_result;
    l->with_settings += line->settings.len > 0;
}

static bool on_line(void *ctx, slice text, uint64_t number, bool has_newline, err *e)
{
    line_check *l = ctx;
    certificate_line line;
    err why = ERR_INIT;
    if (!has_newline || l->tree.count == l->check->head.count)
        return err_set(e, ERR_RESULT, "line %llu: %s", (unsigned long long)number + 1,
                       has_newline ? "there are more lines than the head says" : "no line end");
    if (!certificate_line_read(text, &l->scratch, &line, &why))
        return err_set(e, ERR_RESULT, "line %llu: %s", (unsigned long long)number + 1, why.message);
    if (!check_order(l, line.key, number, e))
        return false;
    draw(l, &line);
    merkle_add(&l->tree, text);
    count_line(l, &line);
    return true;
}

static bool check_sums(const line_check *l, err *e)
{
    const certificate_facts *h = &l->check->head;
    char root[MERKLE_ROOT_TEXT];
    merkle_root(&l->tree, root);
    if (l->tree.count != h->count)
        return err_set(e, ERR_RESULT, "there %s %llu line%s, the head says %llu",
                       l->tree.count == 1 ? "is" : "are", (unsigned long long)l->tree.count,
                       plural_s(l->tree.count), (unsigned long long)h->count);
    if (strcmp(root, h->root) != 0)
        return err_set(e, ERR_RESULT, "the Merkle root of the lines is %s, the head says %s", root,
                       h->root);
    return (memcmp(l->verdicts, h->verdicts, sizeof l->verdicts) == 0 &&
            (double)l->bytes == (double)h->bytes) ||
           err_set(e, ERR_RESULT, "verdicts or sizes of the lines do not add up to the head's");
}

static bool check_gap(const line_check *l, certificate_gap gap, uint64_t lines, err *e)
{
    uint64_t of_head = l->check->head.gap_counts[gap];
    return lines == of_head ||
           err_set(e, ERR_RESULT, "lines are '%s': %llu, the head's gaps say %llu",
                   certificate_gap_name(gap), (unsigned long long)lines,
                   (unsigned long long)of_head);
}

/* The lines of the other gaps cannot be recognised. */
static bool check_gaps(const line_check *l, err *e)
{
    const certificate_facts *h = &l->check->head;
    bool has_gaps = strcmp(h->gaps, "{}") != 0;
    if (h->complete == has_gaps)
        return err_set(e, ERR_RESULT, "the head says that it is %s",
                       has_gaps ? "complete, but has gaps" : "not complete, but has no gaps");
    if (h->complete && l->with_settings)
        return err_set(e, ERR_RESULT,
                       "the head says that it is complete, but a line names its settings");
    return check_gap(l, GAP_FAILED, l->verdicts[CERTIFICATE_FAILED], e) &&
           check_gap(l, GAP_LEFT, l->verdicts[CERTIFICATE_LEFT], e) &&
           check_gap(l, GAP_REFUSED, l->verdicts[CERTIFICATE_REFUSED], e) &&
           check_gap(l, GAP_UNPROVEN, l->unproven, e);
}

static bool check_lines(certificate_check *c, const char *path, uint64_t sample, uint64_t seed,
                        err *e)
{
    line_check l = {.check = c,
                    .scratch = certificate_scratch_new(),
                    .last_key = BUF(CERTIFICATE_LINE_MAX_BYTES),
                    .wanted = MIN(sample, c->head.count),
                    .random = seed};
    AUTO_PTR(stage) lines = stage_lines_new(CERTIFICATE_LINE_MAX_BYTES, NULL, on_line, &l);
    err why = ERR_INIT;
    bool ok = codec_decode_file(path, lines, &why) && check_sums(&l, &why) && check_gaps(&l, &why);
    certificate_scratch_deinit(&l.scratch);
    buf_deinit(&l.last_key);
    if (ok)
        return true;
    *e = why;
    if (is_invalid(&why))
        refuse(e, &why);
    return err_subject(e, "%s", path);
}

/* --- the head --- */

static bool check_signature(const certificate_files *files, slice head, const signature_key *key,
                            err *e)
{
    AUTO(buf) signature = BUF(2 * ED25519_SIGNATURE_BYTES);
    err why = ERR_INIT;
    if (!fs_read_file(files->signature, 2 * ED25519_SIGNATURE_BYTES, &signature, &why)) {
        *e = why;
        return why.code == ERR_LIMIT ? refuse(e, &why) : false;
    }
    return ed25519_verify(key, head, buf_slice(&signature)) ||
           err_set(e, ERR_RESULT, "%s: not a signature of %s by the given key", files->signature,
                   files->head);
}

/* Nothing of the certificate is read before its signature is verified. */
bool certificate_check_files(certificate_check *c, const certificate_files *files,
                             const signature_key *key, uint64_t sample, uint64_t seed, err *e)
{
    AUTO(buf) head = BUF(CERTIFICATE_HEAD_MAX_BYTES);
    err why = ERR_INIT;
    *c = (certificate_check){.drawn_count = 0};
    if (!fs_read_file(files->head, CERTIFICATE_HEAD_MAX_BYTES, &head, e) ||
        !check_signature(files, buf_slice(&head), key, e))
        return false;
    if (!certificate_head_read(buf_slice(&head), &c->head, &why))
        return err_set(e, ERR_RESULT, "%s: %s", files->head, why.message);
    return check_lines(c, files->lines, sample, seed, e);
}

void certificate_check_deinit(certificate_check *c)
{
    for (size_t i = 0; i < c->drawn_count; i++) {
        free(c->drawn[i].key);
        free(c->drawn[i].etag);
        free(c->drawn[i].version_id);
    }
    free(c->drawn);
    certificate_facts_deinit(&c->head);
    *c = (certificate_check){.drawn_count = 0};
}
