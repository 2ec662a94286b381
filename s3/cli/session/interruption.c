#include "base/util.h"
#include "s3/cli/session/interruption.h"

#include <signal.h>

#include "decon/base/log.h"
#include "s3/cli/session/print.h"

static const char *signal_name(int number)
{
    return number == SIGINT ? "SIGINT" : "SIGTERM";
}

/* "12 objects done (1.2 GiB)" */
static void done_text(const progress_numbers *n, char *out, size_t size)
{
    char bytes[48] = "";
    if (n->bytes_done > 0) {
        char text[32];
        format_size(n->bytes_done, text, sizeof text);
        snprintf(bytes, sizeof bytes, " (%s)", text);
    }
    snprintf(out, size, "%llu object%s done%s", (unsigned long long)n->objects_done,
             n->objects_done == 1 ? "" : "s", bytes);
}

static void failed_text(const progress_numbers *n, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    if (n->failed > 0)
        used += (size_t)snprintf(out, size, ", %llu failed", (unsigned long long)n->failed);
    if (n->interrupted > 0)
        used += (size_t)snprintf(out + used, size - used, ", %llu interrupted",
                                 (unsigned long long)n->interrupted);
    if (n->kept > 0)
        snprintf(out + used, size - used, " (%llu can be resumed)", (unsigned long long)n->kept);
}

void interrupted_text(const cli_command *command, const progress_numbers *n, int signal_number,
                      bool dry_run, char out[INTERRUPTED_TEXT_SIZE])
{
    char done[96], failed[96];
    int used = snprintf(out, INTERRUPTED_TEXT_SIZE, "%s: interrupted by %s", command->name,
                        signal_name(signal_number));
    size_t left = INTERRUPTED_TEXT_SIZE - (size_t)used;
    done_text(n, done, sizeof done);
    failed_text(n, failed, sizeof failed);
    if (dry_run)
        snprintf(out + used, left, ": nothing was done (--dry-run)");
    else if (!command->again)
        snprintf(out + used, left, ": the output may be incomplete");
    else if (n->planning == 0 && n->objects_total <= 1)
        snprintf(out + used, left, ": %s%s; run it again", done, failed);
    else
        snprintf(out + used, left, ": %s%s; %s", done, failed, command->again);
}

void interrupted_print(const cli *c)
{
    char text[INTERRUPTED_TEXT_SIZE];
    int signal_number = c->session->signal_number;
    const progress_numbers *n = cli_progress_of(c->session->progress);
    interrupted_text(c->command, n, signal_number, c->config->dry_run, text);
    cli_progress_hide(c->session->progress);
    if (!c->config->json) {
        log_plain("decon-s3: %s", text);
        return;
    }
    const print_member members[] = {
        {.name = "error", .text = text},
        {.name = "code", .text = err_code_name(ERR_CANCELLED)},
        {.name = "operation", .text = c->command->name},
        {.name = "signal", .text = signal_name(signal_number)},
        {.name = "objects", .number = n->objects_done},
        {.name = "size", .number = n->bytes_done},
        {.name = "failed", .number = n->failed},
        {.name = "broken_off", .number = n->interrupted},
    };
    print_json_error(members, ARRAY_LEN(members));
}
