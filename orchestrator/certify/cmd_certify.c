#include "orchestrator/certify/cmd_certify.h"

#include <stddef.h>

#include "base/util.h"
#include "decon/base/log.h"
#include "orchestrator/certify/certificate_files.h"
#include "orchestrator/certify/certify_judge.h"
#include "orchestrator/certify/certify_results.h"
#include "orchestrator/config/file_names.h"
#include "orchestrator/status/status_gather.h"
#include "orchestrator/status/status_results.h"

#define REFUSED 3

#define AT(member) .offset = offsetof(certify_config, member), .flags = OPTION_FLAG_ONLY

static const option own_rows[] = {
    {.key = "signing_key",
     .type = OPTION_STRING,
     AT(signing_key),
     .metavar = "FILE",
     .section = "Certificate",
     .help =
         "Private Ed25519 key in PEM form, without a passphrase. Without it nothing is signed."},
    {.key = "output",
     .type = OPTION_STRING,
     AT(output),
     .fallback = CERTIFICATE_NAME,
     .metavar = "BASE",
     .help = "Name of the files: BASE.json, BASE.jsonl.zst and BASE.sig. None may exist."},
    {.key = "partial",
     .type = OPTION_BOOL,
     AT(partial),
     .fallback = "false",
     .help = "Also certify a folder with gaps; the certificate names them."},
};

/* The tables, filled after the store was read. */
typedef struct certify_state {
    places report, where;
    status_runs runs;
    status_table inputs;
    certify_table table;
} certify_state;

static void state_deinit(certify_state *s)
{
    certify_table_deinit(&s->table);
    status_table_deinit(&s->inputs);
    status_runs_deinit(&s->runs);
    places_deinit(&s->where);
    places_deinit(&s->report);
}
DEFINE_AUTO(certify_state, state_deinit)

static bool read_store(const certify_config *c, store_session *session, certify_state *s, err *e)
{
    const status_results failures = {.session = session, .table = &s->inputs};
    int64_t now_s = clock_wall_s(session->env.transport);
    if (!places_make_report(c->config.remote_report_output_dir, &s->report, e) ||
        !status_runs_read(session, &s->report.report, now_s, &s->runs, e) ||
        !status_find_places(&c->config, &s->runs, &s->where, e) ||
        !status_gather(session, &c->config, &s->runs, &s->where, &s->inputs, e))
        return false;
    certify_table_init(&s->table, &s->inputs);
    return certify_results_read(session, &s->table, e) &&
           status_results_read_failures(&failures, e);
}

static bool print(const certificate_files *f, const certify_view *v, bool is_signed, FILE *out,
                  err *e)
{
    const certificate_head *h = &v->head;
    fprintf(out, "%s: %llu input%s, %llu clean, %llu contaminated%s\n", f->head,
            (unsigned long long)h->count, plural_s(h->count),
            (unsigned long long)h->verdicts[CERTIFICATE_CLEAN],
            (unsigned long long)h->verdicts[CERTIFICATE_CONTAMINATED],
            certificate_head_is_complete(h) ? "" : "; partial");
    fprintf(out, "root %s\n", h->root);
    if (is_signed)
        fprintf(out, "signature %s\n", f->signature);
    else
        fprintf(out,
                "not signed; sign it with: openssl pkeyutl -sign -rawin -inkey KEY.pem -in %s -out "
                "%s\n",
                f->head, f->signature);
    return (fflush(out) == 0 && !ferror(out)) ||
           err_set(e, ERR_IO, "certify: cannot write the result");
}

static int fail(const err *e)
{
    log_error("%s", e->message);
    return e->code == ERR_CONFIG || e->code == ERR_USAGE ? err_exit_status(e) : 1;
}

/* Keys and names are checked first: reading a large folder takes some time. */
static int certify_into(const certify_config *c, store_session *session,
                        const certificate_files *files, const signature_key *key, FILE *out)
{
    err e = ERR_INIT;
    AUTO(certify_state) s = {.report = {.input_object = NULL}};
    AUTO(certify_view) view = {.table = NULL};
    bool ok = read_store(c, session, &s, &e);
    bool allowed = true;
    if (ok) {
        certify_judge(session, &s.table, &view);
        allowed = c->partial || certificate_head_is_complete(&view.head);
        certify_report_gaps(&view);
        view.head.created_s = clock_wall_s(session->env.transport);
        ok = !allowed || (certificate_files_write(files, &view, key, &e) &&
                          print(files, &view, key != NULL, out, &e));
    }
    if (ok && !allowed)
        log_error("%s: certify: refused; --partial writes a certificate that names these gaps",
                  view.reports);
    return !ok ? fail(&e) : allowed ? 0 : REFUSED;
}

int certify_folder(const certify_config *c, store_session *session, FILE *out)
{
    err e = ERR_INIT;
    AUTO(certificate_files) files = {0};
    AUTO_PTR(signature_key) key = NULL;
    certificate_files_name(&files, slice_from(c->output));
    if (!certificate_files_are_new(&files, &e))
        return fail(&e);
    if (c->signing_key && !(key = ed25519_read_private(c->signing_key, &e)))
        return fail(&e);
    int status = certify_into(c, session, &files, key, out);
    names_take_suffixes((const char *const *)c->config.input_suffixes);
    return status;
}

static int run(void *options, store_session *session, FILE *out)
{
    return certify_folder(options, session, out);
}

static const store_command command = {
    .rows = own_rows,
    .row_count = ARRAY_LEN(own_rows),
    .folders = true,
    .program = "decon-orchestrator certify",
    .usage = "decon-orchestrator certify --config FILE|s3://REPORT-FOLDER --signing-key FILE",
    .intro = "Writes a certificate of a finished folder of reports: one line for each input (key, "
             "size, ETag, checksum, verdict), and a signed head with their Merkle root and the "
             "settings. Nothing is written to the store. It refuses a folder with inputs that are "
             "left or failed, results without provenance, of several settings, or of the sample "
             "evaluation set. docs/certificate.md describes the format.",
    .epilogue = "Exit status:\n"
                "  0    the certificate was written\n"
                "  1    the store cannot be read, or a file cannot be written\n"
                "  2    usage or configuration\n"
                "  3    refused: the folder has gaps\n",
    .options_bytes = sizeof(certify_config),
    .run = run,
};

option_set cmd_certify_options(option *rows)
{
    return store_command_options(&command, rows);
}

int cmd_certify(int argc, char **argv, const char *(*getenv_fn)(const char *name), FILE *out)
{
    return store_command_main(&command, argc, argv, getenv_fn, out);
}
