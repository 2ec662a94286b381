#include "orchestrator/certify/cmd_verify_certificate.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/util.h"
#include "base/options/options.h"
#include "decon/base/log.h"
#include "orchestrator/certify/certificate_check.h"
#include "orchestrator/certify/certificate_sample.h"

#define NOT_VALID 3

typedef struct verify_certificate_config {
    config config; /* first: rows of the orchestrator's table mean its members */
    const char *file;
    char *public_key;
    int64_t sample, seed; /* seed 0: a random one */
} verify_certificate_config;

#define AT(member) .offset = offsetof(verify_certificate_config, member), .flags = OPTION_FLAG_ONLY

static const option own_rows[] = {
    {.key = "public_key",
     .type = OPTION_STRING,
     AT(public_key),
     .metavar = "FILE",
     .section = "Certificate",
     .help = "Public Ed25519 key of the certificate's author, in PEM form; required."},
    {.key = "sample",
     .type = OPTION_INT,
     AT(sample),
     .fallback = "0",
     .min = 0,
     .max = 1e6,
     .unit = "inputs",
     .help = "Compare this many inputs, drawn at random, with the bucket: size, ETag, checksum."},
    {.key = "seed",
     .type = OPTION_INT,
     AT(seed),
     .fallback = "0",
     .min = 0,
     .max = 1e15,
     .help = "Draw the same inputs as a run that printed this seed; 0: a random seed."},
};

static int fail(const err *e)
{
    log_error("%s", e->message);
    if (e->code == ERR_RESULT)
        return NOT_VALID;
    return e->code == ERR_CONFIG || e->code == ERR_USAGE ? err_exit_status(e) : 1;
}

static void print_facts(const certificate_check *c, const signature_key *key, FILE *out)
{
    const certificate_facts *h = &c->head;
    char id[ED25519_KEY_ID_TEXT] = "?", count[32];
    if (!ed25519_key_id(key, id))
        id[0] = '?';
    format_count(h->count, count, sizeof count);
    fprintf(out, "signature  valid; SHA-256 of the public key %s\n", id);
    fprintf(out, "input      %s, as of %s\n", h->input, h->created);
    fprintf(out, "lines      %s, canonical and in order; root %s\n", count, h->root);
    fputs("verdicts  ", out);
    for (size_t i = 0; i < CERTIFICATE_VERDICT_COUNT; i++)
        if (h->verdicts[i] || i <= CERTIFICATE_CONTAMINATED)
            fprintf(out, " %" PRIu64 " %s", h->verdicts[i],
                    certificate_verdict_name((certificate_verdict)i));
    fputc('\n', out);
    if (!h->complete)
        fprintf(out, "PARTIAL    inputs with gaps: %s\n", h->gaps);
}

static void print_sample(const certificate_sample *s, uint64_t seed, FILE *out)
{
    fprintf(out,
            "sample     seed %" PRIu64 ": %" PRIu64 " as certified (%" PRIu64
            " with their checksum), %" PRIu64 " different\n",
            seed, s->same, s->with_checksum, s->different);
}

static void print_limits(FILE *out)
{
    fputs("A certificate does not claim:\n", out);
    for (size_t i = 0; certificate_not_claimed(i); i++)
        fprintf(out, "- %s\n", certificate_not_claimed(i));
}

/* The seed is at most 10^15, as --seed takes it. */
static uint64_t seed_of(const verify_certificate_config *c, store_session *session)
{
    if (c->seed || !session)
        return (uint64_t)c->seed;
    return transport_random(session->env.transport) % UINT64_C(1000000000000000) + 1;
}

static int verify(const verify_certificate_config *c, const certificate_files *files,
                  store_session *session, FILE *out)
{
    err e = ERR_INIT;
    AUTO(certificate_check) check = {.drawn_count = 0};
    certificate_sample sample = {.same = 0};
    uint64_t seed = seed_of(c, session);
    AUTO_PTR(signature_key) key = ed25519_read_public(c->public_key, &e);
    if (!key || !certificate_check_files(&check, files, key, (uint64_t)c->sample, seed, &e))
        return fail(&e);
    print_facts(&check, key, out);
    if (session && !certificate_sample_compare(&check, session, &sample, &e))
        return fail(&e);
    if (session)
        print_sample(&sample, seed, out);
    print_limits(out);
    if (fflush(out) != 0 || ferror(out)) {
        log_error("verify-certificate: cannot write the result");
        return 1;
    }
    return sample.different ? NOT_VALID : 0;
}

static int run(void *options, store_session *session, FILE *out)
{
    const verify_certificate_config *c = options;
    static const char suffix[] = "." CERTIFICATE_HEAD_SUFFIX;
    slice name = slice_from(c->file);
    err e = ERR_INIT;
    AUTO(certificate_files) files = {0};
    if (!c->public_key)
        err_set(&e, ERR_USAGE,
                "verify-certificate: --public-key is required; a key from the "
                "certificate's author, not from the certificate");
    else if (!slice_ends_with(name, suffix))
        err_set(&e, ERR_USAGE, "%s: name the head of the certificate, BASE%s", c->file, suffix);
    if (err_is_set(&e))
        return fail(&e);
    certificate_files_name(&files, (slice){.data = name.data, .len = name.len - strlen(suffix)});
    return verify(c, &files, session, out);
}

static bool needs_store(const void *options)
{
    return ((const verify_certificate_config *)options)->sample > 0;
}

static const store_command command = {
    .rows = own_rows,
    .row_count = ARRAY_LEN(own_rows),
    .folders = false,
    .program = "decon-orchestrator verify-certificate",
    .usage = "decon-orchestrator verify-certificate BASE.json --public-key FILE [--sample N]",
    .intro = "Verifies the signature of BASE.json by BASE.sig and the given key, and the lines "
             "of BASE.jsonl.zst: canonical form, order, number and Merkle root. Without "
             "--sample it needs neither network nor credentials.",
    .epilogue = "Exit status:\n"
                "  0    the certificate is valid\n"
                "  1    it cannot be read\n"
                "  2    usage or configuration\n"
                "  3    it is not valid, or the bucket differs from it\n",
    .options_bytes = sizeof(verify_certificate_config),
    .file_offset = offsetof(verify_certificate_config, file),
    .needs_store = needs_store,
    .run = run,
};

option_set cmd_verify_certificate_options(option *rows)
{
    return store_command_options(&command, rows);
}

int cmd_verify_certificate(int argc, char **argv, const char *(*getenv_fn)(const char *name),
                           FILE *out)
{
    return store_command_main(&command, argc, argv, getenv_fn, out);
}
